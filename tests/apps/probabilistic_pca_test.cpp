#include "eckart/apps/probabilistic_pca.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <utility>
#include <vector>

#include "eckart/apps/missing.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart {
namespace {

// A row of n entries with k components and noise; every third row lacks some entries.
template <Scalar T>
Matrix<T> holed_table(index_t m, index_t n, index_t k, double noise, std::uint64_t seed) {
  const Matrix<T> Z = cases::gaussian<T>(m, k, seed), W = cases::gaussian<T>(n, k, seed + 1);
  Matrix<T> X = cases::gaussian<T>(m, n, seed + 2);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) {
      X(i, j) *= static_cast<real_t<T>>(noise);
      for (index_t a = 0; a < k; ++a) X(i, j) += Z(i, a) * W(j, a);
      X(i, j) += static_cast<real_t<T>>(j - 2);
    }
  }
  for (index_t i = 0; i < m; i += 3) {
    for (index_t j = i % 2; j < n; j += 3) X(i, j) = std::numeric_limits<real_t<T>>::quiet_NaN();
  }
  return X;
}

template <Scalar T>
bool missing(T x) {
  return std::isnan(std::real(x));
}

// The density of a row by its definition: C = W_o W_o^H + noise I, eliminated without pivoting, as
// it is positive definite.
template <Scalar T>
double plain_log_likelihood(const ProbabilisticPca<T>& model, MatrixView<const T> X, index_t i) {
  using C = std::complex<double>;
  std::vector<index_t> seen;
  for (index_t j = 0; j < X.cols; ++j) {
    if (!missing(X(i, j))) seen.push_back(j);
  }
  const std::size_t o = seen.size();
  std::vector<std::vector<C>> A(o, std::vector<C>(o + 1));
  std::vector<C> x(o);
  for (std::size_t p = 0; p < o; ++p) {
    for (std::size_t q = 0; q < o; ++q) {
      for (index_t a = 0; a < model.W.cols(); ++a) {
        A[p][q] += C(model.W(seen[p], a)) * std::conj(C(model.W(seen[q], a)));
      }
    }
    A[p][p] += model.noise_variance;
    x[p] = A[p][o] = C(X(i, seen[p])) - C(model.mean[std::size_t(seen[p])]);
  }
  double log_determinant = 0;
  for (std::size_t p = 0; p < o; ++p) {
    log_determinant += std::log(A[p][p].real());
    for (std::size_t q = 0; q < o; ++q) {
      if (q == p) continue;
      const C factor = A[q][p] / A[p][p];
      for (std::size_t c = p; c <= o; ++c) A[q][c] -= factor * A[p][c];
    }
  }
  double square = 0;
  for (std::size_t p = 0; p < o; ++p) square += (std::conj(x[p]) * A[p][o] / A[p][p]).real();
  const double pi = std::numbers::pi;
  return is_complex<T> ? -(double(o) * std::log(pi) + log_determinant + square)
                       : -(double(o) * std::log(2 * pi) + log_determinant + square) / 2;
}

template <class T>
class Probabilistic : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Probabilistic, Scalars);

TYPED_TEST(Probabilistic, LikelihoodsAreTheirDefinitionAndNeverFall) {
  using T = TypeParam;
  const Matrix<T> X = holed_table<T>(60, 7, 2, 0.5, 3);
  const auto model = fit_probabilistic_pca(X.view(), {.components = 2});
  ASSERT_TRUE(model.converged);
  EXPECT_EQ(model.missing, 50);
  const std::vector<double> rows = log_likelihood(model, X.view());
  double sum = 0;
  for (index_t i = 0; i < 60; ++i) {
    const double expected = plain_log_likelihood<T>(model, X.view(), i);
    EXPECT_TRUE(std::abs(rows[std::size_t(i)] - expected) <= 1e-9 * std::abs(expected) + 1e-9);
    sum += expected;
  }
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  EXPECT_TRUE(std::abs(model.log_likelihood - sum) <= 1000 * eps * std::abs(sum));
  ASSERT_EQ(model.history.size(), std::size_t(model.iterations + 1));
  for (std::size_t i = 1; i < model.history.size(); ++i) {
    EXPECT_TRUE(model.history[i] >= model.history[i - 1] - 1e-11 * std::abs(sum)) << i;
  }
  EXPECT_TRUE(model.history.back() > model.history.front() + 1);
}

