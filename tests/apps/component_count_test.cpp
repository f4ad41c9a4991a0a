// tests of src/apps/component_count.cpp: how many principal components.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "eckart/apps/pca.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart {
namespace {

// The given number of directions, each through all columns, in noise of deviation 1.
Matrix<double> signal_in_noise(index_t m, index_t n, index_t signals, double size) {
  Matrix<double> A = cases::gaussian<double>(m, n, 17);
  const Matrix<double> left = cases::gaussian<double>(m, signals, 4),
                       right = cases::gaussian<double>(n, signals, 6);
  for (index_t j = 0; j < n; ++j) {
    for (index_t s = 0; s < signals; ++s) {
      for (index_t i = 0; i < m; ++i) A(i, j) += size * left(i, s) * right(j, s);
    }
  }
  return A;
}

TEST(ComponentCount, ParallelAnalysisAndMinkaFindTheSignals) {
  for (const index_t signals : {1, 3}) {
    const Matrix<double> A = signal_in_noise(400, 12, signals, 2);
    const auto op = make_operator(A.view());
    const Pca<double> correlations = fit_pca(*op, {.scale = true});
    const std::vector<double> ones(12, 1.0);
    const ParallelAnalysis horn = parallel_analysis(correlations.explained_variance, 400, ones);
    EXPECT_EQ(horn.components, signals);
    EXPECT_EQ(minka_components(fit_pca(*op).explained_variance, 400), signals);
    ASSERT_EQ(horn.threshold.size(), 12U);
    // Marchenko and Pastur: the variances of noise end near (1 +- root of n / m)^2.
    EXPECT_TRUE(std::abs(horn.threshold[0] - std::pow(1 + std::sqrt(12.0 / 400), 2)) <= 0.15);
    EXPECT_TRUE(std::abs(horn.threshold[11] - std::pow(1 - std::sqrt(12.0 / 400), 2)) <= 0.15);
  }
}

TEST(ComponentCount, NoiseAloneHasNoComponentByParallelAnalysis) {
  const Matrix<double> A = cases::gaussian<double>(300, 10, 99);
  const Pca<double> model = fit_pca(*make_operator(A.view()));
  const std::vector<double> ones(10, 1.0);
  EXPECT_LE(parallel_analysis(model.explained_variance, 300, ones, true, 40, 0.99).components, 0);
  // Noise in other units is noise: the deviations say so.
  std::vector<double> tens(10, 10.0), hundreds;
  for (const double v : model.explained_variance) hundreds.push_back(100 * v);
  EXPECT_LE(parallel_analysis(hundreds, 300, tens, true, 40, 0.99).components, 0);
  EXPECT_EQ(parallel_analysis(hundreds, 300, ones, true, 40, 0.99).components, 10);
}

// Of two rows and one column: the median of chi squared with one degree of freedom, or two.
TEST(ComponentCount, CentringTakesADegreeOfFreedom) {
  const std::vector<double> one = {1.0};
  const auto median = [&](bool center) {
    return parallel_analysis(one, 2, one, center, 2000, 0.5).threshold[0];
  };
  EXPECT_TRUE(std::abs(median(true) - 0.4549) <= 0.06);
  EXPECT_TRUE(std::abs(median(false) - 1.3863) <= 0.12);
}

// n_components_ of scikit-learn 1.2.1's PCA(n_components='mle') on iris.
TEST(ComponentCount, MinkaKeepsThreeComponentsOfIris) {
  const std::vector<double> iris = {4.228241706034864, 0.24267074792863344, 0.07820950004291942,
                                    0.023835092973449434};
  EXPECT_EQ(minka_components(iris, 150), 3);
}

TEST(ComponentCount, TheSeedDecides) {
  const std::vector<double> variances = {3, 2, 1}, ones(3, 1.0);
  const auto run = [&](std::uint64_t seed) {
    return parallel_analysis(variances, 20, ones, true, 5, 0.5, seed).threshold;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(ComponentCount, EdgesAndMistakes) {
  const std::vector<double> one = {2.0}, none, ones(2, 1.0), zeros = {0, 0};
  EXPECT_EQ(minka_components(one, 5), 1);
  EXPECT_EQ(minka_components(zeros, 5), 1);
  EXPECT_THROW((void)minka_components(none, 5), InvalidArgument);
  EXPECT_THROW((void)minka_components(ones, static_cast<index_t>(ones.size()) - 1),
               InvalidArgument);
  EXPECT_THROW((void)parallel_analysis(one, 1, one), InvalidArgument);
  EXPECT_THROW((void)parallel_analysis(one, 5, none), InvalidArgument);
  EXPECT_THROW((void)parallel_analysis(one, 5, one, true, 0), InvalidArgument);
  EXPECT_THROW((void)parallel_analysis(one, 5, one, true, 5, 1.0), InvalidArgument);
  Context small(1);
  small.set_memory_cap_bytes(1000);
  EXPECT_THROW((void)parallel_analysis(one, 500, one, true, 1, 0.5, 0, small), MemoryLimit);
}

}  // namespace
}  // namespace eckart
