#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/operators/operator_testing.hpp"
#include "tests/operators/sketch_testing.hpp"

namespace eckart::operators {
namespace {

template <class T>
class Adjoint : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Adjoint, Scalars);

TYPED_TEST(Adjoint, StandsForTheConjugateTranspose) {
  using T = TypeParam;
  const Matrix<T> A = gaussian<T>(18, 11);
  const auto op = make_operator<T>(A.view());
  Matrix<T> AH(11, 18);
  for (index_t j = 0; j < 11; ++j) {
    for (index_t i = 0; i < 18; ++i) AH(j, i) = conjugate(A(i, j));
  }
  expect_behaves_as(*make_adjoint(*op), AH);
  EXPECT_EQ(expect_sketches(*make_adjoint(*op), AH), 1);
}

TYPED_TEST(Adjoint, TellsTheEnergiesOfRowsOfDenseSparseAndShiftedMatrices) {
  using T = TypeParam;
  const SparseMatrix<T> S = cases::random_sparse<T>(17, 6, 2, 3);
  const auto sparse = make_operator(S);
  Matrix<T> A(17, 6);
  sparse->copy_to(A.view(), default_context());
  AffineMap<T> map, shift;
  for (index_t j = 0; j < 6; ++j) {
    map.row_shift.push_back(gaussian<T>(1, 6)(0, j));
    map.row_scale.push_back(static_cast<real_t<T>>(j + 1));
    shift.column_shift.push_back(T{2});
  }
  const auto dense = make_operator(std::as_const(A).view());
  const auto shifted = make_affine(*sparse, shift);
  for (const auto& [op, moved] :
       {std::pair{dense.get(), T{0}}, {sparse.get(), T{0}}, {shifted.get(), T{2}}}) {
    const std::vector<double> energies = make_adjoint(*op)->column_energies(map, default_context());
    ASSERT_EQ(energies.size(), 17U);
    for (index_t i = 0; i < 17; ++i) {
      double expected = 0;
      for (index_t j = 0; j < 6; ++j) {
        const T entry = conjugate(A(i, j) - moved) - map.row_shift[std::size_t(j)];
        expected += std::norm(std::complex<double>(entry)) * double(j + 1) * double(j + 1);
      }
      EXPECT_TRUE(std::abs(energies[std::size_t(i)] - expected) <=
                  200 * std::numeric_limits<real_t<T>>::epsilon() * expected);
    }
  }
}

}  // namespace
}  // namespace eckart::operators
