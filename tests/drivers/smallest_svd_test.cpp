#include "eckart/smallest_svd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "eckart/error.hpp"
#include "eckart/svd.hpp"
#include "tests/cases/closed_forms.hpp"
#include "tests/drivers/driver_testing.hpp"
#include "tests/oracles/reference_svd.hpp"

namespace eckart {
namespace {

using namespace testing_support;
using Values = std::vector<long double>;

// The k entries of sigma nearest to the target, falling.
Values nearest(Values sigma, std::size_t k, long double target) {
  std::sort(sigma.begin(), sigma.end(), [&](long double a, long double b) {
    return std::abs(a - target) < std::abs(b - target);
  });
  sigma.resize(std::min(k, sigma.size()));
  return cases::falling(std::move(sigma));
}

// The result against the entries, and its values against the exact ones: each within slack eps
// sigma_1, residuals and orthogonality within it too, and no residual claimed below the true one.
template <Scalar T, class Entries>
void expect_right(const Entries& A,
                  const SvdResult<T>& result,
                  const Values& exact,
                  long double norm,
                  double slack) {
  const double eps = oracles::epsilon<T>();
  const double unit = slack * eps * static_cast<double>(norm) + std::numeric_limits<double>::min();
  ASSERT_EQ(result.sigma.size(), exact.size());
  const oracles::TripletCheck check = oracles::check_triplets<T>(A, result);
  EXPECT_TRUE(check.finite && check.ordered && check.sign_rule);
  EXPECT_TRUE(check.orthogonality <= slack * eps) << check.orthogonality;
  const double scale =
      !result.sigma.empty() && result.sigma[0] > 0 ? static_cast<double>(result.sigma[0]) : 1;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_TRUE(std::abs(static_cast<long double>(result.sigma[i]) - exact[i]) <= unit)
        << i << ": " << static_cast<double>(result.sigma[i]) << " for "
        << static_cast<double>(exact[i]) << ", off by "
        << static_cast<double>(std::abs(static_cast<long double>(result.sigma[i]) - exact[i]) /
                               norm);
    EXPECT_TRUE(check.residuals[i] * scale <= unit) << i << ": " << check.residuals[i] * scale;
  }
  EXPECT_TRUE(result.report.certificate.met);
  for (const std::string& finding : result.report.certificate.findings) ADD_FAILURE() << finding;
}

// Whether the report says of that many values that they are not told from zero.
bool warns_of_rounding(const SvdReport& report, index_t count) {
  const std::string start = std::to_string(count) + " of ";
  return std::any_of(report.warnings.begin(), report.warnings.end(), [&](const std::string& text) {
    return text.rfind(start, 0) == 0 && text.find("rounding") != std::string::npos;
  });
}

template <Scalar T>
SparseMatrix<T> sparsify(const cases::Table& table) {
  std::vector<Triplet<T>> entries;
  for (index_t j = 0; j < table.cols; ++j) {
    for (index_t i = 0; i < table.rows; ++i) {
      if (table(i, j) != 0) entries.push_back({i, j, T(static_cast<real_t<T>>(table(i, j)))});
    }
  }
  return from_triplets<T>(table.rows, table.cols, std::move(entries));
}

template <Scalar T>
Values oracle_values(const SparseMatrix<T>& A) {
  const Matrix<T> dense = densify(A);
  return oracles::reference_singular_values<T>(dense.view());
}

// The incidence matrix of circles that share nothing: nullity = the number of circles.
template <Scalar T>
SparseMatrix<T> circles(const std::vector<index_t>& lengths) {
  std::vector<Triplet<T>> entries;
  index_t start = 0;
  for (const index_t length : lengths) {
    for (index_t i = 0; i < length; ++i) {
      entries.push_back({start + i, start + i, T{1}});
      entries.push_back({start + i, start + (i + 1) % length, T{-1}});
    }
    start += length;
  }
  return from_triplets<T>(start, start, std::move(entries));
}
Values circle_values(const std::vector<index_t>& lengths) {
  Values sigma;
  for (const index_t length : lengths) {
    for (index_t i = 0; i < length; ++i) {
      sigma.push_back(2 * std::abs(std::sin(cases::pi * static_cast<long double>(i) /
                                            static_cast<long double>(length))));
    }
  }
  return cases::falling(std::move(sigma));
}

constexpr SmallestMethod exact_methods[] = {SmallestMethod::dense, SmallestMethod::factor};

template <class T>
class SmallestSvdOf : public testing::Test {};
TYPED_TEST_SUITE(SmallestSvdOf, Scalars);

TYPED_TEST(SmallestSvdOf, FindsTheSmallestOfABidiagonalMatrix) {
  using T = TypeParam;
  const cases::Known known = cases::bidiagonal_ones(40);
  const SparseMatrix<T> A = sparsify<T>(known.A);
  for (const auto method : exact_methods) {
    SCOPED_TRACE(to_string(method));
    for (const index_t k : {1, 4, 40, 60}) {
      const auto result = smallest_svd<T>(*make_operator<T>(A), k, {.method = method});
      expect_right<T>(A, result, nearest(known.sigma, static_cast<std::size_t>(k), 0),
                      known.sigma[0], 400);
    }
  }
}

TYPED_TEST(SmallestSvdOf, FindsTheNearestToATarget) {
  using T = TypeParam;
  const cases::Known known = cases::toeplitz_tridiagonal(300, 2.0L, -0.9L);
  const SparseMatrix<T> A = sparsify<T>(known.A);
  for (const double target : {0.0, 0.7, 2.005, 3.9}) {
    SCOPED_TRACE(target);
    for (const auto method : exact_methods) {
      SCOPED_TRACE(to_string(method));
      const auto result =
          smallest_svd<T>(*make_operator<T>(A), 5, {.target = target, .method = method});
      // Of two that are equally far any serves: an odd spectrum avoids them but for rounding.
      expect_right<T>(A, result, nearest(known.sigma, 5, target), known.sigma[0], 2000);
    }
  }
}

TYPED_TEST(SmallestSvdOf, TallAndWideMatricesHaveTheSmallerNumberOfValues) {
  using T = TypeParam;
  const SparseMatrix<T> tall = cases::bibd<T>(9, 3);  // 36 x 84: wide
  const Values sigma = cases::bibd_sigma(9, 3);
  const SparseMatrix<T> turned = transpose(tall);
  for (const auto method : exact_methods) {
    SCOPED_TRACE(to_string(method));
    for (const SparseMatrix<T>* A : {&tall, &turned}) {
      const auto few = smallest_svd<T>(*make_operator<T>(*A), 6, {.method = method});
      expect_right<T>(*A, few, nearest(sigma, 6, 0), sigma[0], 400);
      const auto all = smallest_svd<T>(*make_operator<T>(*A), 36, {.method = method});
      expect_right<T>(*A, all, sigma, sigma[0], 400);
      const auto near =
          smallest_svd<T>(*make_operator<T>(*A), 10, {.target = 3.3, .method = method});
      expect_right<T>(*A, near, nearest(sigma, 10, 3.3L), sigma[0], 2000);
    }
  }
}

TYPED_TEST(SmallestSvdOf, SingularMatricesHaveZerosWithVectorsOnBothSides) {
  using T = TypeParam;
  const std::vector<index_t> lengths = {3, 5, 8, 50};
  const SparseMatrix<T> A = circles<T>(lengths);
  const Values sigma = circle_values(lengths);
  for (const auto method : exact_methods) {
    SCOPED_TRACE(to_string(method));
    for (const index_t k : {2, 4, 7}) {
      const auto result = smallest_svd<T>(*make_operator<T>(A), k, {.method = method});
      expect_right<T>(A, result, nearest(sigma, static_cast<std::size_t>(k), 0), sigma[0], 400);
      EXPECT_TRUE(warns_of_rounding(result.report, std::min<index_t>(k, 4)));
    }
  }
}

TYPED_TEST(SmallestSvdOf, ZerosAmongTheNearestToATargetHaveLeftVectorsToo) {
  using T = TypeParam;
  const std::vector<index_t> lengths = {3, 5, 8, 9};
  const SparseMatrix<T> A = circles<T>(lengths);
  const Values sigma = circle_values(lengths);
  const auto result =
      smallest_svd<T>(*make_operator<T>(A), 9, {.target = 0.3, .method = SmallestMethod::factor});
  expect_right<T>(A, result, nearest(sigma, 9, 0.3L), sigma[0], 4000);
}

TYPED_TEST(SmallestSvdOf, ZeroMatricesVectorsAndEmptyRequestsAreServed) {
  using T = TypeParam;
  const SparseMatrix<T> zero = from_triplets<T>(7, 4, {});
  const SparseMatrix<T> row = from_triplets<T>(1, 6, {{0, 1, T{3}}, {0, 4, T{-4}}});
  for (const auto method :
       {SmallestMethod::dense, SmallestMethod::factor, SmallestMethod::filter}) {
    SCOPED_TRACE(to_string(method));
    const auto zeros = smallest_svd<T>(*make_operator<T>(zero), 3, {.method = method});
    expect_right<T>(zero, zeros, {0, 0, 0}, 1, 10);
    const auto one = smallest_svd<T>(*make_operator<T>(row), 2, {.method = method});
    expect_right<T>(row, one, {5}, 5, 50);
    EXPECT_TRUE(smallest_svd<T>(*make_operator<T>(row), 0, {.method = method}).sigma.empty());
  }
}

// Values from 1 down to 1e-14 in one matrix: Lanczos on the inverse sees a range of 1e14.
TYPED_TEST(SmallestSvdOf, GradedMatricesAreRightToRounding) {
  using T = TypeParam;
  for (const long double least : {1e-3L, 1e-8L, 1e-14L}) {
    const Values sigma = cases::geometric_spectrum(24, least);
    const auto made = cases::prescribed<T>(30, 24, sigma, 11);
    std::vector<Triplet<T>> entries;
    for (index_t j = 0; j < 24; ++j) {
      for (index_t i = 0; i < 30; ++i) entries.push_back({i, j, made.A(i, j)});
    }
    const auto A = from_triplets<T>(30, 24, std::move(entries));
    const Values exact = oracle_values<T>(A);  // of the rounded entries
    for (const auto method : exact_methods) {
      SCOPED_TRACE(to_string(method));
      for (const index_t k : {1, 8, 24}) {
        const auto result = smallest_svd<T>(*make_operator<T>(A), k, {.method = method});
        expect_right<T>(A, result, nearest(exact, static_cast<std::size_t>(k), 0), exact[0], 600);
      }
    }
  }
}

TYPED_TEST(SmallestSvdOf, ScalesOfTheEntriesDoNotMatter) {
  using T = TypeParam;
  const int far = sizeof(real_t<T>) == 8 ? 800 : 90;
  for (const int exponent : {-far, far}) {
    cases::Known known = cases::bidiagonal_ones(30);
    for (long double& s : known.sigma) s = std::ldexp(s, exponent);
    for (long double& a : known.A.values) a = std::ldexp(a, exponent);
    const SparseMatrix<T> A = sparsify<T>(known.A);
    const auto result =
        smallest_svd<T>(*make_operator<T>(A), 3, {.method = SmallestMethod::factor});
    ASSERT_EQ(result.sigma.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_TRUE(std::abs(static_cast<long double>(result.sigma[i]) / known.sigma[27 + i] - 1) <=
                  1000 * static_cast<long double>(oracles::epsilon<T>()));
    }
    EXPECT_TRUE(result.report.certificate.met);
  }
}

TYPED_TEST(SmallestSvdOf, TheSameBitsForAnyThreadCount) {
  using T = TypeParam;
  const SparseMatrix<T> A = cases::random_sparse<T>(260, 120, 4, 5);
  const auto op = make_operator<T>(A);
  for (const double target : {0.0, 1.0}) {
    expect_same_bits_for_any_thread_count([&](Context& context) {
      return smallest_svd<T>(*op, 4, {.target = target, .method = SmallestMethod::factor}, context);
    });
  }
}

TEST(SmallestSvd, IllConditionedClassicsAreRightToRounding) {
  for (const auto& [name, table] :
       {std::pair<const char*, cases::Table>{"hilbert", cases::hilbert(12)},
        {"kahan", cases::kahan(40, 1.2L)},
        {"frank", cases::frank(14)},
        {"grcar", cases::grcar(40)},
        {"pascal", cases::pascal(12)},
        {"prolate", cases::prolate(30, 0.25L)},
        {"wilkinson", cases::wilkinson(21)},
        {"lauchli", cases::lauchli(20, 1e-9L).A}}) {
    SCOPED_TRACE(name);
    const SparseMatrix<double> A = sparsify<double>(table);
    const Values exact = oracle_values<double>(A);
    for (const auto method : exact_methods) {
      SCOPED_TRACE(to_string(method));
      for (const index_t k : {1, 5}) {
        const auto result = smallest_svd<double>(*make_operator<double>(A), k, {.method = method});
        expect_right<double>(A, result, nearest(exact, static_cast<std::size_t>(k), 0), exact[0],
                             1000);
      }
    }
  }
}

// Inverses that overflow: sigma_min is about 2^-n.
TEST(SmallestSvd, ValuesFarBelowRoundingNeitherOverflowNorMislead) {
  constexpr index_t n = 1500;
  std::vector<Triplet<double>> entries;
  for (index_t i = 0; i < n; ++i) {
    entries.push_back({i, i, 1.0});
    if (i + 1 < n) entries.push_back({i, i + 1, 2.0});
  }
  const auto A = from_triplets<double>(n, n, std::move(entries));
  const auto result =
      smallest_svd<double>(*make_operator<double>(A), 2, {.method = SmallestMethod::factor});
  EXPECT_TRUE(result.report.certificate.met);
  for (const std::string& finding : result.report.certificate.findings) ADD_FAILURE() << finding;
  const oracles::TripletCheck check = oracles::check_triplets<double>(A, result);
  EXPECT_TRUE(check.orthogonality <= 1e-13) << check.orthogonality;
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(check.residuals[i] * result.sigma[0] <= 1e-12);
  EXPECT_TRUE(result.sigma[1] <= 1e-14);
  EXPECT_TRUE(std::abs(result.sigma[0] - 1) <= 1e-4) << result.sigma[0];
  EXPECT_TRUE(warns_of_rounding(result.report, 1));
}

// The certificate against the 113-bit oracle: a value is never further from the true one than its
// residual and the rounding of evaluating that say.
TEST(SmallestSvd, ClaimsNoMoreThanTheOracleConfirms) {
  const std::uint64_t seeds = long_tests() ? 1000 : 200;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    cases::Random random(seed);
    const auto draw = [&](index_t least, index_t most) {
      const double u = std::abs(static_cast<double>(random.entry<double>()));
      return least + static_cast<index_t>(u * 1000) % (most - least + 1);
    };
    const index_t n = draw(2, 14);
    const index_t m = n + draw(0, 6);
    std::vector<Triplet<double>> entries;
    for (index_t i = 0; i < m; ++i) {
      const double size = std::pow(10.0, -static_cast<double>(draw(0, seed % 3 == 0 ? 12 : 2)));
      for (index_t e = 0; e < 3; ++e)
        entries.push_back({i, draw(0, n - 1), size * random.entry<double>()});
    }
    const auto A = from_triplets<double>(m, n, std::move(entries));
    const Values exact = oracle_values<double>(A);
    const index_t k = draw(1, n);
    const double target = seed % 2 == 0 ? 0 : static_cast<double>(exact[exact.size() / 2]) * 1.01;
    for (const auto method : exact_methods) {
      SCOPED_TRACE(to_string(method));
      const auto result =
          smallest_svd<double>(*make_operator<double>(A), k, {.target = target, .method = method});
      const Certificate& certificate = result.report.certificate;
      const Values wanted = nearest(exact, static_cast<std::size_t>(k), target);
      ASSERT_EQ(result.sigma.size(), wanted.size());
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double off = std::abs(result.sigma[i] - static_cast<double>(wanted[i])) /
                           static_cast<double>(exact[0]);
        // Residuals are evaluated in working precision.
        EXPECT_TRUE(off <= certificate.residual.value + 1e-14) << i << " " << off;
      }
      EXPECT_TRUE(certificate.met);
    }
  }
}

