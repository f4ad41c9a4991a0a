#!/bin/sh
# Installs the Debian packages that are missing for the given purposes: build test bench clang.
# Quick when nothing is missing. Uses sudo when not root.
set -eu

build="g++ cmake make ninja-build libopenblas-openmp-dev libfmt-dev libcli11-dev
       nlohmann-json3-dev zlib1g-dev"
test="libgtest-dev python3 python3-pytest python3-numpy python3-scipy"
bench="libeigen3-dev python3 python3-numpy python3-scipy python3-sklearn python3-venv"
clang="clang-19 libomp-19-dev libclang-rt-19-dev libblas-dev liblapack-dev"

wanted=
for purpose in "$@"; do
  case $purpose in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    bench) wanted="$wanted $bench" ;;
    clang) wanted="$wanted $clang" ;;
    *) echo "install_packages: unknown purpose '$purpose'; known: build test bench clang" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query > /dev/null; then
  echo "install_packages: this is not Debian or Ubuntu. Install the equivalents of:" $wanted >&2
  exit 0
fi

missing=
for package in $wanted; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo > /dev/null; then
    echo "install_packages: these packages are missing; install them as root:$missing" >&2
    exit 1
  fi
  sudo=sudo
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $sudo apt-get update -q && $sudo apt-get install -y -q --no-install-recommends $missing; } > "$log" 2>&1; then
  cat "$log" >&2
  echo "install_packages: apt-get failed; its output is above" >&2
  exit 1
fi
