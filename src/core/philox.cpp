#include "core/philox.hpp"

#include <cmath>
#include <numbers>

#include "core/parallel.hpp"

namespace eckart::core {
namespace {

// A uniform number in (0, 1) from 53 of 64 bits: never 0, so that its logarithm is finite.
double uniform(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = ((std::uint64_t{high} << 32) | low) >> 11;
  return (static_cast<double>(bits) + 0.5) * 0x1p-53;
}

struct Pair {
  double first;
  double second;
};

// Two independent standard normal numbers (Box and Muller).
Pair gaussian_pair(std::uint64_t seed, std::uint32_t stream, index_t i, index_t j) {
  const auto row = static_cast<std::uint64_t>(i);
  const auto col = static_cast<std::uint64_t>(j);
  // 48 bits of row, 48 of column, 32 of stream.
  const auto words =
      philox({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(col), stream,
              static_cast<std::uint32_t>(((row >> 32) << 16) ^ (col >> 32))},
             {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  const double radius = std::sqrt(-2 * std::log(uniform(words[0], words[1])));
  const double angle = 2 * std::numbers::pi * uniform(words[2], words[3]);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {
        static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

template <Scalar T>
void fill_gaussian(MatrixView<T> A,
                   std::uint64_t seed,
                   std::uint32_t stream,
                   index_t first_col,
                   const Context& context,
                   index_t first_row) {
  using Real = real_t<T>;
  constexpr index_t rows_per_chunk = 256;
  for_each_chunk(A.rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t j = 0; j < A.cols; ++j) {
      for (index_t i = first; i < last; ++i) {
        if constexpr (is_complex<T>) {
          const Pair g = gaussian_pair(seed, stream, first_row + i, first_col + j);
          A(i, j) = {static_cast<Real>(g.first * std::numbers::sqrt2 / 2),
                     static_cast<Real>(g.second * std::numbers::sqrt2 / 2)};
        } else {
          A(i, j) =
              static_cast<Real>(gaussian_pair(seed, stream, first_row + i, first_col + j).first);
        }
      }
    }
  });
}

template void fill_gaussian(
    MatrixView<float>, std::uint64_t, std::uint32_t, index_t, const Context&, index_t);
template void fill_gaussian(
    MatrixView<double>, std::uint64_t, std::uint32_t, index_t, const Context&, index_t);
template void fill_gaussian(MatrixView<std::complex<float>>,
                            std::uint64_t,
                            std::uint32_t,
                            index_t,
                            const Context&,
                            index_t);
template void fill_gaussian(MatrixView<std::complex<double>>,
                            std::uint64_t,
                            std::uint32_t,
                            index_t,
                            const Context&,
                            index_t);

}  // namespace eckart::core
