#include "blas_repair.hpp"

#include <unistd.h>

#include <cstdlib>

#include "eckart/machine.hpp"

namespace eckart::cli {
namespace {

std::string process_suffix() { return " " + std::to_string(getpid()); }

// Returns whether a kernel was set, to be read after a restart.
bool choose_kernel() {
  if (std::getenv(kernel_variable) || std::getenv(repaired_variable)) return false;
  const BlasInfo blas = blas_info();
  if (!blas.misdetected || blas.best_kernel.empty()) return false;
  setenv(kernel_variable, blas.best_kernel.c_str(), 1);
  setenv(repaired_variable, (blas.kernel + process_suffix()).c_str(), 1);
  return true;
}

bool choose_spinning() {
  if (std::getenv(spin_variable) || std::getenv("OMP_WAIT_POLICY")) return false;
  return setenv(spin_variable, spin_count, 1) == 0;
}

}  // namespace

void repair_environment(char** argv) {
  const bool kernel = choose_kernel();
  const bool spinning = choose_spinning();
  if (!kernel && !spinning) return;
  execv("/proc/self/exe", argv);
  // No /proc: go on slowly, as any other program on this machine.
  if (kernel) {
    unsetenv(kernel_variable);
    unsetenv(repaired_variable);
  }
}

std::string kernel_before_repair() {
  const char* value = std::getenv(repaired_variable);
  const std::string mark = value ? value : "", suffix = process_suffix();
  return mark.ends_with(suffix) ? mark.substr(0, mark.size() - suffix.size()) : "";
}

}  // namespace eckart::cli
