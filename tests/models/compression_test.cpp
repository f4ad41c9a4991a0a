#include "eckart/models/compression.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

Matrix<double> random(index_t rows, index_t cols, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  Matrix<double> A(rows, cols);
  for (index_t i = 0; i < rows * cols; ++i) A.data()[i] = normal(generator);
  return A;
}

// n x N inputs whose directions fall from 1 to smallest.
Matrix<double> inputs(index_t n, index_t N, double smallest, unsigned seed) {
  const Matrix<double> G = random(n, N, seed);
  const auto Q = dense_svd(*make_operator<double>(random(n, n, seed + 1).view()), {}).U.clone();
  Matrix<double> X(n, N);
  for (index_t s = 0; s < N; ++s) {
    for (index_t j = 0; j < n; ++j) {
      const double size = std::pow(smallest, double(j) / double(n - 1));
      for (index_t i = 0; i < n; ++i) X(i, s) += Q(i, j) * size * G(j, s);
    }
  }
  return X;
}

io::Model model_of(const std::string& name, const Matrix<double>& X) {
  // n x N, column-major: N x n, row by row.
  io::Model model{"made", {}, {}, {}};
  model.tensors.push_back(
      io::make_tensor<double>(name, io::ElementType::f64, {X.cols(), X.rows()}, X.view()));
  return model;
}

Matrix<double> gram_of(const Matrix<double>& X) {
  Matrix<double> G(X.rows(), X.rows());
  for (index_t a = 0; a < X.rows(); ++a) {
    for (index_t b = 0; b < X.rows(); ++b) {
      for (index_t s = 0; s < X.cols(); ++s) G(a, b) += X(a, s) * X(b, s);
    }
  }
  return G;
}

// ||(W - B A) X||_F and the least that rank k allows, from W X itself.
struct Losses {
  double found, best;
};
Losses losses(const Matrix<double>& Wt,
              const WeightFactors& f,
              const Matrix<double>& X,
              index_t k) {
  const index_t m = Wt.cols(), n = Wt.rows(), N = X.cols();
  Matrix<double> WX(m, N), EX(m, N);
  for (index_t i = 0; i < m; ++i) {
    for (index_t j = 0; j < n; ++j) {
      double product = 0;
      for (index_t p = 0; p < f.B_transposed.rows(); ++p) {
        product += f.B_transposed(p, i) * f.A_transposed(j, p);
      }
      for (index_t s = 0; s < N; ++s) {
        WX(i, s) += Wt(j, i) * X(j, s);
        EX(i, s) += (Wt(j, i) - product) * X(j, s);
      }
    }
  }
  const auto svd =
      dense_svd(*make_operator<double>(std::as_const(WX).view()), {.vectors = Vectors::none});
  double best = 0, found = 0;
  for (std::size_t i = std::size_t(k); i < svd.sigma.size(); ++i) best += std::pow(svd.sigma[i], 2);
  for (index_t i = 0; i < m * N; ++i) found += EX.data()[i] * EX.data()[i];
  return {std::sqrt(found), std::sqrt(best)};
}

InputRoot root(const io::Model& model,
               index_t n,
               Weighting weighting = Weighting::full,
               double ridge = 0) {
  auto found = read_root(model, "l", n, weighting, ridge);
  EXPECT_TRUE(found.has_value());
  return std::move(*found);
}

TEST(Compression, AttainsTheOptimumForInputsOfAnyKind) {
  // The rows of the table in the notes: mild, decaying, nearly singular, few samples, dead inputs.
  const index_t m = 40, n = 60, k = 12;
  const Matrix<double> Wt = random(n, m, 1);
  std::vector<Matrix<double>> cases;
  cases.push_back(inputs(n, 300, 1e-2, 2));
  cases.push_back(inputs(n, 300, 1e-5, 3));
  cases.push_back(inputs(n, 300, 1e-9, 4));
  cases.push_back(inputs(n, 30, 1e-2, 5));
  cases.push_back(inputs(n, 300, 1e-2, 6));
  for (index_t s = 0; s < 300; ++s) {
    for (index_t i = 20; i < 30; ++i) cases.back()(i, s) = 0;
  }
  for (const Matrix<double>& X : cases) {
    const WeightFactors by_samples = weighted_factors(Wt, root(model_of("l.samples", X), n), k);
    const Losses a = losses(Wt, by_samples, X, k);
    EXPECT_TRUE(a.found <= a.best * (1 + 1e-10)) << a.found / a.best;
    const WeightFactors by_gram = weighted_factors(Wt, root(model_of("l.gram", gram_of(X)), n), k);
    const Losses b = losses(Wt, by_gram, X, k);
    EXPECT_TRUE(b.found <= b.best * (1 + 1e-6)) << b.found / b.best;
  }
}

TEST(Compression, ErrorsAndSpectraAreThoseOfTheDefinition) {
  const index_t m = 25, n = 20, k = 6;
  const Matrix<double> Wt = random(n, m, 1), X = inputs(n, 100, 1e-2, 2);
  const InputRoot S = root(model_of("l", X), n);
  const WeightFactors factors = weighted_factors(Wt, S, k);
  const Losses l = losses(Wt, factors, X, k);
  const std::vector<double> sigma = weighted_spectrum(Wt, S);
  ASSERT_EQ(sigma.size(), 20U);
  double tail = 0, total = 0;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    total += sigma[i] * sigma[i];
    if (i >= std::size_t(k)) tail += sigma[i] * sigma[i];
  }
  EXPECT_TRUE(std::abs(std::sqrt(tail) - l.best) <= 1e-11 * l.best);
  EXPECT_TRUE(std::abs(weighted_error(Wt, factors, S) - l.found / std::sqrt(total)) <= 1e-12);
}

