#include <algorithm>
#include <cstring>

#include "tests/kernels/batch_testing.hpp"

namespace eckart::kernels {
namespace {

template <class T>
class BatchQr : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(BatchQr, Reals);

// A bidiagonal matrix in each lane, and what became of it.
template <class Real>
struct Bidiagonals {
  index_t n;
  Matrix<Real> d;
  Matrix<Real> e;  // a column before the first and behind the last
  Matrix<Real> d_given;
  Matrix<Real> e_given;
  OwnedPack<Real> X;
  OwnedPack<Real> Y;
  bool converged[lanes<Real>] = {};

  explicit Bidiagonals(index_t size)
      : n(size), d(lanes<Real>, size), e(lanes<Real>, size + 1), X(size, size), Y(size, size) {}
  Real& diagonal(index_t l, index_t k) { return d(l, k); }
  Real& above(index_t l, index_t k) { return e(l, k + 1); }

  void solve(bool vectors = true) {
    d_given = d.clone();
    e_given = e.clone();
    Matrix<Real> scratch(bidiagonal_qr_scratch<Real>(n), 1);
    const Pack<Real> none;
    bidiagonal_qr<Real>(n, d.data(), e.data() + lanes<Real>, vectors ? X.pack : none,
                        vectors ? Y.pack : none, scratch.data(), converged);
  }

  // Checks B = X diag(d) Y^T and both orthogonalities in every lane.
  void expect_solved(const char* what) const {
    for (index_t l = 0; l < lanes<Real>; ++l) {
      double norm = 0;
      Matrix<Real> B(n, n);
      for (index_t k = 0; k < n; ++k) {
        B(k, k) = d_given(l, k);
        if (k + 1 < n) B(k, k + 1) = e_given(l, k + 1);
        norm = std::max({norm, static_cast<double>(std::abs(B(k, k))),
                         k + 1 < n ? static_cast<double>(std::abs(B(k, k + 1))) : 0});
      }
      const double bound = 5 * eps<Real>() * static_cast<double>(n);
      const auto S = [&](index_t i, index_t j) { return i == j ? d(l, i) : Real{0}; };
      EXPECT_TRUE(converged[l]) << what;
      EXPECT_TRUE(product_defect(B, X.matrix(l), S, Y.matrix(l)) <= 2 * bound * norm) << what;
      EXPECT_TRUE(orthogonality_defect(X.matrix(l)) <= bound) << what;
      EXPECT_TRUE(orthogonality_defect(Y.matrix(l)) <= bound) << what;
    }
  }
};

// base^-k
template <class Real>
Real power(int base, index_t k) {
  return std::pow(static_cast<Real>(base), -static_cast<Real>(k));
}

template <class Real>
Bidiagonals<Real> gaussian(index_t n) {
  Bidiagonals<Real> B(n);
  core::fill_gaussian(B.d.view(), 5, 0, 0, Context(1));
  core::fill_gaussian(B.e.view(), 5, 1, 0, Context(1));
  return B;
}

TYPED_TEST(BatchQr, DecomposesRandomBidiagonalMatricesOfEverySize) {
  for (const index_t n : {1, 2, 3, 7, 8, 16, 33}) {
    auto B = gaussian<TypeParam>(n);
    B.solve();
    B.expect_solved("gaussian");
  }
}

TYPED_TEST(BatchQr, DecomposesMatricesThatSplitAndThatAreSingular) {
  using Real = TypeParam;
  auto B = gaussian<Real>(12);
  for (index_t k = 0; k < 12; ++k) {
    if (k % 4 == 3) B.above(1, k) = 0;     // blocks
    B.diagonal(2, k) = 0;                  // nilpotent
    if (k == 5) B.diagonal(3, k) = 0;      // singular inside
    if (k == 11) B.diagonal(4, k) = 0;     // and at the end
    if (k == 0) B.diagonal(5, k) = 0;      // and at the start
    B.diagonal(6, k) = B.above(6, k) = 1;  // known spectrum
    B.diagonal(7, k) = B.above(7, k) = 0;  // zero
    if (lanes < Real >> 8) {
      B.above(8, k) = 0;  // diagonal
      B.diagonal(9, k) = power<Real>(20, k);
      B.above(9, k) = power<Real>(20, k);  // graded
      B.diagonal(10, k) = power<Real>(20, 11 - k);
      B.above(10, k) = power<Real>(20, 11 - k);  // the other way
    } else {
      B.diagonal(0, k) = power<Real>(100, 11 - k);
      B.above(0, k) = power<Real>(100, 11 - k);
    }
  }
  B.solve();
  B.expect_solved("special");
  // sigma_k = 2 cos(k pi / (2 n + 1)) for ones on both diagonals.
  std::vector<double> values;
  for (index_t k = 0; k < 12; ++k) values.push_back(std::abs(static_cast<double>(B.d(6, k))));
  std::sort(values.rbegin(), values.rend());
  for (index_t k = 0; k < 12; ++k) {
    const double exact = 2 * std::cos(static_cast<double>(k + 1) * std::acos(-1.0) / 25);
    EXPECT_TRUE(std::abs(values[static_cast<std::size_t>(k)] - exact) <= 20 * eps<Real>());
  }
}

TYPED_TEST(BatchQr, ValuesAloneAreTheSameBits) {
  auto with = gaussian<TypeParam>(20);
  auto without = gaussian<TypeParam>(20);
  with.solve();
  without.solve(false);
  EXPECT_EQ(std::memcmp(with.d.data(), without.d.data(),
                        static_cast<std::size_t>(20 * lanes<TypeParam>) * sizeof(TypeParam)),
            0);
}

TYPED_TEST(BatchQr, NotANumberEndsAndIsNotCalledConverged) {
  auto B = gaussian<TypeParam>(9);
  B.above(2, 4) = std::numeric_limits<TypeParam>::quiet_NaN();
  B.solve();
  EXPECT_FALSE(B.converged[2]);
  EXPECT_TRUE(B.converged[1]);
}

}  // namespace
}  // namespace eckart::kernels