TEST(SmallestSvd, ProductsAloneServeWhereNothingElseFits) {
  const cases::Known known = cases::bidiagonal_ones(200);
  const SparseMatrix<double> A = sparsify<double>(known.A);
  const auto op = make_operator<double>(A);
  const WatchedOperator<double> watched(*op, true);
  for (const double target : {0.0, 1.0}) {
    const auto result =
        smallest_svd<double>(watched, 3, {.target = target, .method = SmallestMethod::filter});
    const Values exact = nearest(known.sigma, 3, target);
    const auto check = oracles::check_triplets<double>(A, result);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_TRUE(std::abs(result.sigma[i] - static_cast<double>(exact[i])) <= 1e-10)
          << target << " " << i;
      EXPECT_TRUE(check.residuals[i] * result.sigma[0] <= 4e-10);
    }
    EXPECT_TRUE(result.report.certificate.met);
  }
}

TEST(SmallestSvd, SaysNotMetWhereProductsAloneDoNotSuffice) {
  Values sigma;  // thousands of values crowd at the small end, down to 1e-9
  for (index_t i = 0; i < 300; ++i)
    sigma.push_back(1e-9L * std::exp(static_cast<long double>(i) * 0.069L));
  sigma = cases::falling(std::move(sigma));
  const SparseMatrix<double> A = sparse_diagonal<double>(sigma);
  const auto op = make_operator<double>(A);
  const WatchedOperator<double> watched(*op, true);
  Context context(1);
  index_t products = 0;
  const auto result = smallest_svd<double>(watched, 2, {.method = SmallestMethod::filter}, context);
  products = watched.products;
  EXPECT_GT(products, 0);
  const double off = std::abs(result.sigma[1] - static_cast<double>(sigma.back()));
  const double claimed = result.report.certificate.residual.value * 2;
  EXPECT_TRUE(!result.report.certificate.met || off <= claimed + 1e-10) << off;
}

