#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/operators/operator_testing.hpp"

namespace eckart::operators {
namespace {

template <class T>
class Sparse : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Sparse, Scalars);

template <Scalar T>
SparseMatrix<T> compressed(const Matrix<T>& A) {
  std::vector<Triplet<T>> triplets;
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      if (A(i, j) != T{0}) triplets.push_back({i, j, A(i, j)});
    }
  }
  return from_triplets(A.rows(), A.cols(), std::move(triplets));
}

TYPED_TEST(Sparse, StandsForItsMatrix) {
  for (const auto& [m, n] : {std::pair{40, 25}, std::pair{6000, 4}, std::pair{3, 300}}) {
    const Matrix<TypeParam> A = gaussian_with_zeros<TypeParam>(m, n);
    const SparseMatrix<TypeParam> S = compressed(A);
    const auto op = make_operator(S);
    expect_behaves_as(*op, A, 20);
    EXPECT_EQ(op->entries_per_product(), S.stored_entries());
    EXPECT_EQ(op->storage(), Storage::sparse);
  }
}

TYPED_TEST(Sparse, ColumnEnergiesUnderAMapCountTheZerosToo) {
  using T = TypeParam;
  const Matrix<T> A = gaussian_with_zeros<T>(23, 11);
  const SparseMatrix<T> S = compressed(A);
  const auto sparse = make_operator(S);
  const auto dense = make_operator<T>(A.view());
  Context context(1);
  for (const bool rows_too : {false, true}) {
    AffineMap<T> map;
    for (index_t j = 0; j < 11; ++j) {
      map.column_shift.push_back(T(real_t<T>(0.1) * real_t<T>(j)));
      map.column_scale.push_back(real_t<T>(1) + real_t<T>(j));
    }
    for (index_t i = 0; i < 23; ++i) {
      map.row_scale.push_back(real_t<T>(0.5) + real_t<T>(i % 3));
      if (rows_too) map.row_shift.push_back(T(real_t<T>(0.05) * real_t<T>(i)));
    }
    const auto expected = dense->column_energies(map, context);
    const auto got = sparse->column_energies(map, context);
    for (std::size_t j = 0; j < 11; ++j) {
      EXPECT_TRUE(std::abs(got[j] - expected[j]) <= 1e-12 * std::max(1.0, expected[j]) ||
                  sizeof(real_t<T>) == 4);
      EXPECT_TRUE(std::abs(got[j] - expected[j]) <= 1e-5 * std::max(1.0, expected[j]));
    }
  }
}

TYPED_TEST(Sparse, TheScanNamesThePlaceOfANonFiniteEntry) {
  using T = TypeParam;
  SparseMatrix<T> S = from_triplets<T>(5, 6, {{0, 0, T{1}}, {3, 2, T{2}}, {3, 5, T{3}}});
  S.values[2] = std::numeric_limits<real_t<T>>::quiet_NaN();
  Context context(1);
  const EntryScan scan = make_operator(S)->scan(context);
  EXPECT_EQ(scan.nonfinite_row, 3);
  EXPECT_EQ(scan.nonfinite_col, 5);
}

TEST(SparseDouble, RefusesABrokenMatrix) {
  SparseMatrix<double> S = from_triplets<double>(2, 2, {{0, 0, 1.0}});
  S.columns[0] = 7;
  EXPECT_THROW((void)make_operator(S), InvalidArgument);
}

}  // namespace
}  // namespace eckart::operators
