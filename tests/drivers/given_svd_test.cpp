#include "eckart/given_svd.hpp"

#include <gtest/gtest.h>

#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart {
namespace {

TEST(GivenSvd, GetsTheSignRuleAndACertificateThatAWrongOneFails) {
  const Matrix<double> A = cases::gaussian<double>(20, 6, 1);
  const auto op = make_operator(A.view());
  Context context(1);
  const SvdResult<double> own = dense_svd(*op, {}, context);
  Matrix<double> U = own.U.clone(), V = own.V.clone();
  for (index_t i = 0; i < 20; ++i) U(i, 2) = -U(i, 2);
  for (index_t j = 0; j < 6; ++j) V(j, 2) = -V(j, 2);
  const SvdResult<double> given =
      given_svd<double>(*op, U.clone(), own.sigma, V.clone(), "another tool", {}, context);
  EXPECT_STREQ(given.report.method.c_str(), "another tool");
  EXPECT_TRUE(given.report.certificate.met);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(given.sigma[i], own.sigma[i]);
  for (index_t j = 0; j < 6; ++j) EXPECT_EQ(given.V(j, 2), own.V(j, 2));
  for (index_t i = 0; i < 20; ++i) EXPECT_EQ(given.U(i, 2), own.U(i, 2));

  V(3, 4) += 1e-3;
  EXPECT_FALSE(given_svd<double>(*op, U.clone(), own.sigma, V.clone(), "another tool", {}, context)
                   .report.certificate.met);
  EXPECT_THROW((void)given_svd<double>(*op, V.clone(), own.sigma, V.clone(), "x", {}, context),
               InvalidArgument);
}

}  // namespace
}  // namespace eckart
