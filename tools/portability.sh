#!/bin/sh
# Builds and tests the library and the tool as other machines would: without options and parts, with other
# compilers, other BLAS, older and other processors. Prints a line for each variant.
# Usage: portability.sh [VARIANT...], of: parts openblas reference blis mkl base clang-19 arm64;
# none: all. Folders build/portability* are kept. arm64 needs root, for a root of its own.
set -u
cd "$(dirname "$0")/.." || exit 1
folder=$PWD/build/portability
jobs=${JOBS:-$(nproc)}
libraries=/usr/lib/$(cc -print-multiarch)
mkdir -p "$folder"
failed=0

# $1: the variant; the others: what must succeed. Its output goes to a log.
tell() {
  variant=$1
  shift
  if "$@" > "$folder/$variant.log" 2>&1; then
    echo "$variant: $(grep -ho '\[  PASSED  \] [0-9]* tests*\.' "$folder/$variant.log" | awk '{sum += $4} END {
      print sum ? sum " tests passed" : "works"}')"
  else
    echo "$variant: FAILED, see build/portability/$variant.log"
    failed=1
  fi
}

# $1: the folder; the others: definitions. What is built is the library, the tool and the core's tests.
build() {
  place=$1
  shift
  cmake --preset dev -B "$place" -DECKART_BUILD_MPI=OFF -DECKART_EXPLORER=OFF -DECKART_BUILD_LAPACK=OFF \
    -DPython3_EXECUTABLE="${PYTHON:-/usr/bin/python3}" "$@" &&
    cmake --build "$place" -j "$jobs" --target eckart_cli $tests
}
tests="core_tests kernels_tests blas_tests factor_tests drivers_tests"

# $1: the folder; the others: what runs a program there.
check() {
  place=$1
  shift
  "$@" "$place/bin/eckart" svd examples/data/deerwester_12x9.csv -k 3 &&
    "$@" "$place/bin/eckart" solve examples/data/illc1033.mtx.gz examples/data/illc1033_rhs1.mtx.gz || return 1
  for program in $tests; do
    "$@" "$place/tests/$program" --gtest_brief=1 || return 1
  done
}

# $1: the folder with libblas.so.3 and liblapack.so.3, or two of them; whatever BLAS it is, the
# program is the same.
with_blas() {
  build "$folder-generic" -DBLA_VENDOR=Generic &&
    check "$folder-generic" env LD_LIBRARY_PATH="$1" MKL_THREADING_LAYER=GNU
}

mkl() {
  [ -d "$folder/mkl/lib" ] || { python3 -m venv "$folder/mkl" && "$folder/mkl/bin/pip" install -q mkl; } || return 1
  for name in blas lapack; do
    ln -sfn "$(ls "$folder"/mkl/lib/libmkl_rt.so*)" "$folder/mkl/lib/lib$name.so.3"
  done
  with_blas "$folder/mkl/lib"
}

parts() {
  for part in ECKART_BUILD_MPI ECKART_EXPLORER ECKART_BUILD_LAPACK; do
    cmake --preset release -B "$folder-parts" -DCMAKE_COMPILE_WARNING_AS_ERROR=ON \
      -DECKART_BUILD_MPI=ON -DECKART_EXPLORER=ON -DECKART_BUILD_LAPACK=ON "-D$part=OFF" &&
      cmake --build "$folder-parts" -j "$jobs" &&
      "$folder-parts/bin/eckart" svd "[[3,2],[2,3]]" || return 1
  done
}

# A processor of 2008, and the kernels of today's build that it takes. With its environment as it
# wants it, the tool does not execute itself anew, which would leave qemu.
base() {
  build "$folder-base" && ECKART_ISA=base check "$folder-base" &&
    env OPENBLAS_CORETYPE=Nehalem GOMP_SPINCOUNT=20000 qemu-x86_64 -cpu Nehalem "$folder-base/bin/eckart" svd \
      examples/data/deerwester_12x9.csv -k 3 &&
    env OPENBLAS_CORETYPE=Nehalem GOMP_SPINCOUNT=20000 qemu-x86_64 -cpu Nehalem "$folder-base/tests/kernels_tests" --gtest_brief=1
}

with_clang() {
  build "$folder-$1" "-DCMAKE_CXX_COMPILER=clang++-${1#clang-}" "-DCMAKE_C_COMPILER=$1" \
    -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O1 -DBLA_VENDOR=Generic && check "$folder-$1"
}

# Cross-compiled in a Debian of its own, run by qemu.
arm64() {
  root=$folder/arm64
  inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 sh -euc "$1"; }
  if [ ! -e "$root/ready" ]; then
    [ -d "$root/usr" ] || debootstrap --variant=minbase --include=ca-certificates bookworm "$root" || return 1
    # The headers of these packages are the same for every processor.
    inside "dpkg --add-architecture arm64; apt-get update -q;
      apt-get install -qq -y --no-install-recommends cmake ninja-build g++-aarch64-linux-gnu qemu-user \
        pkg-config python3-minimal gcc g++ libopenblas-openmp-dev:arm64 libfmt-dev:arm64 libcli11-dev nlohmann-json3-dev \
        zlib1g-dev:arm64 libutf8proc-dev:arm64 libstemmer-dev:arm64 libxxhash-dev:arm64 \
        libcairo2-dev:arm64 libpng-dev:arm64 libjpeg-dev:arm64 libgtest-dev:arm64" || return 1
    touch "$root/ready"
  fi
  mkdir -p "$root/eckart"
  git ls-files -z | grep -zv '^bench/' | xargs -0 cp --parents -t "$root/eckart" || return 1
  inside "cd eckart; export PKG_CONFIG_PATH=/usr/lib/aarch64-linux-gnu/pkgconfig;
    cmake -G Ninja -B build -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
      -DCMAKE_LIBRARY_ARCHITECTURE=aarch64-linux-gnu -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ \
      -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc -DCMAKE_CROSSCOMPILING_EMULATOR='qemu-aarch64' \
      -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O1 -DECKART_BUILD_TESTS=ON -DECKART_BUILD_MPI=OFF \
      -DECKART_EXPLORER=OFF -DECKART_BUILD_LAPACK=OFF;
    cmake --build build -j $jobs --target eckart_cli $tests;
    qemu-aarch64 build/bin/eckart svd examples/data/deerwester_12x9.csv -k 3;
    for program in core_tests kernels_tests blas_tests factor_tests; do
      qemu-aarch64 build/tests/\$program --gtest_brief=1; done"
}

tools/install_packages.sh build test portability
[ $# -gt 0 ] || set -- parts openblas reference blis mkl base clang-19 arm64
for variant in "$@"; do
  case $variant in
    parts | mkl | base | arm64) tell "$variant" "$variant" ;;
    openblas) tell openblas with_blas "$libraries/openblas-openmp" ;;
    reference) tell reference with_blas "$libraries/blas:$libraries/lapack" ;;
    blis) tell blis with_blas "$libraries/blis-openmp:$libraries/lapack" ;;
    clang-*) tell "$variant" with_clang "$variant" ;;
    *) echo "portability: unknown variant '$variant'" >&2; exit 2 ;;
  esac
done
exit "$failed"