// Every parameter moved a little either way lowers the likelihood: the top is reached.
TYPED_TEST(Probabilistic, NoParameterNearbyIsMoreLikely) {
  using T = TypeParam;
  const Matrix<T> X = holed_table<T>(60, 6, 2, 0.5, 5);
  auto model = fit_probabilistic_pca(X.view(), {.components = 2});
  const auto total = [&] {
    double sum = 0;
    for (const double l : log_likelihood(model, X.view())) sum += l;
    return sum;
  };
  const double top = total();
  const auto check = [&](auto& parameter, auto step) {
    const auto kept = parameter;
    parameter = kept + step;
    EXPECT_TRUE(total() < top + 1e-4) << double(std::abs(step));
    parameter = kept - step;
    EXPECT_TRUE(total() < top + 1e-4) << double(std::abs(step));
    parameter = kept;
  };
  const auto step = static_cast<real_t<T>>(0.01);
  check(model.noise_variance, 0.01);
  for (T& mean : model.mean) check(mean, T{step});
  for (index_t i = 0; i < 12; ++i) {
    check(model.W.data()[i], T{step});
    if constexpr (is_complex<T>) check(model.W.data()[i], T{0, step});
  }
}

// Of a complete table the closed form, which is the fixed point of the iteration: nearly complete
// tables come near it.
TYPED_TEST(Probabilistic, ACompleteTableHasTheClosedForm) {
  using T = TypeParam;
  Matrix<T> X = holed_table<T>(200, 5, 2, 0.5, 7);
  fill_with_means(X.view());
  const auto exact = fit_probabilistic_pca(std::as_const(X).view(), {.components = 2});
  EXPECT_EQ(exact.iterations, 0);
  double sum = 0;
  for (const double l : log_likelihood(exact, std::as_const(X).view())) sum += l;
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  EXPECT_TRUE(std::abs(exact.log_likelihood - sum) <= 1000 * eps * std::abs(sum));
  X(3, 1) = std::numeric_limits<real_t<T>>::quiet_NaN();
  const auto near = fit_probabilistic_pca(std::as_const(X).view(), {.components = 2});
  EXPECT_GT(near.iterations, 0);
  EXPECT_TRUE(std::abs(near.noise_variance - exact.noise_variance) <= 0.02 * exact.noise_variance);
  for (index_t i = 0; i < 10; ++i) {
    EXPECT_TRUE(std::abs(near.W.data()[i] - exact.W.data()[i]) <= 0.05);
  }
}

// The likelihood that score tells is that of the same model with divisor N - 1.
TYPED_TEST(Probabilistic, ScoresOfSavedModelsAreTheSameDensity) {
  using T = TypeParam;
  Matrix<T> X = cases::gaussian<T>(40, 5, 7);
  for (index_t j = 0; j < 5; ++j) {
    const T mean = cases::gaussian<T>(5, 1, 8)(j, 0) * real_t<T>{3};
    for (index_t i = 0; i < 40; ++i) X(i, j) = X(i, j) * static_cast<real_t<T>>(j + 1) + mean;
  }
  const auto op = make_operator(std::as_const(X).view());
  const Pca<T> model = fit_pca(*op, {.rank = {.rank = 2}});
  ProbabilisticPca<T> same;
  same.mean = model.map.column_shift;
  same.noise_variance = model.noise_variance;
  same.W = Matrix<T>(5, 2);
  for (index_t a = 0; a < 2; ++a) {
    const double variance = model.explained_variance[std::size_t(a)] - model.noise_variance;
    for (index_t j = 0; j < 5; ++j) {
      same.W(j, a) = static_cast<real_t<T>>(std::sqrt(variance)) * conjugate(model.svd.V(j, a));
    }
  }
  const std::vector<double> found = pca_log_likelihood(model, *op);
  for (index_t i = 0; i < 40; ++i) {
    const double expected = plain_log_likelihood<T>(same, std::as_const(X).view(), i);
    const double eps = std::numeric_limits<real_t<T>>::epsilon();
    EXPECT_TRUE(std::abs(found[std::size_t(i)] - expected) <= 1000 * eps * std::abs(expected));
  }
}

// A table that is exactly a model of two components: what is missing follows from the rest.
TYPED_TEST(Probabilistic, WhatFollowsExactlyIsRestored) {
  using T = TypeParam;
  Matrix<T> whole = cases::prescribed<T>(40, 8, {20, 10}, 3).A;
  for (index_t j = 0; j < 8; ++j) {
    for (index_t i = 0; i < 40; ++i) whole(i, j) += static_cast<real_t<T>>(j);
  }
  Matrix<T> X = whole.clone();
  for (index_t i = 0; i < 40; i += 3) {
    X(i, (5 * i) % 8) = std::numeric_limits<real_t<T>>::quiet_NaN();
  }
  const auto model = fit_probabilistic_pca(std::as_const(X).view(), {.components = 2});
  EXPECT_TRUE(model.converged);
  fill_missing(model, X.view());
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  for (index_t i = 0; i < 320; ++i) {
    EXPECT_TRUE(double(std::abs(X.data()[i] - whole.data()[i])) <= std::max(1e-7, 1000 * eps)) << i;
  }
}

