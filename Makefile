# Two commands do everything: `make demo` and `make test`. The rest is CMake presets.
PYTHON := $(firstword $(wildcard /usr/bin/python3) python3)
JOBS ?= $(shell nproc)

.PHONY: help demo release test bench campaign package docs newcomer portability asan asan-python tsan fuzz clean
.DELETE_ON_ERROR:

help:
	@echo "make demo    install what is missing, build, decompose real matrices"
	@echo "make test    install what is missing, build, run every test"
	@echo "make bench   time against other libraries, write bench/results/"
	@echo "make campaign  what the tests run for a second, for minutes: campaign/README.md"
	@echo "make package  Debian packages, into build/release"
	@echo "make docs    the site of README, guides, theory and references, into build/site"
	@echo "make newcomer install and use everything in a bare Debian, as the README says (root)"
	@echo "make portability  other compilers, BLAS and processors: docs/portability.md (an hour)"
	@echo "make asan    every C++ test under the address and undefined-behaviour sanitizers"
	@echo "make asan-python  tests of the Python package under the same sanitizers"
	@echo "make tsan    every C++ test under the thread sanitizer"
	@echo "make fuzz    build the fuzzers and run each for FUZZ_SECONDS (default 60)"

# Configures a preset, once; afterwards the build itself notices when CMake must run again.
build/%/build.ninja: CMakePresets.json
	@mkdir -p $(@D)
	@echo "Configuring $*; the log is $(@D)/configure.log"
	@cmake --preset $* -DPython3_EXECUTABLE=$(PYTHON) > $(@D)/configure.log 2>&1 || \
	  { cat $(@D)/configure.log; exit 1; }

# $(call build,PRESET): configures and builds it.
build = $(MAKE) --silent --no-print-directory build/$(1)/build.ninja && \
  cmake --build --preset $(1) -j $(JOBS)

release:
	@tools/install_packages.sh build
	@$(call build,release)
	@ln -sfn build/release/bin/eckart eckart

demo: release
	@examples/demo.sh

# The wheel that the tests build is compiled as the library is: ccache does it once for both.
test: export CMAKE_CXX_COMPILER_LAUNCHER := ccache
test: export CCACHE_DIR := $(CURDIR)/build/ccache
test: export CCACHE_DEPEND := 1
test:
	@tools/install_packages.sh build test
	@$(call build,dev)
	@PYTHON=$(PYTHON) tools/run_tests.sh

bench:
	@tools/install_packages.sh build bench
	@$(call build,bench)
	@bench/run.sh

campaign:
	@tools/install_packages.sh build test
	@$(call build,dev)
	@mkdir -p campaign/results
	@build/dev/campaign/certificates --table campaign/results/certificates.md

# In Debian, libraries lie in a folder of their architecture. DEBFULLNAME and DEBEMAIL: who packs.
package:
	@tools/install_packages.sh build
	@$(MAKE) --silent --no-print-directory build/release/build.ninja
	@cmake -B build/release -DCMAKE_INSTALL_LIBDIR=lib/$$(c++ -print-multiarch) > build/release/configure.log
	@cmake --build --preset release -j $(JOBS)
	@cd build/release && cpack

docs: export CMAKE_CXX_COMPILER_LAUNCHER := $(notdir $(shell command -v ccache))
docs: release
	@tools/install_packages.sh docs
	@PYTHON=$(PYTHON) tools/build_docs.sh

newcomer:
	@tools/newcomer.sh

portability: export CMAKE_CXX_COMPILER_LAUNCHER := $(notdir $(shell command -v ccache))
portability:
	@tools/portability.sh

asan:
	@tools/install_packages.sh build test
	@$(call build,asan-ubsan)
	@ctest --preset asan-ubsan

# What hands memory across the border. The sanitizers take memory of their own: none is measured.
asan-python:
	@tools/install_packages.sh build test
	@PYTHON=$(PYTHON) JOBS=$(JOBS) tools/test_python.sh --sanitize build/asan-python \
	  python/tests/test_inputs.py python/tests/test_solve.py python/tests/test_texts.py \
	  python/tests/test_recommender.py -k "not scikit_learns_checks and not no_copy and not memory_test"

tsan:
	@tools/install_packages.sh build test clang
	@$(call build,tsan)
	@ctest --preset tsan

fuzz:
	@tools/install_packages.sh build clang
	@$(call build,fuzz)
	@fuzz/run.sh

clean:
	rm -rf build out eckart
