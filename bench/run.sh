#!/bin/sh
# Times Eckart against other libraries: bench/run.sh [TASK...] [--quick | --full] [--self-test].
# Wants the programs of the CMake preset "bench" (`make bench` builds them, then calls this).
# The first run makes a Python environment in build/bench-venv with peers from PyPI; a peer that
# cannot be installed is listed as missing in the results.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
python=/usr/bin/python3
[ -x "$python" ] || python=python3

export ECKART_BENCH_WORKERS="${ECKART_BENCH_WORKERS:-$root/build/bench/bench}"
export ECKART_BENCH_VENV="$root/build/bench-venv"
export ECKART_BENCH_CACHE="$root/build/bench-cache"
export ECKART_BENCH_PACKAGE="$root/build/bench-python"

if [ ! -x "$ECKART_BENCH_WORKERS/eckart_worker" ]; then
  echo "bench/run.sh: $ECKART_BENCH_WORKERS/eckart_worker is not there; build it first:" >&2
  echo "  cmake --preset bench && cmake --build --preset bench" >&2
  exit 1
fi

if [ ! -f "$ECKART_BENCH_VENV/complete" ]; then
  echo "Installing peers from PyPI into build/bench-venv, once; PRIMME compiles for minutes"
  if "$python" -m venv --system-site-packages "$ECKART_BENCH_VENV"; then
    for package in mkl primme gensim threadpoolctl scikit-surprise libmf dask playwright; do
      "$ECKART_BENCH_VENV/bin/pip" install -q --disable-pip-version-check "$package" \
        > "$ECKART_BENCH_VENV/$package.log" 2>&1 ||
        echo "  $package cannot be installed, see build/bench-venv/$package.log"
    done
    # The package of PyPI is built without LIBMF's vector code.
    vector=$ECKART_BENCH_VENV/libmf-vector
    { "$ECKART_BENCH_VENV/bin/pip" download -q --disable-pip-version-check --no-deps \
        --no-binary :all: -d "$vector" libmf && tar -C "$vector" --strip-components 1 -xf "$vector"/*.gz &&
      c++ -O3 -march=native -std=c++11 -shared -fPIC -fopenmp -DUSEOMP -DUSEAVX \
        "$vector"/src_cpp/*.cpp -o "$vector/libmf.so"; } > "$ECKART_BENCH_VENV/libmf-vector.log" 2>&1 ||
      echo "  LIBMF has no vector code, see build/bench-venv/libmf-vector.log"
    touch "$ECKART_BENCH_VENV/complete"
  else
    echo "  no environment (python3-venv is missing?): MKL and PRIMME will be missing"
  fi
fi

# The Python package as it is now, where a task needs it and its sources are newer than what was
# installed.
built=$ECKART_BENCH_PACKAGE/complete
package=yes
for argument; do
  case $argument in
    python_*) package=yes; break ;;
    [a-z]*) package=no ;;
  esac
done
if [ $package = no ]; then
  :
elif [ ! -f "$built" ] || [ -n "$(find "$root/src" "$root/include" "$root/python" \
  "$root/pyproject.toml" -newer "$built" -name '*.[chpt]*' | head -n 1)" ]; then
  echo "Building the Python package into build/bench-python"
  rm -rf "$ECKART_BENCH_PACKAGE"
  mkdir -p "$ECKART_BENCH_PACKAGE"
  if "$ECKART_BENCH_VENV/bin/pip" install -q --disable-pip-version-check --no-deps \
    --target "$ECKART_BENCH_PACKAGE" "$root" > "$ECKART_BENCH_VENV/eckart.log" 2>&1; then
    touch "$built"
  else
    echo "  it cannot be built, see build/bench-venv/eckart.log"
  fi
fi

libmf=$ECKART_BENCH_VENV/libmf-vector/libmf.so
[ ! -f "$libmf" ] || export LIBMF_OBJ="$libmf"

# The harness checks answers with NumPy: it, too, gets the OpenBLAS kernels the CPU deserves.
cd "$root/bench"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$root/bench" exec "$python" -m harness "$@"
