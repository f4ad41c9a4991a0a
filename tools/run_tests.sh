#!/bin/sh
# Runs every test of the dev build, says what was skipped and why, ends with one summary line.
set -eu
cd "$(dirname "$0")/.."
results=$PWD/build/dev/test_results.xml
rm -f "$results"
# The summary decides: it knows what failed, and fails itself when there are no results.
# Two tests of two threads each share the cores: idle threads that spin for long would hold them up.
GOMP_SPINCOUNT=20000 PYTEST_ADDOPTS=-rs ctest --preset dev --parallel 2 --output-junit "$results" \
  --test-output-size-passed 100000 --test-output-size-failed 100000 || true
exec "${PYTHON:-python3}" tools/summarise_tests.py "$results"