TEST(ProbabilisticEdges, ConstantColumnsAndRowsOfNothingAreHarmless) {
  Matrix<double> X = holed_table<double>(30, 6, 2, 0.3, 9);
  for (index_t i = 0; i < 30; ++i) X(i, 4) = 2.5;
  X(7, 4) = NAN;
  for (index_t j = 0; j < 6; ++j) X(11, j) = NAN;
  const auto model = fit_probabilistic_pca(std::as_const(X).view());
  EXPECT_TRUE(model.converged);
  EXPECT_EQ(log_likelihood(model, std::as_const(X).view())[11], 0);
  fill_missing(model, X.view());
  EXPECT_TRUE(std::abs(X(7, 4) - 2.5) <= 1e-6);
  for (index_t j = 0; j < 6; ++j) {
    EXPECT_TRUE(std::abs(X(11, j) - model.mean[std::size_t(j)]) <= 1e-12);
  }
  EXPECT_TRUE(complete_rows<double>(std::as_const(X).view()).size() == 30U);
}

TEST(ProbabilisticEdges, TheLimitOfIterationsIsReported) {
  const Matrix<double> X = holed_table<double>(30, 6, 2, 0.3, 9);
  const auto model = fit_probabilistic_pca(X.view(), {.iterations = 1});
  EXPECT_FALSE(model.converged);
  EXPECT_EQ(model.iterations, 1);
  const auto loose = fit_probabilistic_pca(X.view(), {.tolerance = 0.1});
  const auto tight = fit_probabilistic_pca(X.view(), {.tolerance = 1e-6});
  EXPECT_LT(loose.iterations, tight.iterations);
}

TEST(ProbabilisticEdges, TheColumnsOfWAreOrthogonalAndFollowTheSignRule) {
  const Matrix<double> X = holed_table<double>(50, 6, 3, 0.3, 2);
  const auto model = fit_probabilistic_pca(X.view(), {.components = 3});
  double last = INFINITY;
  for (index_t a = 0; a < 3; ++a) {
    double square = 0, largest = 0, entry = 0;
    for (index_t j = 0; j < 6; ++j) {
      square += model.W(j, a) * model.W(j, a);
      if (std::abs(model.W(j, a)) <= largest) continue;
      largest = std::abs(model.W(j, a));
      entry = model.W(j, a);
    }
    EXPECT_TRUE(entry > 0);
    EXPECT_TRUE(square <= last);
    last = square;
    for (index_t b = 0; b < a; ++b) {
      double inner = 0;
      for (index_t j = 0; j < 6; ++j) inner += model.W(j, a) * model.W(j, b);
      EXPECT_TRUE(std::abs(inner) <= 1e-12);
    }
  }
}

TEST(ProbabilisticEdges, MistakesAreNamed) {
  const auto refuses = [](const Matrix<double>& X, const ProbabilisticPcaOptions& o) {
    EXPECT_THROW((void)fit_probabilistic_pca(X.view(), o), InvalidArgument);
  };
  Matrix<double> X = holed_table<double>(10, 4, 1, 0.3, 9);
  refuses(X, {.components = 0});
  refuses(X, {.components = 4});
  refuses(X, {.tolerance = 0});
  refuses(X, {.iterations = 0});
  for (index_t i = 0; i < 10; ++i) X(i, 2) = NAN;
  try {
    (void)fit_probabilistic_pca(std::as_const(X).view());
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("column 3"), std::string::npos);
  }
  Matrix<double> flat(5, 4);
  flat(1, 1) = NAN;
  refuses(flat, {});
  Matrix<double> infinite = holed_table<double>(10, 4, 1, 0.3, 9);
  infinite(1, 1) = INFINITY;
  EXPECT_THROW((void)fit_probabilistic_pca(std::as_const(infinite).view()), NonFiniteInput);
  const Matrix<double> whole = cases::gaussian<double>(9, 4, 2);
  const auto model = fit_probabilistic_pca(whole.view());
  Matrix<double> other(2, 3);
  EXPECT_THROW((void)log_likelihood(model, std::as_const(other).view()), InvalidArgument);
  EXPECT_THROW(fill_missing(model, other.view()), InvalidArgument);
  ProbabilisticPca<double> silent = fit_probabilistic_pca(whole.view());
  silent.noise_variance = 0;
  EXPECT_THROW((void)log_likelihood(silent, whole.view()), InvalidArgument);
  Context stopped(1);
  stopped.cancel();
  const Matrix<double> holed = holed_table<double>(10, 4, 1, 0.3, 9);
  EXPECT_THROW((void)fit_probabilistic_pca(holed.view(), {}, stopped), Cancelled);
}

TEST(ProbabilisticEdges, AnyNumberOfThreadsGivesTheSameBits) {
  const Matrix<double> X = holed_table<double>(300, 12, 2, 0.3, 9);
  Context one(1);
  const auto first = fit_probabilistic_pca(X.view(), {}, one);
  for (const int threads : {2, 3}) {
    Context context(threads);
    const auto other = fit_probabilistic_pca(X.view(), {}, context);
    EXPECT_EQ(first.history, other.history);
    EXPECT_TRUE(std::equal(first.W.data(), first.W.data() + 24, other.W.data()));
  }
}

}  // namespace
}  // namespace eckart
