#include "blas_repair.hpp"

#include <unistd.h>

#include <cstdlib>

#include "eckart/machine.hpp"

namespace eckart::cli {
namespace {

std::string process_suffix() { return " " + std::to_string(getpid()); }

}  // namespace

void repair_blas_kernel(char** argv) {
  if (std::getenv(kernel_variable) || std::getenv(repaired_variable)) return;
  const BlasInfo blas = blas_info();
  if (!blas.misdetected || blas.best_kernel.empty()) return;
  setenv(kernel_variable, blas.best_kernel.c_str(), 1);
  setenv(repaired_variable, (blas.kernel + process_suffix()).c_str(), 1);
  execv("/proc/self/exe", argv);
  // No /proc: go on slowly, as any other program on this machine.
  unsetenv(kernel_variable);
  unsetenv(repaired_variable);
}

std::string kernel_before_repair() {
  const char* value = std::getenv(repaired_variable);
  const std::string mark = value ? value : "", suffix = process_suffix();
  return mark.ends_with(suffix) ? mark.substr(0, mark.size() - suffix.size()) : "";
}

}  // namespace eckart::cli
