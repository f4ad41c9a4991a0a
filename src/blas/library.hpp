// What BLAS is linked, seen from inside the process.
#pragma once

#include <string>

namespace eckart::blas {

// Pointers to the optional functions of the linked BLAS; null where it has none.
struct LibraryHooks {
  void (*set_threads)(int) = nullptr;
  int (*get_threads)() = nullptr;
  int (*get_parallel)() = nullptr;              // OpenBLAS: 0 sequential, 1 own threads, 2 OpenMP
  int (*set_threads_of_caller)(int) = nullptr;  // MKL: for the calling thread; returns the old
  char* (*core_name)() = nullptr;
  char* (*config)() = nullptr;
  void (*forget_kernels)() = nullptr;  // OpenBLAS for many CPUs: what it chose when it was loaded
  void (*choose_kernels)() = nullptr;  // again, from OPENBLAS_CORETYPE or the CPU's model
};
const LibraryHooks& library_hooks();

// Returns "OpenBLAS 0.3.21", or "unknown BLAS".
std::string library_name();

// Returns the kernel that the library runs ("Haswell"), or "" when it does not tell.
std::string kernel_name();

// Returns the OpenBLAS kernel that this CPU's own features allow: "SkylakeX" (AVX-512 F, CD, BW,
// DQ, VL), "Haswell" (AVX2, FMA), or "" for anything older.
std::string best_openblas_kernel();

// Returns true if an OpenBLAS kernel uses narrower vectors than the best this CPU can run.
bool kernel_is_behind(const std::string& kernel, const std::string& best);

// Makes the library run the given kernel, whatever it chose. Not while anything computes with it.
// Returns false where that is not possible.
bool set_kernel(const std::string& kernel);

}  // namespace eckart::blas