TEST(Compression, ARidgeMovesTowardsPlainTruncation) {
  const index_t n = 20;
  const Matrix<double> X = inputs(n, 100, 1e-3, 2);
  double energy = 0;
  for (index_t i = 0; i < n * 100; ++i) energy += X.data()[i] * X.data()[i];
  for (const char* kind : {"l.samples", "l.gram"}) {
    const bool samples = std::string(kind) == "l.samples";
    const InputRoot S =
        root(samples ? model_of(kind, X) : model_of(kind, gram_of(X)), n, Weighting::full, 0.3);
    const Matrix<double> G = gram_of(X);
    for (index_t a = 0; a < n; ++a) {
      for (index_t b = 0; b < n; ++b) {
        double sum = 0;
        for (index_t p = 0; p < S.S.cols(); ++p) sum += S.S(a, p) * S.S(b, p);
        const double expected = G(a, b) + (a == b ? 0.3 * energy / double(n) : 0);
        ASSERT_TRUE(std::abs(sum - expected) <= 1e-11 * energy) << kind;
      }
    }
  }
}

TEST(Compression, DiagonalsAreRootsOfMeanModuli) {
  const Matrix<double> X = inputs(5, 40, 0.1, 2);
  const InputRoot S = root(model_of("l.samples", X), 5, Weighting::diagonal);
  for (index_t i = 0; i < 5; ++i) {
    double mean = 0;
    for (index_t s = 0; s < 40; ++s) mean += std::abs(X(i, s)) / 40;
    EXPECT_TRUE(std::abs(S.S(i, i) - std::sqrt(mean)) <= 1e-14);
  }
  const InputRoot G = root(model_of("l.gram", gram_of(X)), 5, Weighting::diagonal);
  EXPECT_TRUE(std::abs(std::pow(G.S(2, 2), 4) - gram_of(X)(2, 2)) <= 1e-11);
  Matrix<double> sizes(5, 1);
  for (index_t i = 0; i < 5; ++i) sizes(i, 0) = double(i);
  const InputRoot D = root(model_of("l.diagonal", sizes), 5);
  EXPECT_EQ(D.S(3, 3), 3);
  EXPECT_EQ(D.S(3, 2), 0);
}

TEST(Compression, ActivationsThatDoNotFitAreRefused) {
  const Matrix<double> X = inputs(5, 40, 0.1, 2);
  EXPECT_FALSE(read_root(model_of("other", X), "l", 5, Weighting::full, 0).has_value());
  EXPECT_THROW(root(model_of("l.samples", X), 6), IoError);
  EXPECT_THROW(root(model_of("l.gram", X), 5), IoError);
  Matrix<double> G = gram_of(X);
  G(0, 1) += 10 * std::abs(G(0, 0));
  EXPECT_THROW(root(model_of("l.gram", G), 5), IoError);
  Matrix<double> bad = inputs(5, 40, 0.1, 2);
  bad(3, 7) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(root(model_of("l.samples", bad), 5), IoError);
}

TEST(Compression, FactorsSaveNumbersBelowTheBreakEvenRank) {
  for (const auto& [m, n] : {std::pair<index_t, index_t>{60, 80}, {4096, 4096}, {1, 128}, {2, 2}}) {
    const index_t k = largest_saving_rank(m, n);
    EXPECT_TRUE(k * (m + n) < m * n);
    EXPECT_TRUE((k + 1) * (m + n) >= m * n);
  }
  EXPECT_EQ(largest_saving_rank(4096, 4096), 2047);
}

TEST(Compression, ABudgetIsSpentWhereItRemovesMostError) {
  // Two small layers, all pairs of choices tried.
  const std::vector<BudgetLayer> layers = {{12, 10, 4, {10, 8, 5, 3, 2, 1, 0.5, 0.3, 0.2, 0.1}},
                                           {9, 14, 4, {5, 4.9, 4.8, 4.7, 4.6, 4.5, 4.4, 4.3, 4.2}}};
  const auto choice = [&](std::size_t l, index_t k) {
    const BudgetLayer& b = layers[l];
    double total = 0, left = 0;
    for (std::size_t i = 0; i < b.sigma.size(); ++i) {
      total += b.sigma[i] * b.sigma[i];
      if (k >= 0 && i >= std::size_t(k)) left += b.sigma[i] * b.sigma[i];
    }
    const double bytes = 4.0 * double(k < 0 ? b.rows * b.cols : k * (b.rows + b.cols));
    return std::pair(bytes, left / total);
  };
  const auto ranks_of = [&](std::size_t l) {
    std::vector<index_t> ranks = {-1};
    for (index_t k = 1; k <= largest_saving_rank(layers[l].rows, layers[l].cols); ++k) {
      ranks.push_back(k);
    }
    return ranks;
  };
  for (double budget = 4 * (22 + 23); budget <= 4 * (120 + 126); budget += 40) {
    const std::vector<index_t> found = allocate_ranks(layers, budget);
    const auto a = choice(0, found[0]), b = choice(1, found[1]);
    EXPECT_TRUE(a.first + b.first <= budget);
    double best = 2;
    for (const index_t ka : ranks_of(0)) {
      for (const index_t kb : ranks_of(1)) {
        const auto x = choice(0, ka), y = choice(1, kb);
        if (x.first + y.first <= budget) best = std::min(best, x.second + y.second);
      }
    }
    // Within one step: leaving the second layer whole removes up to half of its error.
    EXPECT_TRUE(a.second + b.second <= best + 0.2) << budget << ": " << a.second + b.second - best;
  }
  EXPECT_EQ(allocate_ranks(layers, 1e9), (std::vector<index_t>{-1, -1}));
  EXPECT_THROW(allocate_ranks(layers, 100), InvalidArgument);
}

}  // namespace
}  // namespace eckart
