#!/bin/sh
# Runs every test of the dev build, says what was skipped and why, ends with one summary line.
set -eu
cd "$(dirname "$0")/.."
results=$PWD/build/dev/test_results.xml
rm -f "$results"
# The summary decides: it knows what failed, and fails itself when there are no results.
PYTEST_ADDOPTS=-rs ctest --preset dev --parallel 2 --output-junit "$results" \
  --test-output-size-passed 100000 --test-output-size-failed 100000 || true
exec "${PYTHON:-python3}" tools/summarise_tests.py "$results"
