#!/bin/sh
# Builds the wheel, installs it into a virtual environment and tests it there, as a user meets it.
# Usage: test_python.sh [--sanitize] FOLDER [PYTEST ARGUMENTS]; FOLDER keeps environment, wheel, logs.
# With --sanitize no wheel: the extension is built with the address and undefined-behaviour
# sanitizers, and an interpreter that has loaded them runs the tests.
set -eu
cd "$(dirname "$0")/.."
sanitize=no
if [ "$1" = --sanitize ]; then
  sanitize=yes
  shift
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
python=$folder/venv/bin/python

# $1: what is done; the others: the command. Its output goes to a log, and is shown if it fails.
step() {
  log=$folder/$(echo "$1" | tr ' ' '_').log
  shift
  "$@" > "$log" 2>&1 || { cat "$log"; exit 1; }
}

if ! cmp -s python/requirements-test.txt "$folder/requirements.txt"; then
  step "make environment" "${PYTHON:-python3}" -m venv "$folder/venv"
  step "install requirements" "$python" -m pip install --disable-pip-version-check --prefer-binary \
    -r python/requirements-test.txt
  cp python/requirements-test.txt "$folder/requirements.txt"
fi

if [ "$sanitize" = yes ]; then
  step "configure" cmake --preset dev -B "$folder" -DECKART_BUILD_PYTHON=ON \
    -DECKART_SANITIZE_PYTHON=ON -DECKART_STATIC_BLAS=ON -DECKART_BUILD_CLI=OFF \
    -DECKART_BUILD_TESTS=OFF "-DPython_EXECUTABLE=$python"
  step "build extension" cmake --build "$folder" --target eckart_ext -j "${JOBS:-$(nproc)}"
  mkdir -p "$folder/package/eckart"
  cp -r python/eckart/. "$folder"/python/eckart_ext*.so "$folder/package/eckart"
  # The interpreter leaks on purpose. The C++ runtime must be there before the sanitizer looks for
  # what throws exceptions.
  compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$folder/CMakeCache.txt")
  preload=
  for library in libasan.so libubsan.so libstdc++.so; do
    preload="$preload $("$compiler" -print-file-name=$library)"
  done
  exec env LD_PRELOAD="$preload" PYTHONPATH="$folder/package" ECKART="" PYTHONMALLOC=malloc \
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 \
    "$python" -m pytest -q -p no:cacheprovider "$@"
fi

rm -rf "$folder/built" "$folder/wheel"
# By the compiler and with the flags of the dev build, so that ccache knows the library already.
step "build wheel" env CC="${CC:-/usr/bin/cc}" CXX="${CXX:-/usr/bin/c++}" "$python" -m pip wheel . \
  --disable-pip-version-check --no-build-isolation --no-deps -w "$folder/built" \
  --config-settings "build-dir=$folder/cmake" \
  --config-settings cmake.define.CMAKE_COMPILE_WARNING_AS_ERROR=ON
# Grafts the libraries that are not on every Linux: libgomp, libgfortran, libfmt and
# those that take text apart.
PATH=$folder/venv/bin:$PATH
step "graft libraries" "$python" -m auditwheel repair -w "$folder/wheel" "$folder"/built/*.whl
step "install wheel" "$python" -m pip install --disable-pip-version-check --no-deps \
  --force-reinstall "$folder"/wheel/*.whl
export ECKART_WHEEL="$folder/wheel"
exec "$python" -m pytest -q -p no:cacheprovider python/tests "$@"
