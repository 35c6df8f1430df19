#!/usr/bin/env bash
# Makes the pictures of the gallery in docs/divergences.md again: one line a study.
# Needs the release binary: cargo build --release. The seeds are those of the defaults.
set -euo pipefail
cd "$(dirname "$0")/.."
deblais=${DEBLAIS:-target/release/deblais}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# study NAME [OPTIONS]: runs `deblais explore NAME` and keeps its picture.
study() {
    "$deblais" explore "$@" --quiet --out "$folder/$1" >"$folder/$1.txt"
    cp "$folder/$1/$1.png" "docs/figures/explore-$1.png"
}

study samples --seed 0
study plans --seed 0
