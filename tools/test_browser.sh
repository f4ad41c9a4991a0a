#!/bin/sh
# Tests the explorer's page in Debian's Chromium, without a window. ECKART is the tool.
# Usage: test_browser.sh FOLDER [PYTEST ARGUMENTS]; FOLDER keeps environment and screenshots.
set -eu
cd "$(dirname "$0")/.."
if ! command -v chromium > /dev/null; then
  echo "SKIPPED: chromium is not installed; tools/install_packages.sh test installs it"
  exit 77
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
requirements=tests/browser/requirements.txt
if ! cmp -s "$requirements" "$folder/requirements.txt"; then
  "${PYTHON:-python3}" -m venv "$folder/venv"
  "$folder/venv/bin/pip" install -q --disable-pip-version-check --prefer-binary -r "$requirements"
  cp "$requirements" "$folder/requirements.txt"
fi
export SCREENSHOTS="$folder/screenshots" PYTHONDONTWRITEBYTECODE=1
mkdir -p "$SCREENSHOTS"
exec "$folder/venv/bin/python" -m pytest -q -p no:cacheprovider tests/browser "$@"
