#include "apps/refinement.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "eckart/dense_svd.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart::apps {
namespace {

// Whatever decomposition corrects, as long as it is near enough, the limit is the solution of the
// problem: here the factors belong to a matrix that is off by 1e-4.
TEST(Refinement, ConvergesToTheProblemAndNotToItsFactors) {
  const Matrix<double> A = cases::gaussian<double>(10, 3, 1);
  Matrix<double> near = A.clone();
  const Matrix<double> off = cases::gaussian<double>(10, 3, 2);
  for (index_t i = 0; i < 30; ++i) near.data()[i] += 1e-4 * off.data()[i];
  const SvdResult<double> factors = dense_svd(*make_operator(std::as_const(near).view()));
  const std::vector<double> x = {1, -2, 3}, none;
  Matrix<double> b(10, 1), z(3, 1), r(10, 1);
  for (index_t i = 0; i < 10; ++i) {
    long double sum = 0;
    for (index_t j = 0; j < 3; ++j) sum += static_cast<long double>(A(i, j)) * x[std::size_t(j)];
    b(i, 0) = double(sum);
  }
  const RefinementProblem<double> problem{A.view(), {}, none, none, factors};
  const RefinementOutcome first =
      refine(problem, b.data(), false, z.data(), r.data(), default_context());
  EXPECT_EQ(first.steps, 0);
  EXPECT_TRUE(std::abs(z(0, 0) - 1) >= 1e-6) << "the factors alone are off";
  const RefinementOutcome all =
      refine(problem, b.data(), true, z.data(), r.data(), default_context());
  EXPECT_TRUE(all.converged);
  EXPECT_GE(all.steps, 4);
  for (index_t j = 0; j < 3; ++j) EXPECT_TRUE(std::abs(z(j, 0) - x[std::size_t(j)]) <= 1e-14);
}

TEST(Refinement, WithFactorsOfAnotherMatrixItStopsAtTheFirstSolution) {
  const Matrix<double> A = cases::gaussian<double>(10, 3, 1),
                       other = cases::gaussian<double>(10, 3, 7);
  const SvdResult<double> factors = dense_svd(*make_operator(other.view()));
  const std::vector<double> none;
  const Matrix<double> b = cases::gaussian<double>(10, 1, 3);
  Matrix<double> plain(3, 1), z(3, 1), r(10, 1);
  const RefinementProblem<double> problem{A.view(), {}, none, none, factors};
  (void)refine(problem, b.data(), false, plain.data(), r.data(), default_context());
  const RefinementOutcome outcome =
      refine(problem, b.data(), true, z.data(), r.data(), default_context());
  EXPECT_FALSE(outcome.converged);
  if (outcome.steps == 0) {
    for (index_t j = 0; j < 3; ++j) EXPECT_EQ(z(j, 0), plain(j, 0));
  }
}

}  // namespace
}  // namespace eckart::apps
