#!/bin/sh
# Installs the Debian packages that are missing for the given purposes: build test bench clang docs portability.
# Quick when nothing is missing. Uses sudo when not root.
set -eu

# Programs: any of that name on the PATH will do.
programs="g++:g++ make:make cmake:cmake ninja:ninja-build"
build="libopenblas-openmp-dev libfmt-dev libcli11-dev nlohmann-json3-dev zlib1g-dev libeigen3-dev
  libboost-dev libutf8proc-dev libstemmer-dev libxxhash-dev pkg-config libcairo2-dev libpng-dev libjpeg-dev
  fonts-dejavu-core libopenmpi-dev openmpi-bin libscalapack-openmpi-dev"
test="libgtest-dev python3-dev python3-venv python3-pytest python3-numpy python3-scipy liblapack-test liblapack64-test
  chromium ccache"
bench="libeigen3-dev libspectra-dev python3-slepc4py-real python3-mpi4py python3-numpy python3-scipy python3-sklearn python3-venv"
clang="clang-19 libomp-19-dev libclang-rt-19-dev libblas-dev liblapack-dev"
portability="libblas-dev liblapack-dev libblis-openmp-dev qemu-user debootstrap $clang"
docs="doxygen python3-dev python3-venv"

wanted=
for purpose in "$@"; do
  case $purpose in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    bench) wanted="$wanted $bench" ;;
    clang) wanted="$wanted $clang" ;;
    docs) wanted="$wanted $docs" ;;
    portability) wanted="$wanted $portability" ;;
    *) echo "install_packages: unknown purpose '$purpose'; known: build test bench clang docs portability" >&2; exit 2 ;;
  esac
done

missing=
for program in $programs; do
  command -v "${program%:*}" > /dev/null || missing="$missing ${program#*:}"
done

if ! command -v dpkg-query > /dev/null; then
  echo "install_packages: this is neither Debian nor Ubuntu; the build needs the equivalents of" \
    "these packages:$missing$wanted" >&2
  exit 0
fi
for package in $wanted; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo > /dev/null; then
    echo "install_packages: these packages are missing; run this as root:" >&2
    echo "  apt-get install --no-install-recommends$missing" >&2
    exit 1
  fi
  as_root=sudo
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" > "$log" 2>&1
}
echo "Installing$missing"
# A bare or old machine has no current list of packages: fetch it and try again.
# shellcheck disable=SC2086 # the list is meant to be split into words
if ! apt install -y --no-install-recommends $missing && ! { apt update &&
  apt install -y --no-install-recommends $missing; }; then
  cat "$log" >&2
  echo "install_packages: apt-get failed; its output is above" >&2
  exit 1
fi
