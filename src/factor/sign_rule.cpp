#include "factor/sign_rule.hpp"

#include <cmath>
#include <limits>

#include "core/parallel.hpp"

namespace eckart::factor {
namespace {

// Returns the index of the entry that decides; -1 for a column of zeros.
template <Scalar T>
index_t deciding_entry(const T* v, index_t n) {
  using Real = real_t<T>;
  Real largest = 0;
  for (index_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(v[i]));
  const Real tie = largest * (1 - std::sqrt(std::numeric_limits<Real>::epsilon()));
  for (index_t i = 0; i < n && largest > 0; ++i) {
    if (std::abs(v[i]) >= tie) return i;
  }
  return -1;
}

// Returns z / |z|. In more digits, so that columns keep their lengths but for one rounding.
template <Scalar T>
T unit_phase(T z) {
  if constexpr (is_complex<T>) {
    const auto re = static_cast<long double>(z.real());
    const auto im = static_cast<long double>(z.imag());
    const long double modulus = std::hypot(re, im);
    return {static_cast<real_t<T>>(re / modulus), static_cast<real_t<T>>(im / modulus)};
  } else {
    return z < 0 ? T{-1} : T{1};
  }
}

}  // namespace

template <Scalar T>
void apply_sign_rule(MatrixView<T> U, MatrixView<T> V, index_t k, const Context& context) {
  core::for_each_chunk(k, 4, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = first; j < last; ++j) {
      const index_t decides = deciding_entry(V.column(j), V.rows);
      if (decides < 0) continue;
      const T entry = V(decides, j);
      const real_t<T> modulus = std::abs(entry);
      if (entry == T{modulus}) continue;
      const T turn = unit_phase(conjugate(entry));
      for (index_t i = 0; i < V.rows; ++i) V(i, j) *= turn;
      for (index_t i = 0; i < U.rows; ++i) U(i, j) *= turn;
      V(decides, j) = modulus;  // real, without the rounding of the product
    }
  });
}

template void apply_sign_rule(MatrixView<float>, MatrixView<float>, index_t, const Context&);
template void apply_sign_rule(MatrixView<double>, MatrixView<double>, index_t, const Context&);
template void apply_sign_rule(MatrixView<std::complex<float>>,
                              MatrixView<std::complex<float>>,
                              index_t,
                              const Context&);
template void apply_sign_rule(MatrixView<std::complex<double>>,
                              MatrixView<std::complex<double>>,
                              index_t,
                              const Context&);

}  // namespace eckart::factor
