#include "tests/kernels/batch_testing.hpp"

namespace eckart::kernels {
namespace {

template <class T>
class BatchResiduals : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(BatchResiduals, Scalars);

template <class T>
bool near(real_t<T> got, long double exact, index_t n) {
  const double bound = 10 * static_cast<double>(n) * eps<T>() * static_cast<double>(exact);
  return std::abs(static_cast<double>(got) - static_cast<double>(exact)) <= bound;
}

TYPED_TEST(BatchResiduals, ResidualsFollowTheirDefinition) {
  using T = TypeParam;
  using Real = real_t<T>;
  for (const index_t k : {1, 3, 4, 6}) {
    const OwnedPack<T> A = gaussian_pack<T>(8, 6, 1);
    for (const bool adjoint : {false, true}) {
      const OwnedPack<T> X = gaussian_pack<T>(adjoint ? 8 : 6, k, 2);
      const OwnedPack<T> Y = gaussian_pack<T>(adjoint ? 6 : 8, k, 3);
      Matrix<Real> s(lanes<T>, k);
      core::fill_gaussian(s.view(), 4, 0, 0, Context(1));
      Matrix<Real> squares(lanes<T>, k);
      residual_squares<T>(adjoint, A.pack, X.pack, Y.pack, s.data(), squares.data());
      for (index_t l = 0; l < lanes<T>; ++l) {
        for (index_t j = 0; j < k; ++j) {
          long double exact = 0;
          for (index_t i = 0; i < Y.pack.rows; ++i) {
            auto sum = -widen(Y.get(l, i, j)) * static_cast<long double>(s(l, j));
            for (index_t r = 0; r < X.pack.rows; ++r) {
              sum += widen(adjoint ? conjugate(A.get(l, r, i)) : A.get(l, i, r)) *
                     widen(X.get(l, r, j));
            }
            exact += std::norm(sum);
          }
          EXPECT_TRUE(near<T>(squares(l, j), exact, 8)) << adjoint << " " << l << " " << j;
        }
      }
    }
  }
}

TYPED_TEST(BatchResiduals, OrthogonalityAndNormFollowTheirDefinition) {
  using T = TypeParam;
  for (const index_t k : {1, 2, 4, 5, 7}) {
    const OwnedPack<T> X = gaussian_pack<T>(7, k);
    alignas(64) real_t<T> defect[lanes<T>];
    alignas(64) real_t<T> energy[lanes<T>];
    orthogonality_square<T>(X.pack, defect);
    frobenius_square<T>(X.pack, energy);
    for (index_t l = 0; l < lanes<T>; ++l) {
      long double exact = 0;
      long double norm = 0;
      for (index_t i = 0; i < k; ++i) {
        for (index_t j = 0; j < k; ++j) {
          std::complex<long double> sum = i == j ? -1 : 0;
          for (index_t r = 0; r < 7; ++r)
            sum += std::conj(widen(X.get(l, r, i))) * widen(X.get(l, r, j));
          exact += std::norm(sum);
        }
        for (index_t r = 0; r < 7; ++r) norm += std::norm(widen(X.get(l, r, i)));
      }
      EXPECT_TRUE(near<T>(defect[l], exact, 7));
      EXPECT_TRUE(near<T>(energy[l], norm, 7));
    }
  }
}

}  // namespace
}  // namespace eckart::kernels
