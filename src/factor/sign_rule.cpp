#include "factor/sign_rule.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "core/parallel.hpp"
#include "factor/over_ranks.hpp"

namespace eckart::factor {
namespace {

// Returns for each of the k leading columns the entry that decides: zero for a column of zeros.
template <Scalar T>
std::vector<T> deciding_entries(MatrixView<const T> V,
                                index_t k,
                                const Shard& shard,
                                const Context& context) {
  using Real = real_t<T>;
  const auto count = static_cast<std::size_t>(k);
  std::vector<double> largest(count);
  core::for_each_chunk(k, 4, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = first; j < last; ++j) {
      Real most = 0;
      for (index_t i = 0; i < V.rows; ++i) most = std::max(most, std::abs(V(i, j)));
      largest[static_cast<std::size_t>(j)] = static_cast<double>(most);
    }
  });
  if (!shard.alone()) shard.ranks->max(largest);

  // The first entry that ties with the largest, and how many rows are from it on.
  std::vector<T> entries(count, T{});
  std::vector<double> remaining(count);
  core::for_each_chunk(k, 4, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = first; j < last; ++j) {
      const auto most = static_cast<Real>(largest[static_cast<std::size_t>(j)]);
      const Real tie = most * (1 - std::sqrt(std::numeric_limits<Real>::epsilon()));
      for (index_t i = 0; i < V.rows && most > 0; ++i) {
        if (!(std::abs(V(i, j)) >= tie)) continue;
        entries[static_cast<std::size_t>(j)] = V(i, j);
        remaining[static_cast<std::size_t>(j)] = static_cast<double>(shard.total - shard.first - i);
        break;
      }
    }
  });
  if (shard.alone()) return entries;
  const std::vector<double> here = remaining;
  shard.ranks->max(remaining);
  for (std::size_t j = 0; j < count; ++j) {
    if (here[j] != remaining[j]) entries[j] = T{};
  }
  sum_over_ranks<T>(shard, {entries.data(), k, 1, std::max<index_t>(k, 1)});
  return entries;
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
void apply_sign_rule(
    MatrixView<T> U, MatrixView<T> V, index_t k, const Context& context, const Shard& rows_of_V) {
  const std::vector<T> decides = deciding_entries<T>(V, k, rows_of_V, context);
  core::for_each_chunk(k, 4, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = first; j < last; ++j) {
      const T entry = decides[static_cast<std::size_t>(j)];
      const real_t<T> modulus = std::abs(entry);
      if (entry == T{modulus}) continue;  // as it should be, or a column of zeros
      const T turn = unit_phase(conjugate(entry));
      for (index_t i = 0; i < V.rows; ++i) {
        // Real, without the rounding of the product.
        V(i, j) = V(i, j) == entry ? T{modulus} : V(i, j) * turn;
      }
      for (index_t i = 0; i < U.rows; ++i) U(i, j) *= turn;
    }
  });
}

template void apply_sign_rule(
    MatrixView<float>, MatrixView<float>, index_t, const Context&, const Shard&);
template void apply_sign_rule(
    MatrixView<double>, MatrixView<double>, index_t, const Context&, const Shard&);
template void apply_sign_rule(MatrixView<std::complex<float>>,
                              MatrixView<std::complex<float>>,
                              index_t,
                              const Context&,
                              const Shard&);
template void apply_sign_rule(MatrixView<std::complex<double>>,
                              MatrixView<std::complex<double>>,
                              index_t,
                              const Context&,
                              const Shard&);

}  // namespace eckart::factor
