// eckart/machine.hpp - what this process computes with, and what is wrong with it.
#pragma once

#include <string>

namespace eckart {

struct BlasInfo {
  std::string library;      // "OpenBLAS 0.3.21", or "unknown BLAS"
  std::string kernel;       // "SkylakeX", "Haswell", "Prescott"; empty when the BLAS does not tell
  std::string best_kernel;  // the best this CPU can run; empty when the BLAS does not tell
  // The kernel is older than the CPU: OpenBLAS chooses by CPU model and knows only models older
  // than itself. Cure: OPENBLAS_CORETYPE=best_kernel before the process starts.
  bool misdetected = false;
  int threads = 1;
};

// Returns what the linked BLAS says of itself.
BlasInfo blas_info();

// Makes OpenBLAS run the kernels that this CPU deserves where it chose older ones (misdetected),
// unless OPENBLAS_CORETYPE says otherwise. For a front end that has a copy of OpenBLAS to itself,
// before its first computation: another user of the copy would find its kernels changed.
// Returns the kernel that OpenBLAS had chosen; empty if nothing was changed.
std::string repair_blas_kernel();

// Returns the instruction-set level of our own kernels: "base", "v3" (AVX2) or "v4" (AVX-512).
std::string isa_name();

// Returns "OpenBLAS 0.3.21, SkylakeX".
std::string blas_name();

struct MachineRates {
  double gemm_gflops = 0;         // double precision, 768^3, all threads
  double read_gb_per_second = 0;  // streaming read from memory, all threads
};

// Measures for about half a second with the given number of threads.
MachineRates measure_rates(int threads);

// Returns the version of this library, "0.1.0".
const char* version();

}  // namespace eckart
