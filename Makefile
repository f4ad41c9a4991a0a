# Two commands do everything: `make demo` and `make test`. The rest is CMake presets.
PYTHON := $(firstword $(wildcard /usr/bin/python3) python3)
CMAKE_PYTHON := -DPython3_EXECUTABLE=$(PYTHON)
JOBS ?= $(shell nproc)

.PHONY: help demo release test bench asan tsan fuzz clean

help:
	@echo "make demo    install what is missing, build, decompose a real matrix"
	@echo "make test    install what is missing, build, run every test"
	@echo "make bench   time against other libraries, write bench/results/"
	@echo "make asan    every C++ test under the address and undefined-behaviour sanitizers"
	@echo "make tsan    every C++ test under the thread sanitizer"
	@echo "make fuzz    build the fuzzers and run each for SECONDS (default 60)"

release:
	@tools/install_packages.sh build
	@cmake --preset release -Wno-dev > build-release.log 2>&1 || { cat build-release.log; exit 1; }
	@rm -f build-release.log
	@cmake --build --preset release -j $(JOBS)

demo: release
	@examples/demo.sh

test:
	@tools/install_packages.sh build test
	@cmake --preset dev $(CMAKE_PYTHON)
	@cmake --build --preset dev -j $(JOBS)
	@tools/run_tests.sh

bench:
	@tools/install_packages.sh build bench
	@cmake --preset bench $(CMAKE_PYTHON)
	@cmake --build --preset bench -j $(JOBS)
	@bench/run.sh

asan:
	@tools/install_packages.sh build test
	@cmake --preset asan-ubsan $(CMAKE_PYTHON)
	@cmake --build --preset asan-ubsan -j $(JOBS)
	@ctest --preset asan-ubsan

tsan:
	@tools/install_packages.sh build test clang
	@cmake --preset tsan $(CMAKE_PYTHON)
	@cmake --build --preset tsan -j $(JOBS)
	@ctest --preset tsan

fuzz:
	@tools/install_packages.sh build clang
	@cmake --preset fuzz
	@cmake --build --preset fuzz -j $(JOBS)
	@fuzz/run.sh

clean:
	rm -rf build