TEST(SmallestSvd, AMemoryCapLeadsToAnotherMethodOrARefusal) {
  const SparseMatrix<double> A = cases::random_sparse<double>(1500, 700, 3, 3);
  const auto op = make_operator<double>(A);
  Context context(1);
  const auto free = smallest_svd<double>(*op, 2, {}, context);
  EXPECT_EQ(free.report.method, "smallest");
  EXPECT_NE(free.report.why.find("QR"), std::string::npos);
  // Factors that may take one byte: all values instead.
  const auto dense = smallest_svd<double>(*op, 2, {.factor_bytes = 1}, context);
  EXPECT_EQ(dense.report.method, "dense");
  ASSERT_FALSE(dense.report.fallbacks.empty());
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(std::abs(free.sigma[i] - dense.sigma[i]) <= 1e-13 * 30);
  }
  EXPECT_THROW((void)smallest_svd<double>(
                   *op, 2, {.method = SmallestMethod::factor, .factor_bytes = 1}, context),
               MemoryLimit);
  // Room for the iteration, but not for all values.
  context.set_memory_cap_bytes(28'000'000);
  const auto capped = smallest_svd<double>(*op, 2, {}, context);
  EXPECT_NE(capped.report.why.find("QR"), std::string::npos) << capped.report.why;
  context.set_memory_cap_bytes(1000);
  EXPECT_THROW((void)smallest_svd<double>(*op, 2, {}, context), MemoryLimit);
}

