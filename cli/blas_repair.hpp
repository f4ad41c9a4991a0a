// cli/blas_repair.hpp - restarts the process with the BLAS kernel that this CPU deserves.
#pragma once

#include <string>

namespace eckart::cli {

// OpenBLAS reads this when it is loaded; a value set by the user is respected.
inline constexpr const char* kernel_variable = "OPENBLAS_CORETYPE";

// Guard against a loop: holds "KERNEL PROCESS", the kernel that OpenBLAS chose by itself before
// the restart and the process that restarted (exec keeps its number).
inline constexpr const char* repaired_variable = "ECKART_BLAS_REPAIRED";

// Replaces this process by itself with OPENBLAS_CORETYPE set, once, if the BLAS runs kernels
// far older than the CPU and the user has not chosen one. Returns otherwise.
// Call it before anything is read or written.
void repair_blas_kernel(char** argv);

// Returns the kernel that OpenBLAS chose before it was repaired; empty when this process did not
// restart itself, whatever the environment holds.
std::string kernel_before_repair();

}  // namespace eckart::cli
