#include "eckart/copy.hpp"

#include <gtest/gtest.h>

#include <complex>

namespace eckart {
namespace {

template <class T>
class Copy : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Copy, Scalars);

// Entries that tell their place, with an imaginary part where there can be one.
template <Scalar T>
T entry(index_t i, index_t j) {
  const auto re = static_cast<real_t<T>>(1000 * i + j);
  if constexpr (is_complex<T>) {
    return {re, static_cast<real_t<T>>(i - 2 * j)};
  } else {
    return re;
  }
}

template <Scalar T>
Matrix<T> numbered(index_t rows, index_t cols) {
  Matrix<T> A(rows, cols);
  for (index_t j = 0; j < cols; ++j) {
    for (index_t i = 0; i < rows; ++i) A(i, j) = entry<T>(i, j);
  }
  return A;
}

TYPED_TEST(Copy, PutsEveryEntryInItsPlaceAndTouchesNoOther) {
  using T = TypeParam;
  const Context context(3);
  for (const auto& [m, n] : {std::pair<index_t, index_t>{0, 3},
                             {3, 0},
                             {1, 1},
                             {31, 33},
                             {64, 32},
                             {5, 2100},
                             {2100, 5},
                             {300, 260}}) {
    const Matrix<T> A = numbered<T>(m, n);
    Matrix<T> plain(m + 2, n);
    Matrix<T> turned(n + 1, m);
    copy<T>(A.view(), plain.view().block(0, 0, m, n), context);
    copy_adjoint<T>(A.view(), turned.view().block(0, 0, n, m), context);
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) {
        ASSERT_EQ(plain(i, j), entry<T>(i, j)) << m << " x " << n;
        ASSERT_EQ(turned(j, i), conjugate(entry<T>(i, j))) << m << " x " << n;
      }
      ASSERT_EQ(plain(m, j), T{0});
      ASSERT_EQ(plain(m + 1, j), T{0});
    }
    for (index_t i = 0; i < m; ++i) ASSERT_EQ(turned(n, i), T{0});
  }
}

}  // namespace
}  // namespace eckart
