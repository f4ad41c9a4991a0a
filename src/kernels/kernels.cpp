#include "kernels/kernels.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "kernels/bodies.hpp"

namespace eckart::kernels {
namespace {

template <class Real>
Scan<Real> scan_base(index_t n, const Real* x) {
  return scan_body(n, x);
}
template <class T>
double shifted_energy_base(index_t n, const T* x, T shift, double scale) {
  return shifted_energy_body(n, x, shift, scale);
}
template <class T>
void spmm_base(const SpmmRows<T>& rows) {
  spmm_body(rows);
}

template <class Real>
[[gnu::target("arch=x86-64-v3")]] Scan<Real> scan_v3(index_t n, const Real* x) {
  return scan_body(n, x);
}
template <class T>
[[gnu::target("arch=x86-64-v3")]] double shifted_energy_v3(index_t n,
                                                           const T* x,
                                                           T shift,
                                                           double scale) {
  return shifted_energy_body(n, x, shift, scale);
}
template <class T>
[[gnu::target("arch=x86-64-v3")]] void spmm_v3(const SpmmRows<T>& rows) {
  spmm_body(rows);
}

template <class Real>
[[gnu::target("arch=x86-64-v4")]] Scan<Real> scan_v4(index_t n, const Real* x) {
  return scan_body(n, x);
}
template <class T>
[[gnu::target("arch=x86-64-v4")]] double shifted_energy_v4(index_t n,
                                                           const T* x,
                                                           T shift,
                                                           double scale) {
  return shifted_energy_body(n, x, shift, scale);
}
template <class T>
[[gnu::target("arch=x86-64-v4")]] void spmm_v4(const SpmmRows<T>& rows) {
  spmm_body(rows);
}

enum class Isa { base, v3, v4 };

Isa choose_isa() {
  __builtin_cpu_init();
  Isa best = Isa::base;
  if (__builtin_cpu_supports("x86-64-v3")) best = Isa::v3;
  if (__builtin_cpu_supports("x86-64-v4")) best = Isa::v4;
  const char* name = std::getenv("ECKART_ISA");
  const std::string_view asked = name != nullptr ? name : "v4";
  return std::min(best, asked == "base" ? Isa::base : asked == "v3" ? Isa::v3 : Isa::v4);
}

Isa isa() {
  static const Isa chosen = choose_isa();
  return chosen;
}

template <class T>
Kernels<T> make_kernels() {
  using Real = real_t<T>;
  switch (isa()) {
    case Isa::v4:
      return {scan_v4<Real>, shifted_energy_v4<T>, spmm_v4<T>};
    case Isa::v3:
      return {scan_v3<Real>, shifted_energy_v3<T>, spmm_v3<T>};
    case Isa::base:
      break;
  }
  return {scan_base<Real>, shifted_energy_base<T>, spmm_base<T>};
}

}  // namespace

template <class T>
const Kernels<T>& kernels() {
  static const Kernels<T> chosen = make_kernels<T>();
  return chosen;
}

const char* isa_level() {
  switch (isa()) {
    case Isa::v4:
      return "v4";
    case Isa::v3:
      return "v3";
    case Isa::base:
      break;
  }
  return "base";
}

template const Kernels<float>& kernels();
template const Kernels<double>& kernels();
template const Kernels<std::complex<float>>& kernels();
template const Kernels<std::complex<double>>& kernels();

}  // namespace eckart::kernels
