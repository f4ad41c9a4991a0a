#include "apps/hand_svd.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>

#include "eckart/error.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart::exact {
namespace {

Matrix<double> rows(std::initializer_list<std::initializer_list<double>> entries) {
  Matrix<double> A(static_cast<index_t>(entries.size()),
                   static_cast<index_t>(entries.begin()->size()));
  index_t i = 0;
  for (const auto& row : entries) {
    index_t j = 0;
    for (const double x : row) A(i, j++) = x;
    ++i;
  }
  return A;
}

HandSvd by_hand(const Matrix<double>& A) { return svd_by_hand(A.view()); }

TEST(HandSvd, TheTextbookExamplesComeOutExactly) {
  const HandSvd svd = by_hand(rows({{3, 2, 2}, {2, 3, -2}}));
  EXPECT_EQ(svd.polynomial, (Polynomial{0, 225, -34, 1}));
  EXPECT_EQ(svd.rank, 2u);
  EXPECT_TRUE(svd.reconstructed);
  EXPECT_EQ(*svd.V[0].exact, (std::vector<Surd>{Rational(1), Rational(1), Rational(0)}));
  EXPECT_EQ(*svd.V[1].exact, (std::vector<Surd>{Rational(1), Rational(-1), Rational(4)}));
  EXPECT_EQ(*svd.V[2].exact, (std::vector<Surd>{Rational(2), Rational(-2), Rational(-1)}));
  EXPECT_EQ(*svd.U[1].exact, (std::vector<Surd>{Rational(1), Rational(-1)}));
}

TEST(HandSvd, FractionsAndSurdsReconstructExactly) {
  for (const auto& A : {rows({{0.1, 0.2}, {0.3, 0.4}}), rows({{1, 1}, {0, 1}}),
                        rows({{1.0 / 3, 2}, {0, 1}, {1, 0}}), rows({{0, 0}, {0, 0}}),
                        rows({{2, 0, 0}, {0, -2, 0}, {0, 0, 2}}), rows({{1, 2}, {2, 4}})}) {
    const HandSvd svd = by_hand(A);
    EXPECT_TRUE(svd.exact_input);
    EXPECT_TRUE(svd.reconstructed);
    for (const Eigenvalue& e : svd.eigenvalues) EXPECT_TRUE(e.exact.has_value());
  }
}

TEST(HandSvd, SingularMatricesOfDoublesHaveTheirTrueRank) {
  // Rank one in binary: the second row is twice the first.
  const HandSvd svd = by_hand(rows({{M_PI, M_E}, {2 * M_PI, 2 * M_E}}));
  EXPECT_FALSE(svd.exact_input);
  EXPECT_EQ(svd.rank, 1u);
  // The double 3π is not thrice the double π.
  EXPECT_EQ(by_hand(rows({{M_PI, M_E}, {3 * M_PI, 3 * M_E}})).rank, 2u);
}

TEST(HandSvd, ExtremeEntriesAreDecomposedOrRefusedNeverWrong) {
  EXPECT_EQ(by_hand(rows({{0x1p-1074}})).rank, 1u);
  EXPECT_EQ(by_hand(rows({{1e150, 1e140}, {-1e100, 1e150}})).rank, 2u);
  EXPECT_THROW(by_hand(rows({{1e300, 1}, {2, 1e-300}})), InvalidArgument);
}

TEST(HandSvd, UAndVAreOrthogonalToTheLastDigit) {
  cases::Random random(5);
  for (int trial = 0; trial < 10; ++trial) {
    Matrix<double> A(1 + random.below(5), 1 + random.below(5));
    for (index_t i = 0; i < A.rows() * A.cols(); ++i) {
      A.data()[i] = static_cast<double>(random.below(7) - 3);
    }
    const HandSvd svd = by_hand(A);
    for (const auto* Q : {&svd.U, &svd.V}) {
      for (std::size_t i = 0; i < Q->size(); ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
          Decimal sum = i == j ? -1 : 0;
          for (std::size_t l = 0; l < Q->size(); ++l) sum += (*Q)[i].unit[l] * (*Q)[j].unit[l];
          EXPECT_TRUE(mp::abs(sum) <= Decimal("1e-200"));
        }
      }
    }
  }
}

}  // namespace
}  // namespace eckart::exact
