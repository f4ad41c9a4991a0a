#!/bin/sh
# Does what the README says in a bare Debian 12, in its order: clone, demo, every command shown,
# install, use from C++ and Python, package, install the package. Says what it does.
# Usage: newcomer.sh [FOLDER]; needs root, debootstrap and a network. FOLDER is filled anew and kept.
# SSL_CERT_FILE, where set, goes along: the certificates of a network of one's own. So does MIRROR.
set -eu
cd "$(dirname "$0")/.."
root=${1:-$PWD/build/newcomer}
[ "$(id -u)" = 0 ] || { echo "newcomer: needs root, to make a root of its own" >&2; exit 1; }
command -v debootstrap > /dev/null || apt-get install -y --no-install-recommends debootstrap

leave() {
  [ ! -e "$root/proc/self" ] || umount "$root/proc"
}
trap leave EXIT

say() { printf '\n== %s (%s)\n' "$*" "$(date +%T)"; }
inside() {
  echo "\$ $*"
  chroot "$root" /usr/bin/env -i HOME=/tmp PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive ECKART=/eckart/eckart \
    CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=/var/cache/ccache CCACHE_DEPEND=1 \
    sh -euc "cd /; $*"
}

say "A bare Debian 12 in $root"
leave
rm -rf "$root"
mkdir -p "$root"
debootstrap --variant=minbase bookworm "$root" ${MIRROR:-} > \
  "$root.log" 2>&1 || { tail "$root.log"; exit 1; }
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"

say "What the README asks for, and the clone"
inside "apt-get update -q > /dev/null; apt-get install -qq -y --no-install-recommends \
  git make g++ cmake python3 ca-certificates > /dev/null"
# Not for the newcomer but for us: the wheel's library is that of the demo, compiled once.
inside "apt-get install -qq -y --no-install-recommends ccache > /dev/null"
[ -z "${SSL_CERT_FILE:-}" ] || cp "$SSL_CERT_FILE" "$root/etc/ssl/certs/ca-certificates.crt"
git clone -q . "$root/eckart"

say "make demo"
inside "cd eckart; make demo JOBS=${JOBS:-$(nproc)}"

say "Every command of the README and the guides"
inside "cd eckart; tools/install_packages.sh test; python3 -m pytest -q -p no:cacheprovider tests/docs"

say "From C++"
inside "cd eckart; cmake --install build/release > /dev/null; \
  g++ examples/first_svd.cpp \$(pkg-config --cflags --libs eckart) -o /tmp/first_svd; /tmp/first_svd; \
  eckart --version"

say "From Python"
inside "cd eckart; python3 -m venv /tmp/venv; /tmp/venv/bin/pip install -q . ; \
  cd /; /tmp/venv/bin/python -c 'import eckart; print(eckart.svd([[3.0, 2.0], [2.0, 3.0]]).s)'; \
  /tmp/venv/bin/pip install -q pytest scikit-learn matplotlib; \
  cd eckart; /tmp/venv/bin/python -m pytest -q -p no:cacheprovider python/tests/test_documents.py"

say "As a Debian package, in place of what was installed"
inside "cd eckart; xargs rm < build/release/install_manifest.txt; make package; \
  apt-get install -qq -y --no-install-recommends ./build/release/*.deb > /dev/null; cd /; \
  eckart svd '[[3,2],[2,3]]' -q; eckart accelerate -- true; \
  g++ /eckart/examples/first_svd.cpp \$(pkg-config --cflags --libs eckart) -o /tmp/packaged; \
  /tmp/packaged; apt-get remove -qq -y eckart libeckart-dev > /dev/null; test ! -e /usr/bin/eckart"
say "Done"
