// The verdicts themselves are tested through eckart::certify in tests/drivers/certify_test.cpp.
#include "factor/certificate.hpp"

#include <gtest/gtest.h>

#include "eckart/operators.hpp"
#include "tests/factor/factor_testing.hpp"

namespace eckart::factor {
namespace {

// diag(9, 8, ..., 1, 0.5) as a 30 x 10 matrix.
Matrix<double> diagonal() {
  Matrix<double> A(30, 10);
  for (index_t i = 0; i < 10; ++i) A(i, i) = i < 9 ? static_cast<double>(9 - i) : 0.5;
  return A;
}

TEST(Certificate, TrueResidualsComeFromTheDefinition) {
  const Matrix<double> A = diagonal();
  const auto op = make_operator<double>(A.view());
  Matrix<double> U(30, 2);
  Matrix<double> V(10, 2);
  U(0, 0) = V(0, 0) = 1;
  U(1, 1) = V(1, 1) = 1;
  const std::vector<double> sigma = {9, 7.5};  // the second is off by 0.5
  Context context(1);
  SvdReport report;
  const auto residuals = true_residuals<double>(*op, std::as_const(U).view(), sigma,
                                                std::as_const(V).view(), context, report);
  EXPECT_EQ(residuals[0], 0);
  EXPECT_TRUE(std::abs(residuals[1] - 0.5) <= 1e-15);
  EXPECT_EQ(report.products, 4);
}

TEST(Certificate, ACompleteFactorizationLeavesNothing) {
  const Matrix<double> A = diagonal();
  const auto op = make_operator<double>(A.view());
  Matrix<double> U(30, 10);
  Matrix<double> V(10, 10);
  std::vector<double> sigma;
  for (index_t i = 0; i < 10; ++i) {
    U(i, i) = V(i, i) = 1;
    sigma.push_back(A(i, i));
  }
  Context context(1);
  SvdReport report;
  fill_certificate<double>(*op, std::as_const(U).view(), sigma, std::as_const(V).view(), {}, {}, -1,
                           context, report);
  const Certificate& certificate = report.certificate;
  EXPECT_TRUE(certificate.met);
  EXPECT_EQ(certificate.residual.value, 0);
  EXPECT_TRUE(certificate.spectral_error.value <= 1e-14);
  EXPECT_TRUE(std::abs(certificate.energy.value - 1) <= 1e-14);
  EXPECT_EQ(certificate.spectral_error.kind, BoundKind::exact);
  EXPECT_EQ(certificate.spectral_error_seen.value, 0);
}

TEST(Certificate, ValuesAloneMustAddUpToTheFrobeniusNorm) {
  const Matrix<double> A = diagonal();
  const auto op = make_operator<double>(A.view());
  std::vector<double> sigma;
  for (index_t i = 0; i < 10; ++i) sigma.push_back(A(i, i));
  Context context(1);
  SvdReport report;
  fill_values_certificate<double>(*op, sigma, 0, context, report);
  EXPECT_TRUE(report.certificate.met);
  sigma[3] *= 1 + 1e-6;
  fill_values_certificate<double>(*op, sigma, 0, context, report);
  EXPECT_FALSE(report.certificate.met);
  ASSERT_EQ(report.certificate.findings.size(), 1U);
}

TEST(Certificate, FrobeniusNormComesFromTheEntries) {
  const Matrix<double> A = diagonal();
  const auto op = make_operator<double>(A.view());
  Context context(1);
  EXPECT_TRUE(std::abs(frobenius_norm(*op, context) - std::sqrt(285.25)) <= 1e-13);
}

}  // namespace
}  // namespace eckart::factor
