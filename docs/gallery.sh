#!/usr/bin/env bash
# The pictures of docs/theory/divergences.md, made anew: one line a study, with fixed seeds.
# Run from anywhere after `cargo build --release`; DEBLAIS names another binary.
set -euo pipefail
cd "$(dirname "$0")/.."
deblais=${DEBLAIS:-target/release/deblais}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# study NAME FILE ARGUMENTS…: runs a study and keeps one of its files as a figure.
study() {
  "$deblais" explore "$1" --quiet --seed 0 --out "$work/$1" "${@:3}" >"$work/answer"
  cp "$work/$1/$1.${2##*.}" "docs/figures/$2"
}

study shift explore-shift.png
study samples explore-samples.png
study plans explore-plans.png
study discriminator explore-discriminator.png
study duality explore-duality.png
