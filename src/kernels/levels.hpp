// One loop, three instruction-set levels. A kernel is a struct with a static function
//   [[gnu::always_inline]] static R run(args...)
// and at_level<Kernel>(level(), args...) calls it compiled for the level.
#pragma once

namespace eckart::kernels {

// x86-64; AVX2 and FMA; AVX-512. Other processors have base alone.
enum class Level { base, v3, v4 };

// Returns the best level that this CPU has, or the lower one asked for by the environment
// variable ECKART_ISA (base, v3, v4).
Level level();

template <class Kernel, class... Args>
auto run_base(Args... args) {
  return Kernel::run(args...);
}

#if defined(__x86_64__)
template <class Kernel, class... Args>
[[gnu::target("arch=x86-64-v3")]] auto run_v3(Args... args) {
  return Kernel::run(args...);
}

template <class Kernel, class... Args>
[[gnu::target("arch=x86-64-v4")]] auto run_v4(Args... args) {
  return Kernel::run(args...);
}
#else
// level() never chooses these.
template <class Kernel, class... Args>
auto run_v3(Args... args) {
  return run_base<Kernel, Args...>(args...);
}

template <class Kernel, class... Args>
auto run_v4(Args... args) {
  return run_base<Kernel, Args...>(args...);
}
#endif

// Only for files of this folder: others are not compiled with the flags of kernels.
template <class Kernel, class... Args>
auto at_level(Level wanted, Args... args) {
  switch (wanted) {
    case Level::v4:
      return run_v4<Kernel>(args...);
    case Level::v3:
      return run_v3<Kernel>(args...);
    case Level::base:
      break;
  }
  return run_base<Kernel>(args...);
}

}  // namespace eckart::kernels
