#!/bin/sh
# Builds the wheel, installs it into a virtual environment and tests it there, as a user meets it.
# Usage: test_python.sh FOLDER [PYTEST ARGUMENTS]; FOLDER keeps environment, wheel and logs.
set -eu
cd "$(dirname "$0")/.."
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
rm -rf "$folder/built" "$folder/wheel"
step "build wheel" "$python" -m pip wheel . --disable-pip-version-check --no-build-isolation \
  --no-deps -w "$folder/built" --config-settings "build-dir=$folder/cmake"
# Grafts the libraries that are not on every Linux: libgomp, libgfortran, libfmt.
PATH=$folder/venv/bin:$PATH
step "graft libraries" "$python" -m auditwheel repair -w "$folder/wheel" "$folder"/built/*.whl
step "install wheel" "$python" -m pip install --disable-pip-version-check --no-deps \
  --force-reinstall "$folder"/wheel/*.whl
export ECKART_WHEEL="$folder/wheel"
exec "$python" -m pytest -q -p no:cacheprovider python/tests "$@"
