#include "tests/kernels/batch_testing.hpp"
#include "tests/oracles/svd_check.hpp"

namespace eckart::kernels {
namespace {

template <class T>
class BatchTransfer : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(BatchTransfer, Scalars);

template <class T>
std::vector<T> gaussian(index_t n) {
  std::vector<T> x(static_cast<std::size_t>(n));
  core::fill_gaussian(MatrixView<T>{x.data(), n, 1, n}, 3, 0, 0, Context(1));
  return x;
}

TYPED_TEST(BatchTransfer, GathersByStridesAndConjugates) {
  using T = TypeParam;
  constexpr index_t count = 3;
  const std::vector<T> x = gaussian<T>(count * 50);
  const Scattered<const T> from{x.data(), count, 7, 2, 50, true};
  OwnedPack<T> A = gaussian_pack<T>(5, 4);
  gather<T>(from, A.pack);
  for (index_t l = 0; l < lanes<T>; ++l) {
    for (index_t j = 0; j < 4; ++j) {
      for (index_t i = 0; i < 5; ++i) {
        const T expected =
            l < count ? conjugate(x[static_cast<std::size_t>(l * 50 + i * 7 + j * 2)]) : T{0};
        EXPECT_EQ(A.get(l, i, j), expected);
      }
    }
  }
}

TYPED_TEST(BatchTransfer, ScalesEachMatrixByItsOwnPowerOfTwo) {
  using T = TypeParam;
  using Real = real_t<T>;
  const int exponents[] = {std::numeric_limits<Real>::min_exponent - 10, -3, 0,
                           std::numeric_limits<Real>::max_exponent - 4};
  constexpr index_t count = 6;
  std::vector<T> x(count * 6, T{0});
  for (std::size_t b = 0; b < 4; ++b) {
    for (std::size_t i = 0; i < 6; ++i) {
      x[6 * b + i] = std::ldexp(static_cast<Real>(i + 1), exponents[b]);
    }
  }
  x[6 * 5 + 2] = std::numeric_limits<Real>::infinity();
  OwnedPack<T> A(3, 2);
  int found[lanes<T>];
  bool finite[lanes<T>];
  gather_scaled<T>({x.data(), count, 1, 3, 6}, A.pack, found, finite);
  for (index_t b = 0; b < 4; ++b) {
    EXPECT_TRUE(finite[b]);
    EXPECT_EQ(found[b], exponents[b] + 2);  // the largest entry is 6 2^exponent
    for (index_t i = 0; i < 6; ++i) {
      EXPECT_EQ(A.get(b, i % 3, i / 3), T(static_cast<Real>(i + 1) / 4));
    }
  }
  EXPECT_TRUE(finite[4]);  // zero
  EXPECT_FALSE(finite[5]);
  for (index_t i = 0; i < 6; ++i) EXPECT_EQ(A.get(5, i % 3, i / 3), T{0});
}

TYPED_TEST(BatchTransfer, ScattersColumnsInTheOrderOfEachLane) {
  using T = TypeParam;
  constexpr index_t count = 5;
  const OwnedPack<T> A = gaussian_pack<T>(4, 3);
  std::vector<index_t> order(static_cast<std::size_t>(3 * lanes<T>));
  for (index_t l = 0; l < lanes<T>; ++l) {
    for (index_t j = 0; j < 3; ++j) {
      order[static_cast<std::size_t>(j * lanes<T> + l)] = (j + l) % 3;
    }
  }
  std::vector<T> x(count * 20, T{7});
  scatter<T>(A.pack, order.data(), {x.data(), count, 3, 1, 20, true});
  for (index_t l = 0; l < count; ++l) {
    for (index_t j = 0; j < 3; ++j) {
      for (index_t i = 0; i < 4; ++i) {
        EXPECT_EQ(x[static_cast<std::size_t>(20 * l + 3 * i + j)],
                  conjugate(A.get(l, i, (j + l) % 3)));
      }
    }
    EXPECT_EQ(x[static_cast<std::size_t>(20 * l + 12)], T{7});  // between the matrices
  }
}

TYPED_TEST(BatchTransfer, OrientsColumnsByTheSignRuleAndKeepsTheirProduct) {
  using T = TypeParam;
  using Real = real_t<T>;
  constexpr index_t n = 6;
  OwnedPack<T> V = gaussian_pack<T>(n, n, 1);
  OwnedPack<T> U = gaussian_pack<T>(9, 7, 2);
  // Ties: the first of two entries that are equal but for rounding decides.
  V.set(0, 1, 0, T{-20});
  V.set(0, 4, 0, T{20} * (1 + 2 * std::numeric_limits<Real>::epsilon()));
  Matrix<Real> d(lanes<T>, n);
  core::fill_gaussian(d.view(), 6, 0, 0, Context(1));
  std::vector<Matrix<T>> before;
  for (index_t l = 0; l < lanes<T>; ++l) before.push_back(U.matrix(l));
  std::vector<Matrix<T>> V_before;
  for (index_t l = 0; l < lanes<T>; ++l) V_before.push_back(V.matrix(l));
  const Matrix<Real> d_before = d.clone();
  orient<T>(n, d.data(), V.pack, U.pack);
  EXPECT_TRUE(std::real(V.get(0, 1, 0)) == 20);
  for (index_t l = 0; l < lanes<T>; ++l) {
    const auto lane = static_cast<std::size_t>(l);
    const Matrix<T> turned = V.matrix(l);
    EXPECT_TRUE(oracles::follows_sign_rule<T>(turned.view(), n));
    for (index_t k = 0; k < n; ++k) {
      EXPECT_EQ(d(l, k), std::abs(d_before(l, k)));
      for (index_t i = 0; i < 9; ++i) {
        for (index_t j = 0; j < n; ++j) {
          const auto old = widen(before[lane](i, k)) * static_cast<long double>(d_before(l, k)) *
                           std::conj(widen(V_before[lane](j, k)));
          const auto now = widen(U.get(l, i, k)) * static_cast<long double>(d(l, k)) *
                           std::conj(widen(V.get(l, j, k)));
          EXPECT_TRUE(std::abs(old - now) <= 10 * eps<T>() * std::abs(old));
        }
      }
    }
    for (index_t i = 0; i < 9; ++i) EXPECT_EQ(U.get(l, i, 6), before[lane](i, 6));  // of no pair
  }
}

}  // namespace
}  // namespace eckart::kernels
