#!/usr/bin/env bash
# Draws the pictures of docs/guide again, with fixed seeds.
# Run from anywhere after `cargo build --release`; DEBLAIS names another binary.
set -euo pipefail
cd "$(dirname "$0")/.."
deblais=${DEBLAIS:-target/release/deblais}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# study NAME: keeps the picture of a study as a figure.
study() {
  "$deblais" explore "$1" --quiet --seed 0 --out "$work/$1" >"$work/answer"
  cp "$work/$1/$1.png" "docs/figures/explore-$1.png"
}

# clouds COMMAND FLAGS…: runs a command on the two clouds in the plane.
clouds() {
  "$deblais" $1 examples/data/spiral.csv examples/data/blobs.csv --quiet "${@:2}" >"$work/answer"
}

for name in shift samples plans discriminator duality; do study "$name"; done
clouds emd --map docs/figures/emd-map.png --heatmap docs/figures/emd-plan.png
clouds emd --fraction 0.5 --map docs/figures/unbalanced-map.png
"$deblais" explore partial examples/data/spiral.csv examples/data/blobs.csv --quiet \
  --out "$work/partial" >"$work/answer"
cp "$work/partial/partial.png" docs/figures/explore-partial.png
clouds sinkhorn --epsilon 0.05rel --order sorted --heatmap docs/figures/sinkhorn-plan.png
clouds critic --plot docs/figures/critic-plane.png
"$deblais" test examples/data/plants.csv examples/data/plants.csv --source-where group=first \
  --target-where group=second --permutations 9999 --quiet --plot docs/figures/test-null.png \
  >"$work/answer"
diagrams=(examples/data/circle_persistence.csv examples/data/eight_persistence.csv)
"$deblais" emd "${diagrams[@]}" --where dimension=1 --diagonal --p 2 --quiet \
  --map docs/figures/persistence-map.png >"$work/answer"
"$deblais" crosscheck examples/data/digits.csv examples/data/digits.csv --source-where label=3 \
  --target-where label=8 --critics cones --quiet --plot docs/figures/crosscheck-brackets.png \
  >"$work/answer"
"$deblais" barycenter examples/data/rings/?.png --quiet --plot docs/figures/barycenter-rings.png \
  >"$work/answer"
