// Sums of lines and within lines against plain loops in double, at the level of this process.
#include "kernels/sketch.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace eckart::kernels {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

template <class Real>
std::vector<Real> numbers(index_t count, int salt) {
  std::vector<Real> v(at(count));
  for (std::size_t i = 0; i < v.size(); ++i) {
    v[i] = static_cast<Real>(std::sin(1.7 * static_cast<double>(i) + salt));
  }
  return v;
}

std::vector<std::int32_t> places(index_t count, index_t cols) {
  std::vector<std::int32_t> v(at(count));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<std::int32_t>((i * 7) % at(cols));
  return v;
}

template <class Real>
class Sketch : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(Sketch, Reals);

TYPED_TEST(Sketch, AddsLinesToTheColumnsOfTheirEntries) {
  using Real = TypeParam;
  constexpr index_t cols = 5, per_row = 3;
  for (const index_t length : {index_t{1}, index_t{2}, index_t{37}, line_piece<Real>}) {
    for (const bool conjugated : {false, true}) {
      if (conjugated && length % 2 == 1) continue;
      const index_t lines = 11, lda = length + 3, ldc = length + 1;
      const std::vector<Real> A = numbers<Real>(lda * lines, 1);
      const std::vector<Real> values = numbers<Real>(per_row * lines, 2);
      const std::vector<std::int32_t> columns = places(per_row * lines, cols);
      std::vector<Real> C(at(ldc * cols), Real{2});
      combine_lines<Real>({length, lines, conjugated, A.data(), lda, per_row, columns.data(),
                           values.data(), C.data(), ldc});
      for (index_t c = 0; c < cols; ++c) {
        for (index_t r = 0; r < length; ++r) {
          double sum = 2;
          for (index_t i = 0; i < lines; ++i) {
            for (index_t e = i * per_row; e < (i + 1) * per_row; ++e) {
              const double sign = conjugated && r % 2 == 1 ? -1 : 1;
              if (columns[at(e)] == c)
                sum += sign * double(values[at(e)]) * double(A[at(r + i * lda)]);
            }
          }
          ASSERT_TRUE(std::abs(sum - double(C[at(r + c * ldc)])) <=
                      40 * std::numeric_limits<Real>::epsilon());
        }
        ASSERT_EQ(C[at(length + c * ldc)], Real{2});
      }
    }
  }
}

TYPED_TEST(Sketch, AddsEntriesWithinLinesSideBySide) {
  using Real = TypeParam;
  constexpr index_t cols = 6, per_row = 2, lanes = line_lanes<Real>;
  for (const index_t length : {1, 16, 35}) {
    for (const index_t reals : {1, 2}) {
      for (const index_t lines : {index_t{1}, index_t{7}, lanes / reals}) {
        const bool conjugated = reals == 2 && lines != 7;
        const index_t lda = reals * length + 2;
        const std::vector<Real> A = numbers<Real>(lda * lines, 3);
        const std::vector<Real> values = numbers<Real>(per_row * length, 4);
        const std::vector<std::int32_t> columns = places(per_row * length, cols);
        std::vector<Real> sums(at(lanes * cols), Real{1});
        combine_within_lines<Real>({length, lines, reals, conjugated, A.data(), lda, per_row,
                                    columns.data(), values.data(), sums.data()});
        for (index_t c = 0; c < cols; ++c) {
          for (index_t l = 0; l < lines; ++l) {
            for (index_t part = 0; part < reals; ++part) {
              double sum = 1;
              for (index_t e = 0; e < per_row * length; ++e) {
                if (columns[at(e)] != c) continue;
                const double sign = conjugated && part == 1 ? -1 : 1;
                sum += sign * double(values[at(e)]) *
                       double(A[at(e / per_row * reals + part + l * lda)]);
              }
              ASSERT_TRUE(std::abs(sum - double(sums[at(part * lanes / 2 + l + c * lanes)])) <=
                          40 * std::numeric_limits<Real>::epsilon())
                  << length << " " << reals << " " << lines;
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace eckart::kernels