// Most values are zeros, and nearest: the search from zero upward ends among them.
TEST(SmallestSvd, SaysNotMetWhereTooManyAreAboutEquallyNear) {
  const auto mostly_zero = [](std::size_t n) {
    Values sigma(n, 0);
    for (std::size_t i = 0; i < 30; ++i) sigma[i] = 4 - 0.01L * static_cast<long double>(i);
    return sparse_diagonal<double>(sigma);
  };
  const SparseMatrix<double> small = mostly_zero(200);
  const auto stopped = smallest_svd<double>(*make_operator<double>(small), 2,
                                            {.target = 1, .method = SmallestMethod::factor});
  EXPECT_FALSE(stopped.report.certificate.met);
  EXPECT_EQ(stopped.report.status, Status::iteration_limit);
  const SparseMatrix<double> large = mostly_zero(1400);
  const auto whole = smallest_svd<double>(*make_operator<double>(large), 2, {.target = 1});
  EXPECT_EQ(whole.report.method, "dense");
  EXPECT_TRUE(whole.report.certificate.met);
  EXPECT_TRUE(whole.sigma == std::vector<double>(2, 0));
  ASSERT_FALSE(whole.report.fallbacks.empty());
  EXPECT_NE(whole.report.fallbacks[0].find("too many"), std::string::npos);
}

