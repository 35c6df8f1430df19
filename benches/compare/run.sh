#!/bin/sh
# Compares deblais with POT and lap, side by side: see docs/benchmarks.md.
#   benches/compare/run.sh [--quick] [--cases PATTERN] [--also METHOD] [--write]
# Needs cargo and Python >= 3.11 with venv. Everything it makes is in target/compare.
set -eu
cd "$(dirname "$0")/../.."

made="${CARGO_TARGET_DIR:-target}/compare"
wanted=benches/compare/requirements.txt
if ! cmp -s "$wanted" "$made/requirements.txt"; then
    python3 -m venv --clear "$made/venv"
    "$made/venv/bin/python" -m pip install --quiet --requirement "$wanted"
    cp "$wanted" "$made/requirements.txt"
fi

# One thread a side. OPENBLAS_CORETYPE stays as it is: no timed call multiplies matrices.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 RAYON_NUM_THREADS=1
export PYTHONDONTWRITEBYTECODE=1
exec "$made/venv/bin/python" benches/compare/compare.py --made "$made" "$@"
