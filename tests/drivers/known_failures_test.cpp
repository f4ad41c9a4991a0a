// What other libraries are known to fail on, hang on or get silently wrong, through the front door:
// dense, sparse and matrix-free, by every method that applies. A method that does not promise the
// accuracy on a matrix may miss it, but must not say that it is met.
#include <gtest/gtest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <utility>
#include <vector>

#include "eckart/svd.hpp"
#include "tests/drivers/driver_testing.hpp"
#include "tests/oracles/reference_svd.hpp"

namespace eckart {
namespace {

using namespace testing_support;

template <class T>
class KnownFailures : public testing::Test {};
TYPED_TEST_SUITE(KnownFailures, Scalars);

constexpr Method methods[] = {Method::automatic, Method::dense,      Method::jacobi,
                              Method::lanczos,   Method::randomized, Method::gram};

// By these, residuals and orthogonality are within the default accuracy whatever the spectrum.
bool keeps_its_promise(Method method) {
  return method != Method::randomized && method != Method::gram;
}

template <Scalar T>
SparseMatrix<T> sparsify(const Matrix<T>& A) {
  std::vector<Triplet<T>> entries;
  for (index_t i = 0; i < A.rows(); ++i) {
    for (index_t j = 0; j < A.cols(); ++j) {
      if (A(i, j) != T(0)) entries.push_back({i, j, A(i, j)});
    }
  }
  return from_triplets<T>(A.rows(), A.cols(), std::move(entries));
}

// Calls use(operator, name) for A stored dense, stored sparse, and hidden behind its products.
template <Scalar T, class Use>
void for_each_storage(const Matrix<T>& A, const Use& use) {
  const auto dense = make_operator<T>(A.view());
  const SparseMatrix<T> entries = sparsify(A);
  const auto sparse = make_operator<T>(entries);
  const WatchedOperator<T> matrix_free(*dense, true);
  use(*dense, "dense");
  use(*sparse, "sparse");
  use(static_cast<const LinearOperator<T>&>(matrix_free), "matrix-free");
}

// Whether the result is the leading part of the decomposition of A: residuals, orthogonality,
// order, and every value at its own place in `known`.
template <Scalar T>
testing::AssertionResult is_leading(const Matrix<T>& A,
                                    const std::vector<long double>& known,
                                    const SvdResult<T>& result) {
  const double bound = 2 * default_accuracy<T>();
  const auto check = oracles::check_triplets<T>(A.view(), result);
  // The certificate speaks of |X^H X - I|_F / sqrt(k), of which the 1-norm is up to k times.
  const double columns = static_cast<double>(std::max<std::size_t>(result.sigma.size(), 1));
  const bool right = check.worst_residual <= bound && check.orthogonality <= bound * columns;
  if (!(right && check.finite && check.ordered && check.sign_rule)) {
    return testing::AssertionFailure() << check;
  }
  for (std::size_t i = 0; i < result.sigma.size(); ++i) {
    const long double error = std::abs(static_cast<long double>(result.sigma[i]) - known.at(i));
    if (!(error <= bound * known[0])) {
      return testing::AssertionFailure()
             << "value " << i + 1 << " is " << result.sigma[i] << ", not " << known[i];
    }
  }
  return testing::AssertionSuccess();
}

// Asks every method for k triplets of A, however it is stored. `known`: all singular values.
// `also`: methods that owe a right answer here besides those that always do.
template <Scalar T>
void expect_right(const Matrix<T>& A,
                  const std::vector<long double>& known,
                  index_t k,
                  std::initializer_list<Method> also = {}) {
  for_each_storage<T>(A, [&](const LinearOperator<T>& op, const char* storage) {
    for (const Method method : methods) {
      SCOPED_TRACE(testing::Message() << to_string(method) << ", " << storage << ", k = " << k);
      const auto result = svd<T>(op, {.rank = {.rank = k}, .method = method});
      ASSERT_EQ(static_cast<index_t>(result.sigma.size()),
                std::min(k, std::min(A.rows(), A.cols())));
      const bool owed =
          keeps_its_promise(method) || std::find(also.begin(), also.end(), method) != also.end();
      if (owed || result.report.certificate.met) {
        EXPECT_TRUE(is_leading(A, known, result));
      }
      if (owed) {
        EXPECT_TRUE(result.report.certificate.met);
      }
    }
  });
}

TYPED_TEST(KnownFailures, TheZeroMatrixHasOrthonormalVectors) {
  using T = TypeParam;
  const Matrix<T> zero(31, 23);
  const std::vector<long double> known(23, 0.0L);
  for (const index_t k : {5, 23}) {
    expect_right(zero, known, k, {Method::randomized, Method::gram});
  }
}

TYPED_TEST(KnownFailures, TheZeroMatrixHoldsItsEnergyInNoTriplets) {
  using T = TypeParam;
  for_each_storage<T>(Matrix<T>(31, 23), [](const LinearOperator<T>& op, const char* storage) {
    for (const Method method : {Method::automatic, Method::dense, Method::lanczos}) {
      SCOPED_TRACE(testing::Message() << to_string(method) << ", " << storage);
      EXPECT_TRUE(svd<T>(op, {.rank = {.energy = 0.9}, .method = method}).sigma.empty());
      EXPECT_TRUE(svd<T>(op, {.rank = {.tolerance = 0.1}, .method = method}).sigma.empty());
    }
  });
}

TYPED_TEST(KnownFailures, AZeroOneMatrixOf40By47WithAnEmptyColumnAndEqualRows) {
  using T = TypeParam;
  cases::Random random(20);
  Matrix<T> A(40, 47);
  for (index_t i = 0; i < 40; ++i) {
    for (index_t j = 1; j < 47; ++j) A(i, j) = T(random.uniform() < 0.25 ? 1 : 0);
  }
  for (index_t j = 0; j < 47; ++j) A(39, j) = A(0, j);
  Matrix<double> real(40, 47);
  for (index_t j = 0; j < 47; ++j) {
    for (index_t i = 0; i < 40; ++i) real(i, j) = static_cast<double>(std::real(A(i, j)));
  }
  const auto known = oracles::reference_singular_values<double>(real.view());
  for (const index_t k : {10, 40}) expect_right(A, known, k);
}

TYPED_TEST(KnownFailures, RankTenAskedForTwentyGivesTenZeros) {
  using T = TypeParam;
  std::vector<long double> known(60, 0.0L);
  for (std::size_t i = 0; i < 10; ++i) known[i] = 1.0L / static_cast<long double>(i + 1);
  const auto made =
      cases::prescribed<T>(80, 60, std::vector<long double>(known.begin(), known.begin() + 10), 3);
  expect_right(made.A, known, 20, {Method::randomized});
}

TYPED_TEST(KnownFailures, AllTripletsByNumber) {
  using T = TypeParam;
  const std::vector<long double> known = cases::geometric_spectrum(24, 1e-2L);
  expect_right(cases::prescribed<T>(24, 40, known, 4).A, known, 24, {Method::randomized});
  expect_right(cases::prescribed<T>(40, 24, known, 5).A, known, 24, {Method::randomized});
  expect_right(cases::prescribed<T>(24, 24, known, 6).A, known, 24, {Method::randomized});
}

// The first unwanted value is where the Krylov space of a vector that lies in one block ends.
TYPED_TEST(KnownFailures, TheLeadingValuesOfDisconnectedBlocksComeInOrder) {
  using T = TypeParam;
  Matrix<T> A(96, 81);
  std::vector<long double> known;
  index_t row = 0;
  index_t col = 0;
  const auto place = [&](index_t m, index_t n, const std::vector<long double>& sigma) {
    const auto block = cases::prescribed<T>(m, n, sigma, static_cast<std::uint64_t>(row + 1));
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) A(row + i, col + j) = block.A(i, j);
    }
    row += m;
    col += n;
    known.insert(known.end(), sigma.begin(), sigma.end());
  };
  place(30, 20, {2, 1.5L, 1, 0.5L});
  place(1, 1, {4});  // alone in its row and column
  place(20, 30, {3, 2, 1, 0.25L});
  place(1, 1, {2.5L});
  place(40, 25, {3, 2.25L, 1, 0.75L});  // the last 4 rows and columns are empty
  std::sort(known.rbegin(), known.rend());
  known.resize(81, 0.0L);
  for (const index_t k : {3, 14}) expect_right(A, known, k);
}

