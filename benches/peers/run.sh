#!/bin/sh
# Compares deblais with other libraries, side by side: exact transport (docs/benchmarks.md),
# exact from the points at growing sizes (docs/scaling.md), entropic (docs/notes/sinkhorn.md), or training
# steps of networks (docs/notes/networks.md), persistence diagrams.
#   benches/peers/run.sh [--quick] [--cases PATTERN] [--also METHOD] [--write]
#   benches/peers/run.sh entropic [--quick] [--cases PATTERN] [--large] [--write]
#   benches/peers/run.sh networks [--quick] [--cases PATTERN] [--write]
#   benches/peers/run.sh persistence [--quick] [--most-persim N] [--numbers]
#   benches/peers/run.sh scaling [--quick] [--cases PATTERN] [--large] [--write]
# Needs cargo and Python >= 3.11 with venv. Everything it makes is in target/compare.
set -eu
cd "$(dirname "$0")/../.."

made="${CARGO_TARGET_DIR:-target}/compare"
wanted=benches/peers/requirements.txt
if ! cmp -s "$wanted" "$made/requirements.txt"; then
    python3 -m venv --clear "$made/venv"
    "$made/venv/bin/python" -m pip install --quiet --requirement "$wanted"
    cp "$wanted" "$made/requirements.txt"
fi

# One thread a side. OPENBLAS_CORETYPE stays as it is: POT's products with a kernel wait for memory,
# and those in its distances are a small part of its time.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 RAYON_NUM_THREADS=1
export PYTHONDONTWRITEBYTECODE=1
export XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
script=exact
case "${1:-}" in
    entropic | networks | persistence | scaling)
        script=$1
        shift
        ;;
esac
exec "$made/venv/bin/python" "benches/peers/$script.py" --made "$made" "$@"
