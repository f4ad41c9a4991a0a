#include "kernels/kernels.hpp"

#include "kernels/bodies.hpp"
#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

template <class Real>
struct ScanKernel {
  [[gnu::always_inline]] static Scan<Real> run(index_t n, const Real* x) { return scan_body(n, x); }
};
template <class T>
struct ShiftedEnergyKernel {
  [[gnu::always_inline]] static double run(index_t n, const T* x, T shift, double scale) {
    return shifted_energy_body(n, x, shift, scale);
  }
};

template <class Real>
struct AddEnergiesKernel {
  [[gnu::always_inline]] static void run(
      index_t n, const Real* x, const double* shift, const double* scale, double* sums) {
#pragma omp simd
    for (index_t i = 0; i < n; ++i) {
      const double entry = scale[i] * (static_cast<double>(x[i]) - shift[i]);
      sums[i] += entry * entry;
    }
  }
};

// Returns the kernel compiled for the level in use.
template <class Kernel, class... Args>
auto chosen() -> decltype(&run_base<Kernel, Args...>) {
  switch (level()) {
    case Level::v4:
      return run_v4<Kernel, Args...>;
    case Level::v3:
      return run_v3<Kernel, Args...>;
    case Level::base:
      break;
  }
  return run_base<Kernel, Args...>;
}

}  // namespace

template <class T>
const Kernels<T>& kernels() {
  using Real = real_t<T>;
  static const Kernels<T> table = {
      chosen<ScanKernel<Real>, index_t, const Real*>(),
      chosen<ShiftedEnergyKernel<T>, index_t, const T*, T, double>(),
      chosen<AddEnergiesKernel<Real>, index_t, const Real*, const double*, const double*,
             double*>(),
  };
  return table;
}

const char* isa_level() {
  switch (level()) {
    case Level::v4:
      return "v4";
    case Level::v3:
      return "v3";
    case Level::base:
      break;
  }
  return "base";
}

template const Kernels<float>& kernels();
template const Kernels<double>& kernels();
template const Kernels<std::complex<float>>& kernels();
template const Kernels<std::complex<double>>& kernels();

}  // namespace eckart::kernels
