#!/bin/sh
# Builds the site into build/site: pictures and numbers from the engine, the pages, the references of
# the command line, Python and C++. A number that is not what the engine computes, a link that leads
# nowhere or a comment that cannot be read fails it. ECKART is the tool that the pages speak of.
set -eu
cd "$(dirname "$0")/.."
folder=$PWD/build/docs
python=$folder/venv/bin/python
export ECKART="${ECKART:-$PWD/eckart}" ECKART_ROOT="$PWD"
mkdir -p "$folder" build/site

[ -x "$python" ] || "${PYTHON:-python3}" -m venv "$folder/venv"
"$python" -m pip install -q --disable-pip-version-check --prefer-binary -r docs/requirements.txt
echo "Building the Python package"
"$python" -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps \
  --force-reinstall . --config-settings "build-dir=$folder-wheel"

echo "Running what the pages show"
"$python" -m pytest -q -p no:cacheprovider python/tests/test_documents.py

echo "Drawing and writing"
rm -rf "$folder/source"
cp -r docs "$folder/source"
"$python" docs/theory/pictures.py "$folder/source/theory"
"$python" -m sphinx -q -W --keep-going -b html -d "$folder/trees" "$folder/source" build/site
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = build/site"; } | doxygen -
echo "The site is build/site/index.html"