TEST(SmallestSvd, FactorsThatFillTooMuchGiveWayToAllValues) {
  const SparseMatrix<double> A = cases::random_sparse<double>(1500, 1200, 4, 3);
  const auto op = make_operator<double>(A);
  const auto result = smallest_svd<double>(*op, 2, {.target = 1});
  EXPECT_EQ(result.report.method, "dense");
  ASSERT_FALSE(result.report.fallbacks.empty());
  EXPECT_NE(result.report.fallbacks[0].find("the factors take more"), std::string::npos);
  EXPECT_EQ(smallest_svd<double>(*op, 2).report.method, "smallest");
}

TEST(SmallestSvd, SaysWhatAccuracyAnInverseReaches) {
  const SparseMatrix<double> A = cases::random_sparse<double>(300, 200, 4, 3);
  const auto result = smallest_svd<double>(*make_operator<double>(A), 3,
                                           {.method = SmallestMethod::factor, .accuracy = 1e-17});
  EXPECT_FALSE(result.report.certificate.met);
  EXPECT_TRUE(std::any_of(
      result.report.warnings.begin(), result.report.warnings.end(),
      [](const std::string& text) { return text.find("reaches for sure") != std::string::npos; }));
}

TEST(SmallestSvd, RefusesWhatMakesNoSense) {
  const SparseMatrix<double> A = cases::random_sparse<double>(9, 4, 3, 3);
  const auto op = make_operator<double>(A);
  EXPECT_THROW((void)smallest_svd<double>(*op, -1), InvalidArgument);
  EXPECT_THROW((void)smallest_svd<double>(*op, 1, {.target = -1}), InvalidArgument);
  EXPECT_THROW((void)smallest_svd<double>(*op, 1, {.target = std::nan("")}), InvalidArgument);
  EXPECT_THROW((void)smallest_svd<double>(*op, 1, {.factor_bytes = -1}), InvalidArgument);
  const WatchedOperator<double> watched(*op, true);
  EXPECT_THROW((void)smallest_svd<double>(watched, 1, {.method = SmallestMethod::factor}),
               InvalidArgument);
  SparseMatrix<double> bad = A;
  bad.values[2] = std::numeric_limits<double>::infinity();
  for (const auto method : exact_methods) {
    EXPECT_THROW((void)smallest_svd<double>(*make_operator<double>(bad), 1, {.method = method}),
                 NonFiniteInput);
  }
}

