// The cases are what they say: their known singular values against the reference.
#include <gtest/gtest.h>

#include <complex>
#include <cstdlib>
#include <span>

#include "tests/cases/closed_forms.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/cases/registry.hpp"
#include "tests/oracles/reference_svd.hpp"
#include "tests/oracles/svd_check.hpp"

namespace eckart {
namespace {

template <class T>
class Cases : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Cases, Scalars);

TYPED_TEST(Cases, KnownSingularValuesAreThoseOfTheMatrix) {
  using T = TypeParam;
  for (const auto& entry : cases::dense_cases<T>()) {
    if (entry.sigma.empty() || std::min(entry.A.rows(), entry.A.cols()) > 24) continue;
    const std::vector<long double> reference =
        oracles::reference_singular_values<T>(entry.A.view());
    ASSERT_EQ(reference.size(), entry.sigma.size()) << entry.name;
    // What rounding the entries to T may do; far below what a solver is allowed.
    const long double slack =
        0.7L * static_cast<long double>(oracles::epsilon<T>()) * entry.sigma[0] *
        std::sqrt(static_cast<long double>(entry.sigma.size() + 3));
    for (std::size_t i = 0; i < reference.size(); ++i) {
      EXPECT_TRUE(std::abs(reference[i] - entry.sigma[i]) <= slack)
          << entry.name << " value " << i << ": " << reference[i] << " for " << entry.sigma[i];
    }
  }
}

TYPED_TEST(Cases, PrescribedFactorsPassTheirOwnJudge) {
  using T = TypeParam;
  const auto made = cases::prescribed<T>(23, 17, cases::even_spectrum(17, 0.01L), 5);
  const auto check =
      oracles::check_svd<T>(made.A.view(), made.U.view(), made.sigma, made.V.view());
  EXPECT_TRUE(check.passes(1)) << check;
}

TYPED_TEST(Cases, TwoByTwoTablesAreComplete) {
  using T = TypeParam;
  const auto all = cases::two_by_two_cases<T>();
  EXPECT_EQ(all.size(), 81u);
  for (const auto& entry : all) {
    const auto reference = oracles::reference_singular_values<T>(entry.A.view());
    EXPECT_TRUE(std::abs(reference[0] - entry.sigma[0]) <= 1e-18L &&
                std::abs(reference[1] - entry.sigma[1]) <= 1e-18L)
        << entry.name;
  }
}

TEST(SubnormalTable, HasEveryCombination) { EXPECT_EQ(cases::subnormal_table().size(), 6561u); }

TEST(Bibd, HasTheDocumentedSizeAndSpectrum) {
  for (const auto& [v, k, rows, cols, nnz] :
       {std::tuple<index_t, index_t, index_t, index_t, index_t>{9, 3, 36, 84, 252},
        {14, 7, 91, 3432, 72072}}) {
    const SparseMatrix<double> A = cases::bibd<double>(v, k);
    EXPECT_EQ(A.rows, rows);
    EXPECT_EQ(A.cols, cols);
    EXPECT_EQ(A.stored_entries(), nnz);
    long double trace = 0;
    for (long double s : cases::bibd_sigma(v, k)) trace += s * s;
    EXPECT_TRUE(std::abs(trace - static_cast<long double>(nnz)) <= 1e-12L * trace);
  }
  const SparseMatrix<double> A = cases::bibd<double>(9, 3);
  Matrix<double> dense(A.rows, A.cols);
  oracles::for_each_entry(A, [&](index_t i, index_t j, double a) { dense(i, j) = a; });
  const auto sigma = oracles::reference_singular_values<double>(std::as_const(dense).view());
  const auto exact = cases::bibd_sigma(9, 3);
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_TRUE(std::abs(sigma[i] - exact[i]) <= 1e-17L) << i;
  }
}

TEST(Random, NormalNumbersHaveMeanZeroAndVarianceOne) {
  cases::Random random(1);
  double sum = 0;
  double square = 0;
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    sum += x;
    square += x * x;
  }
  EXPECT_TRUE(std::abs(sum / n) <= 0.02);
  EXPECT_TRUE(std::abs(square / n - 1) <= 0.03);
}

}  // namespace
}  // namespace eckart
