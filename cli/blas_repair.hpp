// cli/blas_repair.hpp - restarts the process with what libraries read from the environment when
// they are loaded: the BLAS kernel that this CPU deserves, and how long idle threads spin.
#pragma once

#include <string>

namespace eckart::cli {

// OpenBLAS reads this when it is loaded; a value set by the user is respected.
inline constexpr const char* kernel_variable = "OPENBLAS_CORETYPE";

// Guard against a loop: holds "KERNEL PROCESS", the kernel that OpenBLAS chose by itself before
// the restart and the process that restarted (exec keeps its number).
inline constexpr const char* repaired_variable = "ECKART_BLAS_REPAIRED";

// How often GCC's OpenMP runtime looks before an idle thread sleeps. Its default, 300000, is a time
// slice: on a machine that others use as well, threads that wait for one another then spend their
// slices on waiting, and a decomposition takes fifty times as long.
inline constexpr const char* spin_variable = "GOMP_SPINCOUNT";
inline constexpr const char* spin_count = "20000";

// Replaces this process by itself, once, with OPENBLAS_CORETYPE set if the BLAS runs kernels far
// older than the CPU, and GOMP_SPINCOUNT, unless the user has chosen. Returns otherwise.
// Call it before anything is read or written.
void repair_environment(char** argv);

// Returns the kernel that OpenBLAS chose before it was repaired; empty when this process did not
// restart itself, whatever the environment holds.
std::string kernel_before_repair();

}  // namespace eckart::cli