TEST(SmallestSvd, ARunThatIsCancelledSaysSo) {
  const SparseMatrix<double> A = cases::random_sparse<double>(900, 400, 5, 3);
  const auto op = make_operator<double>(A);
  Context context(1);
  context.cancel();
  EXPECT_THROW((void)smallest_svd<double>(*op, 2, {.method = SmallestMethod::factor}, context),
               Cancelled);
}

TEST(SmallestSvd, TheFrontDoorPlansItForSparseMatrices) {
  const cases::Known known = cases::bidiagonal_ones(2000);
  const SparseMatrix<double> A = sparsify<double>(known.A);
  const auto op = make_operator<double>(A);
  const SvdRequest request{.rank = {.rank = 3}, .smallest = true};
  EXPECT_EQ(plan_svd<double>(*op, request).method, Method::smallest);
  const auto result = svd<double>(*op, request);
  expect_right<double>(A, result, nearest(known.sigma, 3, 0), known.sigma[0], 4000);
  const auto near = svd<double>(*op, {.rank = {.rank = 3}, .target = 1.0});
  expect_right<double>(A, near, nearest(known.sigma, 3, 1), known.sigma[0], 4000);
  EXPECT_THROW((void)svd<double>(*op, {.target = 1.0}), InvalidArgument);
  EXPECT_THROW((void)svd<double>(*op, {.rank = {.rank = 3}, .smallest = true, .target = 1.0}),
               InvalidArgument);
}

}  // namespace
}  // namespace eckart
