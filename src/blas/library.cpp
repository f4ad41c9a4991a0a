#include "blas/library.hpp"

#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>

// Weak: null where the linked library has no such function. Not looked up by name at run time:
// a program may have loaded another BLAS, whose functions must be left alone.
extern "C" {
[[gnu::weak]] void openblas_set_num_threads(int);
[[gnu::weak]] int openblas_get_num_threads();
[[gnu::weak]] int openblas_get_parallel();
[[gnu::weak]] int MKL_Set_Num_Threads_Local(int);
[[gnu::weak]] char* openblas_get_corename();
[[gnu::weak]] char* openblas_get_config();
[[gnu::weak]] void gotoblas_dynamic_quit();
[[gnu::weak]] void gotoblas_dynamic_init();
}

namespace eckart::blas {
namespace {

// Vector width in bytes that a kernel family of OpenBLAS uses; 0 for a name not listed.
int vector_bytes(std::string_view kernel) {
  constexpr std::array wide = {"SkylakeX", "Cooperlake", "SapphireRapids"};
  constexpr std::array middle = {"Haswell",    "Zen",         "Sandybridge", "Bulldozer",
                                 "Piledriver", "Steamroller", "Excavator"};
  constexpr std::array narrow = {"Prescott",     "Core2",      "Penryn",    "Dunnington",
                                 "Nehalem",      "Atom",       "Athlon",    "Opteron",
                                 "Opteron_SSE3", "Barcelona",  "Bobcat",    "Nano",
                                 "Katmai",       "Coppermine", "Northwood", "Banias"};
  for (const char* name : wide) {
    if (kernel == name) return 64;
  }
  for (const char* name : middle) {
    if (kernel == name) return 32;
  }
  for (const char* name : narrow) {
    if (kernel == name) return 16;
  }
  return 0;
}

}  // namespace

const LibraryHooks& library_hooks() {
  static const LibraryHooks hooks = {
      .set_threads = openblas_set_num_threads,
      .get_threads = openblas_get_num_threads,
      .get_parallel = openblas_get_parallel,
      .set_threads_of_caller = MKL_Set_Num_Threads_Local,
      .core_name = openblas_get_corename,
      .config = openblas_get_config,
      .forget_kernels = gotoblas_dynamic_quit,
      .choose_kernels = gotoblas_dynamic_init,
  };
  return hooks;
}

std::string library_name() {
  const LibraryHooks& hooks = library_hooks();
  if (hooks.config == nullptr) return "unknown BLAS";
  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...": the first two words.
  const std::string config = hooks.config();
  const std::size_t space = config.find(' ');
  if (space == std::string::npos) return config;
  return config.substr(0, config.find(' ', space + 1));
}

std::string kernel_name() {
  const LibraryHooks& hooks = library_hooks();
  return hooks.core_name != nullptr ? hooks.core_name() : "";
}

std::string best_openblas_kernel() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return "SkylakeX";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return "";
}

bool kernel_is_behind(const std::string& kernel, const std::string& best) {
  const int used = vector_bytes(kernel);
  return used != 0 && used < vector_bytes(best);
}

bool set_kernel(const std::string& kernel) {
  const LibraryHooks& hooks = library_hooks();
  if (hooks.forget_kernels == nullptr || hooks.choose_kernels == nullptr) return false;
  constexpr const char* variable = "OPENBLAS_CORETYPE";
  const char* value = std::getenv(variable);
  const std::optional<std::string> before =
      value ? std::optional<std::string>(value) : std::nullopt;
  setenv(variable, kernel.c_str(), 1);
  hooks.forget_kernels();
  hooks.choose_kernels();
  before ? setenv(variable, before->c_str(), 1) : unsetenv(variable);
  return kernel_name() == kernel;
}

}  // namespace eckart::blas
