#include "tests/kernels/batch_testing.hpp"

namespace eckart::kernels {
namespace {

template <class T>
class BatchReflectors : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(BatchReflectors, Scalars);

template <class T>
struct Reduced {
  std::vector<Matrix<T>> A;  // as given
  OwnedPack<T> reflectors;
  Matrix<real_t<T>> d;
  Matrix<real_t<T>> e;
  Matrix<real_t<T>> tau_q;
  Matrix<real_t<T>> tau_p;
};

template <class T>
Reduced<T> reduce(OwnedPack<T> A) {
  const index_t n = A.pack.cols;
  std::vector<Matrix<T>> given;
  for (index_t l = 0; l < lanes<T>; ++l) given.push_back(A.matrix(l));
  Reduced<T> r{std::move(given),
               std::move(A),
               Matrix<real_t<T>>(lanes<T>, n),
               Matrix<real_t<T>>(lanes<T>, n),
               Matrix<real_t<T>>(Pack<T>::entry, n),
               Matrix<real_t<T>>(Pack<T>::entry, n)};
  bidiagonalize<T>(r.reflectors.pack, r.d.data(), r.e.data(), r.tau_q.data(), r.tau_p.data());
  return r;
}

template <class T>
OwnedPack<T> identity_pack(index_t n) {
  OwnedPack<T> I(n, n);
  for (index_t l = 0; l < lanes<T>; ++l) {
    for (index_t i = 0; i < n; ++i) I.set(l, i, i, T{1});
  }
  return I;
}

// Checks A = Q B P^H and both orthogonalities in every lane.
template <class T>
void expect_reduction(const Reduced<T>& r, index_t q_cols) {
  const Pack<T>& A = r.reflectors.pack;
  const index_t n = A.cols;
  const OwnedPack<real_t<T>> X = identity_pack<real_t<T>>(n);
  OwnedPack<T> Q(A.rows, q_cols);
  OwnedPack<T> P(n, n);
  back_transform_left<T>(A, r.tau_q.data(), X.pack, Q.pack);
  back_transform_right<T>(A, r.tau_p.data(), X.pack, P.pack);
  const double bound = 10 * eps<T>() * static_cast<double>(A.rows);
  for (index_t l = 0; l < lanes<T>; ++l) {
    const auto B = [&](index_t i, index_t j) {
      return j == i ? r.d(l, i) : j == i + 1 ? r.e(l, i) : real_t<T>{0};
    };
    EXPECT_TRUE(product_defect(r.A[static_cast<std::size_t>(l)], Q.matrix(l), B, P.matrix(l)) <=
                3 * bound);
    EXPECT_TRUE(orthogonality_defect(Q.matrix(l)) <= bound);
    EXPECT_TRUE(orthogonality_defect(P.matrix(l)) <= bound);
  }
}

TYPED_TEST(BatchReflectors, BidiagonalizesEveryLaneOfEveryShape) {
  using T = TypeParam;
  for (const auto& [m, n] :
       {std::pair<index_t, index_t>{1, 1}, {2, 1}, {2, 2}, {9, 9}, {17, 17}, {20, 11}, {13, 4}}) {
    const auto r = reduce(gaussian_pack<T>(m, n));
    expect_reduction(r, n);
    expect_reduction(r, m);  // all of Q
  }
}

TYPED_TEST(BatchReflectors, BidiagonalizesZeroRowsColumnsAndMatrices) {
  using T = TypeParam;
  OwnedPack<T> A = gaussian_pack<T>(9, 7);
  for (index_t i = 0; i < 9; ++i) A.set(1, i, 0, T{0});
  for (index_t j = 0; j < 7; ++j) A.set(2, 0, j, T{0});
  for (index_t j = 0; j < 7; ++j) {
    for (index_t i = 0; i < 9; ++i) A.set(3, i, j, T{0});
  }
  expect_reduction(reduce(std::move(A)), 9);
}

// Their squares have few digits: taken as they are, they would make reflectors that are not
// orthogonal.
TYPED_TEST(BatchReflectors, StaysOrthogonalWhenColumnsAreNearlyBelowTheRangeOfSquares) {
  using T = TypeParam;
  using Real = real_t<T>;
  const int lowest = std::numeric_limits<Real>::min_exponent;
  for (const int exponent : {lowest / 2 - 3, lowest / 2, lowest / 2 + 12, lowest / 2 + 30}) {
    OwnedPack<T> A = gaussian_pack<T>(8, 6);
    for (index_t j = 2; j < 6; ++j) {
      for (index_t i = 0; i < 8; ++i) {
        A.set(0, i, j, A.get(0, i, j) * std::ldexp(Real{1}, exponent));
      }
    }
    expect_reduction(reduce(std::move(A)), 8);
  }
}

}  // namespace
}  // namespace eckart::kernels
