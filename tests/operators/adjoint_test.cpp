#include "eckart/operators.hpp"
#include "tests/operators/operator_testing.hpp"

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
}

}  // namespace
}  // namespace eckart::operators
