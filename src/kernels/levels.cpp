#include "kernels/levels.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace eckart::kernels {
namespace {

Level choose_level() {
  Level best = Level::base;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v3")) best = Level::v3;
  if (__builtin_cpu_supports("x86-64-v4")) best = Level::v4;
#endif
  const char* name = std::getenv("ECKART_ISA");
  const std::string_view asked = name != nullptr ? name : "v4";
  return std::min(best, asked == "base" ? Level::base : asked == "v3" ? Level::v3 : Level::v4);
}

}  // namespace

Level level() {
  static const Level chosen = choose_level();
  return chosen;
}

}  // namespace eckart::kernels
