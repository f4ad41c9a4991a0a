#include "xerbla.hpp"

#include <dlfcn.h>

#include <cstddef>
#include <cstdio>

namespace eckart::lapack {
namespace {

using Xerbla = void (*)(const char*, const std::int64_t*, std::size_t);

// The file that holds a symbol of the process, by its first address; null without the symbol.
const void* home_of(void* symbol) {
  Dl_info info;
  return symbol != nullptr && dladdr(symbol, &info) != 0 ? info.dli_fbase : nullptr;
}

Xerbla programs_xerbla() {
  void* found = dlsym(RTLD_DEFAULT, "xerbla_");
  if (found == nullptr) return nullptr;
  const void* home = home_of(found);
  for (const char* library : {"dgemm_", "dgetrf_"}) {
    if (home == home_of(dlsym(RTLD_DEFAULT, library))) return nullptr;
  }
  return reinterpret_cast<Xerbla>(found);
}

}  // namespace

void xerbla(const std::string& routine, std::int64_t position) {
  static const Xerbla programs = programs_xerbla();
  // A 32-bit integer lies in the first half of a 64-bit one: one call serves both kinds.
  if (programs != nullptr) return programs(routine.c_str(), &position, routine.size());
  std::fprintf(stderr, " ** On entry to %s, parameter number %lld had an illegal value\n",
               routine.c_str(), static_cast<long long>(position));
}

}  // namespace eckart::lapack
