#include "tests/oracles/reference_svd.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "tests/cases/closed_forms.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/cases/registry.hpp"

namespace eckart {
namespace {

using cases::Known;

// The largest relative error against the closed form.
long double relative_error(const std::vector<long double>& sigma,
                           const std::vector<long double>& exact) {
  long double error = sigma.size() == exact.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(sigma.size(), exact.size()); ++i) {
    if (exact[i] > 0) error = oracles::worst(error, std::abs(sigma[i] - exact[i]) / exact[i]);
  }
  return error;
}

template <Scalar T>
std::vector<long double> reference(const cases::Table& table) {
  return oracles::reference_singular_values<T>(cases::to_matrix<T>(table).view());
}

TEST(ReferenceSvd, AgreesWithClosedFormsBelowDoublePrecision) {
  const Known all[] = {cases::bidiagonal_ones(40),
                       cases::toeplitz_tridiagonal(30, 2, -1),
                       cases::circulant({3, -1, 4, -1, 5, -9, 2, -6, 5, -3, 5}),
                       cases::identity(5, 9),
                       cases::diagonal({1, -3, 2, 1e-200L, 1e250L}),
                       cases::two_by_two(1, 2, 3, 4)};
  for (const Known& known : all) {
    EXPECT_TRUE(relative_error(reference<double>(known.A), known.sigma) <= 1e-16L);
  }
}

TEST(ReferenceSvd, GivesTheSmallValuesOfGradedMatricesRelatively) {
  // s_n = 0.662... under s_1 = 6e26, and 1.2e48: LAPACK misses it by ten orders of magnitude.
  for (const index_t n : {20, 26, 40}) {
    const Known known = cases::companion_demo(n);
    const std::vector<long double> sigma = reference<double>(known.A);
    EXPECT_TRUE(relative_error(sigma, known.sigma) <= 1e-15L);
    EXPECT_TRUE(std::abs(sigma.back() - 0.66232641487188833L) <= 1e-16L);
  }
  EXPECT_TRUE(std::abs(reference<double>(cases::companion_demo(26).A)[0] / 6.0890136958317301e26L -
                       1) <= 1e-16L);
}

// Rows and columns with scales down to 1e-148 around entries that leave every minor well
// conditioned: the values of the adjoint are found by other rotations.
TEST(ReferenceSvd, KeepsItsDigitsForScalesOfRowsAndColumns) {
  using T = std::complex<double>;
  constexpr index_t n = 14;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Matrix<T> A = cases::gaussian<T>(n, n, seed);
    Matrix<T> adjoint(n, n);
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < n; ++i) {
        const index_t row = (11 * i + 3) % n;  // in a mixed order
        const index_t column = (13 * j + 2) % n;
        if (row + column == n - 1) A(i, j) += 12;
        A(i, j) *= std::ldexp(1.0, static_cast<int>(37 * (column - row)));
        adjoint(j, i) = std::conj(A(i, j));
      }
    }
    const auto sigma = oracles::reference_singular_values<T>(A.view());
    const auto other = oracles::reference_singular_values<T>(adjoint.view());
    EXPECT_TRUE(relative_error(sigma, other) <= 1e-17L) << relative_error(sigma, other);
  }
}

TEST(ReferenceSvd, GivesTheSmallestValueOfTheHilbertMatrixOfDoubles) {
  const std::vector<long double> sigma = reference<double>(cases::hilbert(12));
  EXPECT_TRUE(std::abs(sigma[0] - 1.7953720595619973L) <= 1e-15L);
  EXPECT_TRUE(std::abs(sigma[11] / 1.0674897547e-16L - 1) <= 1e-10L);
}

TEST(ReferenceSvd, CountsEachValueOfAComplexMatrixOnce) {
  const Known known = cases::bidiagonal_ones(12);
  EXPECT_TRUE(relative_error(reference<std::complex<double>>(known.A), known.sigma) <= 1e-17L);
}

TEST(ReferenceSvd, ReturnsExactZerosForZeroColumns) {
  const std::vector<long double> sigma = reference<double>(cases::zeros(4, 3).A);
  EXPECT_EQ(sigma, std::vector<long double>(3, 0.0L));
  EXPECT_TRUE(reference<double>(cases::zeros(0, 3).A).empty());
}

}  // namespace
}  // namespace eckart
