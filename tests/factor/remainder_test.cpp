#include "factor/remainder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "eckart/operators.hpp"

namespace eckart::factor {
namespace {

// diag(n, n - 1, ..., 1) as an m x n matrix.
Matrix<double> falling(index_t m, index_t n) {
  Matrix<double> A(m, n);
  for (index_t i = 0; i < n; ++i) A(i, i) = static_cast<double>(n - i);
  return A;
}

// The probe of A - sigma e_i e_i^H.
Remainder<double> probe_without(const Matrix<double>& A, index_t i, SvdReport& report) {
  const auto op = make_operator<double>(A.view());
  Matrix<double> U(A.rows(), 1);
  Matrix<double> V(A.cols(), 1);
  U(i, 0) = V(i, 0) = 1;
  const std::vector<double> sigma = {A(i, i)};
  Context context(1);
  return probe_remainder<double>(*op, std::as_const(U).view(), sigma, std::as_const(V).view(), 6, 1,
                                 context, report);
}

TEST(Remainder, OfAFewColumnsIsLookedAtWhole) {
  SvdReport report;
  const auto remainder = probe_without(falling(30, 10), 1, report);  // the first is missing
  EXPECT_TRUE(std::abs(remainder.seen - 10) <= 1e-14);
  EXPECT_TRUE(remainder.upper >= 10);
  EXPECT_TRUE(std::abs(remainder.directions(0, 0)) >= 1 - 1e-14);
  EXPECT_TRUE(missed_triplet<double>(remainder, std::vector<double>{9}, 1e-10, 0));
}

TEST(Remainder, OfManyColumnsIsSeenByAFewLanczosSteps) {
  Matrix<double> A = falling(60, 40);
  A(0, 0) = 80;
  SvdReport report;
  const auto missed = probe_without(A, 1, report);
  EXPECT_TRUE(missed.seen <= 80 * (1 + 1e-14));
  EXPECT_TRUE(missed.seen >= 79.9);
  EXPECT_TRUE(missed.upper >= 80);
  EXPECT_EQ(report.products, 6 + 9 * 4);
  const auto found = probe_without(A, 0, report);
  EXPECT_TRUE(found.seen <= 39 * (1 + 1e-14));
  EXPECT_TRUE(found.seen >= 36);
  EXPECT_TRUE(!missed_triplet<double>(found, std::vector<double>{80}, 1e-10, 0));
}

TEST(Remainder, SeesTheSizeOfAllThatIsLeft) {
  SvdReport report;
  const auto remainder = probe_without(falling(60, 40), 0, report);
  const double squares = 39.0 * 40 * 79 / 6;  // of 1 to 39
  EXPECT_TRUE(remainder.frobenius >= 0.6 * std::sqrt(squares));
  EXPECT_TRUE(remainder.frobenius <= 1.5 * std::sqrt(squares));
}

TEST(Remainder, NothingAboveTheLastValueIsMissedWithinTheAccuracy) {
  Remainder<double> remainder;
  const std::vector<double> sigma = {10, 4};
  remainder.seen = 4 + 0.019;  // twice the accuracy, of the largest
  EXPECT_FALSE(missed_triplet<double>(remainder, sigma, 1e-3, 0));
  remainder.seen = 4 + 0.021;
  EXPECT_TRUE(missed_triplet<double>(remainder, sigma, 1e-3, 0));
  EXPECT_FALSE(missed_triplet<double>(remainder, sigma, 1e-3, 0.001));
  remainder.seen = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(missed_triplet<double>(remainder, sigma, 1e-3, 0));
  EXPECT_FALSE(missed_triplet<double>(remainder, {}, 1e-3, 0));
}

}  // namespace
}  // namespace eckart::factor