TYPED_TEST(KnownFailures, EveryCopyOfARepeatedValueIsFound) {
  using T = TypeParam;
  std::vector<long double> known(70, 0.25L);
  std::fill(known.begin(), known.begin() + 40, 1.0L);  // more than any block is wide
  known[0] = 2;
  const auto made = cases::prescribed<T>(90, 70, known, 7);
  for (const index_t k : {20, 45}) expect_right(made.A, known, k, {Method::gram});
  const auto identity = cases::identity(64, 64);
  for (const index_t k : {33, 64}) {
    expect_right(cases::to_matrix<T>(identity.A), identity.sigma, k,
                 {Method::randomized, Method::gram});
  }
}

// What a program may have set for its own purposes: rounding, and zeros for subnormal numbers.
class FloatingPoint {
 public:
  FloatingPoint(int rounding, bool flush) {
    std::fegetenv(&before_);
    std::fesetround(rounding);
#if defined(__x86_64__)
    if (flush) __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040U);
#endif
  }
  ~FloatingPoint() { std::fesetenv(&before_); }
  FloatingPoint(const FloatingPoint&) = delete;
  FloatingPoint& operator=(const FloatingPoint&) = delete;

 private:
  std::fenv_t before_{};
};

TYPED_TEST(KnownFailures, OtherRoundingAndNoSubnormalNumbersCostAFewTimesTheError) {
  using T = TypeParam;
  Matrix<T> graded = cases::gaussian<T>(30, 20, 9);
  for (index_t j = 0; j < 20; ++j) {
    for (index_t i = 0; i < 30; ++i) graded(i, j) *= static_cast<real_t<T>>(std::pow(0.1, j));
  }
  const Matrix<T> plain = cases::gaussian<T>(24, 24, 10);
  for (const Matrix<T>* A : {static_cast<const Matrix<T>*>(&graded), &plain}) {
    const auto op = make_operator<T>(A->view());
    for (const auto& [rounding, flush] :
         {std::pair{FE_UPWARD, false}, {FE_TOWARDZERO, false}, {FE_TONEAREST, true}}) {
      for (const Method method : {Method::dense, Method::jacobi}) {
        if (flush && method == Method::jacobi) continue;  // its digits of small values need them
        SCOPED_TRACE(testing::Message() << to_string(method) << ", rounding " << rounding);
        SvdResult<T> result;
        {
          const FloatingPoint set(rounding, flush);
          Context one(1);  // threads of the pool have settings of their own
          result = svd<T>(*op, {.method = method}, one);
        }
        const oracles::SvdCheck check = oracles::check_svd<T>(A->view(), result);
        EXPECT_TRUE(check.passes(25)) << check;
      }
    }
  }
}

