#!/usr/bin/env bash
# The pictures of the gallery in docs/divergences.md: one line a study.
# Needs `cargo build --release`; run from anywhere.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

study() {
    target/release/deblais explore "$@" --out "$work/$1" --quiet
    cp "$work/$1/$1.png" "docs/figures/explore-$1.png"
}

study discriminator --seed 0
study duality --seed 0
