#!/bin/sh
# Runs each fuzzer for FUZZ_SECONDS (default 60), or only those named: FUZZ_SECONDS=300 fuzz/run.sh npy npz
# New inputs are collected in build/fuzz/found; an input that fails is left in build/fuzz/failed.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
programs=${FUZZ_BUILD:-build/fuzz}/fuzz

if [ $# -eq 0 ]; then
  for source in fuzz/fuzz_*.cpp; do
    name=${source#fuzz/fuzz_}
    set -- "$@" "${name%.cpp}"
  done
fi

status=0
mkdir -p build/fuzz/failed
for name in "$@"; do
  found=build/fuzz/found/$name
  mkdir -p "$found"
  echo "== fuzz_$name: $seconds s"
  # The first folder receives what is new; the seeds are only read.
  "$programs/fuzz_$name" "$found" "fuzz/corpus/$name" -max_total_time="$seconds" \
    -max_len=16384 -rss_limit_mb=2048 -malloc_limit_mb=1024 -timeout=10 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/failed/$name-" || status=1
done
exit $status