TYPED_TEST(KnownFailures, CentringAndScalingCombinedEqualTheMatrixMadeByHand) {
  using T = TypeParam;
  using Real = real_t<T>;
  Matrix<T> A = cases::gaussian<T>(60, 18, 8);
  for (index_t j = 0; j < 18; ++j) {  // means far from zero, spreads far from one
    for (index_t i = 0; i < 60; ++i) {
      A(i, j) = A(i, j) * static_cast<Real>(j + 1) + T(static_cast<Real>(3 * j - 20));
      if ((i + j) % 3 == 0) A(i, j) = T(0);
    }
  }
  for (index_t i = 0; i < 60; ++i) A(i, 5) = T(7);  // a constant column stays zero
  Matrix<T> by_hand(60, 18);
  for (index_t j = 0; j < 18; ++j) {
    oracles::wide_t<T> mean = 0;
    for (index_t i = 0; i < 60; ++i) mean += oracles::widen(A(i, j));
    mean /= 60;
    oracles::wide_real_t<T> square = 0;
    for (index_t i = 0; i < 60; ++i) {
      square += oracles::squared_modulus(oracles::widen(A(i, j)) - mean);
    }
    const auto spread = square > 0 ? std::sqrt(square / 59) : oracles::wide_real_t<T>(1);
    for (index_t i = 0; i < 60; ++i) {
      by_hand(i, j) = static_cast<T>((oracles::widen(A(i, j)) - mean) / spread);
    }
  }
  const auto known = oracles::reference_singular_values<T>(by_hand.view());
  for_each_storage<T>(A, [&](const LinearOperator<T>& op, const char* storage) {
    Context context;
    const auto standard = make_affine<T>(op, standardisation<T>(op, true, true, context));
    for (const Method method : methods) {
      for (const index_t k : {3, 17}) {
        SCOPED_TRACE(testing::Message() << to_string(method) << ", " << storage << ", k = " << k);
        const auto result = svd<T>(*standard, {.rank = {.rank = k}, .method = method});
        const bool met = result.report.certificate.met;
        if (keeps_its_promise(method)) {
          EXPECT_TRUE(met);
        }
        if (met) {
          EXPECT_TRUE(is_leading(by_hand, known, result));
        }
      }
    }
  });
}

}  // namespace
}  // namespace eckart
