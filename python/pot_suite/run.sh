#!/usr/bin/env bash
# Runs the tests of POT 0.9.7.post1 that reach its network simplex (reach.txt) over deblais's engine.
#
#     python/pot_suite/run.sh [PYTHON]
#
# PYTHON has deblais, pot, scipy and pytest; the tests come from POT's source distribution. POT's own engine is
# called 6890 times by them (POT_ENGINE=pot tells); a loop that chases rounding errors would call ours more often.
set -euo pipefail
python=$(command -v "${1:-python3}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$python" -m pip download --quiet --no-binary pot --no-deps pot==0.9.7.post1
tar xzf pot-*.tar.gz
mkdir suite
cp -r pot-*/test suite/
cp "$here/conftest.py" suite/test/
cd suite
MOST_CALLS=${MOST_CALLS-7579} "$python" -m pytest -q --disable-warnings -p no:cacheprovider "@$here/reach.txt"
