#include "eckart/apps/compare.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart {
namespace {

// k triplets of some m x n matrix.
template <Scalar T>
struct Made {
  Matrix<T> U, V;
  std::vector<real_t<T>> sigma;
  std::vector<double> residuals = {};

  Triplets<T> view() const { return {U.view(), sigma, V.view(), residuals}; }
  Made clone() const { return {U.clone(), V.clone(), sigma, residuals}; }
};

template <Scalar T>
Made<T> made(index_t m, index_t n, const std::vector<double>& sigma, std::uint64_t seed = 1) {
  const auto k = static_cast<index_t>(sigma.size());
  return {cases::random_orthonormal<T>(m, k, seed).rounded(),
          cases::random_orthonormal<T>(n, k, seed + 100).rounded(),
          std::vector<real_t<T>>(sigma.begin(), sigma.end())};
}

// X(:, first : first + count) <- X(:, ...) Q
template <Scalar T>
void turn(Matrix<T>& X, index_t first, const Matrix<T>& Q) {
  const Matrix<T> old = X.clone();
  for (index_t j = 0; j < Q.cols(); ++j) {
    for (index_t i = 0; i < X.rows(); ++i) {
      T sum = 0;
      for (index_t l = 0; l < Q.rows(); ++l) sum += old(i, first + l) * Q(l, j);
      X(i, first + j) = sum;
    }
  }
}

template <Scalar T>
Matrix<T> rotation(index_t n, std::uint64_t seed) {
  return cases::random_orthonormal<T>(n, n, seed).rounded();
}

// Rotates the plane of columns i and j by an angle.
void tilt(Matrix<double>& X, index_t i, index_t j, double angle) {
  for (index_t r = 0; r < X.rows(); ++r) {
    const double x = X(r, i), y = X(r, j);
    X(r, i) = std::cos(angle) * x + std::sin(angle) * y;
    X(r, j) = std::cos(angle) * y - std::sin(angle) * x;
  }
}

template <class T>
class CompareEveryScalar : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(CompareEveryScalar, Scalars);

TYPED_TEST(CompareEveryScalar, SignsAndPhasesDoNotCount) {
  using T = TypeParam;
  const Made<T> one = made<T>(12, 9, {5, 3, 2, 1});
  Made<T> other = one.clone();
  for (index_t j = 0; j < 4; ++j) {
    T phase = -1;
    if constexpr (is_complex<T>) phase = std::polar<real_t<T>>(1, real_t<T>(1 + j));
    for (index_t i = 0; i < 12; ++i) other.U(i, j) *= phase;
    for (index_t i = 0; i < 9; ++i) other.V(i, j) *= phase;
  }
  const Comparison c = compare(one.view(), other.view());
  EXPECT_TRUE(c.same) << (c.findings.empty() ? "" : c.findings.front());
  EXPECT_EQ(c.clusters.size(), 4u);
  EXPECT_TRUE(c.sine <= 16 * std::numeric_limits<real_t<T>>::epsilon());
}

TYPED_TEST(CompareEveryScalar, AClusterMayBeRotated) {
  using T = TypeParam;
  const Made<T> one = made<T>(12, 9, {5, 3, 3, 3, 1});
  Made<T> other = one.clone();
  const Matrix<T> Q = rotation<T>(3, 7);
  turn(other.U, 1, Q);
  turn(other.V, 1, Q);
  const Comparison c = compare(one.view(), other.view());
  EXPECT_TRUE(c.same) << (c.findings.empty() ? "" : c.findings.front());
  ASSERT_EQ(c.clusters.size(), 3u);
  EXPECT_EQ(c.clusters[1].first, 1);
  EXPECT_EQ(c.clusters[1].count, 3);
}

TYPED_TEST(CompareEveryScalar, UAndVOfAClusterMustBeRotatedAlike) {
  using T = TypeParam;
  const Made<T> one = made<T>(12, 9, {5, 3, 3, 3, 1});
  Made<T> other = one.clone();
  turn(other.U, 1, rotation<T>(3, 7));
  turn(other.V, 1, rotation<T>(3, 8));
  const Comparison c = compare(one.view(), other.view());
  EXPECT_FALSE(c.same);
  ASSERT_EQ(c.findings.size(), 1u);
  EXPECT_NE(c.findings[0].find("triplets 2 to 4: U and V are turned differently"),
            std::string::npos);
}

TEST(Compare, NearlyEqualValuesMakeAClusterToo) {
  const Made<double> one = made<double>(12, 9, {5, 3, 3 - 1e-9, 1});
  Made<double> other = one.clone();
  const Matrix<double> Q = rotation<double>(2, 7);
  turn(other.U, 1, Q);
  turn(other.V, 1, Q);
  const Comparison c = compare(one.view(), other.view());
  EXPECT_TRUE(c.same);
  ASSERT_EQ(c.clusters.size(), 3u);
  // Seen as a whole, the space is the same to the last digit.
  EXPECT_TRUE(c.sine <= 1e-14);
  EXPECT_FALSE(compare(one.view(), other.view(), {.accuracy = 1e-12}).same);
}

TEST(Compare, ASignInUAloneIsADifference) {
  const Made<double> one = made<double>(8, 8, {5, 3, 2});
  Made<double> other = one.clone();
  for (index_t i = 0; i < 8; ++i) other.U(i, 1) = -other.U(i, 1);
  const Comparison c = compare(one.view(), other.view());
  EXPECT_FALSE(c.same);
  ASSERT_EQ(c.findings.size(), 1u);
  EXPECT_TRUE(c.findings[0].starts_with("triplet 2:"));
}

TEST(Compare, AWrongVectorOfASeparateValueIsADifference) {
  const Made<double> one = made<double>(20, 15, {5, 3, 2, 1});
  Made<double> other = one.clone();
  for (index_t i = 0; i < 15; ++i) other.V(i, 1) = 0;
  other.V(3, 1) = 1;
  const Comparison c = compare(one.view(), other.view());
  EXPECT_FALSE(c.same);
  ASSERT_FALSE(c.findings.empty());
  EXPECT_TRUE(c.findings[0].starts_with("triplet 2: the vectors of V differ"));
  for (const ClusterComparison& k : c.clusters) EXPECT_EQ(k.same, k.first != 1);
}

TEST(Compare, AWrongValueIsADifference) {
  const Made<double> one = made<double>(20, 15, {5, 3, 2, 1});
  Made<double> other = one.clone();
  other.sigma[2] *= 1 + 1e-8;
  const Comparison c = compare(one.view(), other.view());
  EXPECT_FALSE(c.same);
  ASSERT_EQ(c.findings.size(), 1u);
  EXPECT_TRUE(c.findings[0].starts_with("triplet 3: the singular values differ"));
  EXPECT_TRUE(compare(one.view(), other.view(), {.accuracy = 1e-7}).same);
}

TEST(Compare, AnglesAreJudgedByTheGap) {
  // Two values 1e-6 apart: what is known to 1e-10 leaves angles of about 2e-4.
  const Made<double> one = made<double>(20, 15, {5, 3, 3 - 5e-6, 1});
  for (const auto& [angle, same] : {std::pair{1e-4, true}, std::pair{1e-2, false}}) {
    Made<double> other = one.clone();
    tilt(other.U, 1, 2, angle);
    tilt(other.V, 1, 2, angle);
    EXPECT_EQ(compare(one.view(), other.view()).same, same) << angle;
    // The same angle between values that are far apart is a difference.
    Made<double> far = one.clone();
    tilt(far.U, 0, 3, angle);
    tilt(far.V, 0, 3, angle);
    EXPECT_FALSE(compare(one.view(), far.view()).same);
  }
}

TEST(Compare, KnownResidualsSharpenTheJudgement) {
  Made<double> one = made<double>(20, 15, {5, 3, 3 - 5e-6, 1});
  Made<double> other = one.clone();
  tilt(other.U, 1, 2, 1e-4);
  tilt(other.V, 1, 2, 1e-4);
  EXPECT_TRUE(compare(one.view(), other.view()).same);
  one.residuals = other.residuals = {1e-15, 1e-15, 1e-15, 1e-15};
  EXPECT_FALSE(compare(one.view(), other.view()).same);
  // A residual that is worse than the accuracy excuses nothing.
  other.residuals = {1, 1, 1, 1};
  Made<double> wrong = one.clone();
  wrong.residuals = {1, 1, 1, 1};
  tilt(wrong.V, 0, 3, 0.5);
  EXPECT_FALSE(compare(one.view(), wrong.view()).same);
}

TEST(Compare, TheShorterOneMayCutACluster) {
  const Made<double> one = made<double>(20, 15, {5, 3, 3, 1});
  Made<double> other = one.clone();
  const Matrix<double> Q = rotation<double>(2, 3);
  turn(other.U, 1, Q);
  turn(other.V, 1, Q);
  other.U.keep_columns(2);
  other.V.keep_columns(2);
  other.sigma.resize(2);
  EXPECT_TRUE(compare(one.view(), other.view()).same);
  EXPECT_TRUE(compare(other.view(), one.view()).same);
  EXPECT_EQ(compare(other.view(), one.view()).compared, 2);
}

TEST(Compare, AValueBehindTheLastLeavesItsVectorsOpen) {
  // A third triplet as large as the second, mixed into the last of the other.
  const Made<double> three = made<double>(20, 15, {5, 3, 3});
  Made<double> one = three.clone(), other = three.clone();
  tilt(other.U, 1, 2, 0.7);
  tilt(other.V, 1, 2, 0.7);
  for (Made<double>* x : {&one, &other}) {
    x->U.keep_columns(2);
    x->V.keep_columns(2);
    x->sigma.resize(2);
  }
  EXPECT_FALSE(compare(one.view(), other.view()).same);
  EXPECT_FALSE(compare(one.view(), other.view(), {.next = 1.0}).same);
  EXPECT_TRUE(compare(one.view(), other.view(), {.next = 3.0}).same);
}

TEST(Compare, VectorsOfZerosAreTurnedFreely) {
  const Made<double> one = made<double>(9, 9, {5, 3, 0, 0});
  Made<double> other = one.clone();
  turn(other.U, 2, rotation<double>(2, 3));
  turn(other.V, 2, rotation<double>(2, 4));
  EXPECT_TRUE(compare(one.view(), other.view()).same);
}

TEST(Compare, BoundsHoldForDecompositionsOfPerturbedMatrices) {
  // Known residuals are those of the perturbed triplets in the first matrix.
  cases::Random random(3);
  for (int trial = 0; trial < 20; ++trial) {
    const Matrix<double> A = cases::gaussian<double>(15, 10, 50 + std::uint64_t(trial));
    Matrix<double> B = A.clone();
    const double size = std::pow(10, -12 + 5 * random.uniform());
    for (index_t i = 0; i < 150; ++i) B.data()[i] += size * random.normal() / 25;
    const auto a = dense_svd(*make_operator(A.view())),
               b = dense_svd(*make_operator(std::as_const(B).view()));
    // ‖A - B‖ / σ₁ stays below size.
    const std::vector<double> residuals(10, size);
    const Comparison c =
        compare<double>({a.U.view(), a.sigma, a.V.view(), residuals},
                        {b.U.view(), b.sigma, b.V.view(), residuals}, {.accuracy = 1e-6});
    EXPECT_TRUE(c.same) << size << " " << c.findings.front();
  }
}

TEST(Compare, BitsDoNotDependOnThreads) {
  const Made<double> one = made<double>(300, 200, {5, 3, 3, 2, 1}, 1),
                     other = made<double>(300, 200, {5, 3, 3, 2, 1}, 2);
  Context single;
  single.set_threads(1);
  const Comparison reference = compare(one.view(), other.view(), {}, single);
  for (const int threads : {2, 3}) {
    Context context;
    context.set_threads(threads);
    const Comparison c = compare(one.view(), other.view(), {}, context);
    ASSERT_EQ(c.clusters.size(), reference.clusters.size());
    for (std::size_t i = 0; i < c.clusters.size(); ++i) {
      EXPECT_EQ(c.clusters[i].sine_U, reference.clusters[i].sine_U);
      EXPECT_EQ(c.clusters[i].sine_V, reference.clusters[i].sine_V);
      EXPECT_EQ(c.clusters[i].turn_difference, reference.clusters[i].turn_difference);
    }
  }
}

TEST(Compare, RefusesWhatDoesNotFit) {
  const Made<double> one = made<double>(8, 6, {5, 3, 2});
  const Made<double> wide = made<double>(8, 7, {5, 3, 2});
  EXPECT_THROW((void)compare(one.view(), wide.view()), InvalidArgument);
  Made<double> rising = one.clone();
  rising.sigma = {3, 5, 2};
  EXPECT_THROW((void)compare(one.view(), rising.view()), InvalidArgument);
  Made<double> negative = one.clone();
  negative.sigma[2] = -2;
  EXPECT_THROW((void)compare(negative.view(), one.view()), InvalidArgument);
  Made<double> few = one.clone();
  few.sigma.pop_back();
  EXPECT_THROW((void)compare(few.view(), one.view()), InvalidArgument);
  EXPECT_THROW((void)compare(one.view(), one.view(), {.accuracy = -1}), InvalidArgument);
}

// Rows of a table of numbers without a header.
std::vector<std::vector<double>> read_table(const std::string& path) {
  std::vector<std::vector<double>> rows;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    rows.emplace_back();
    for (std::string field; std::getline(fields, field, ',');)
      rows.back().push_back(std::stod(field));
  }
  return rows;
}

TEST(Compare, TheStoredComponents18And19OfASmallCellAtlasAreWrong) {
  const char* data = std::getenv("ECKART_DATA");
  if (!data) GTEST_SKIP() << "set ECKART_DATA to the folder of the test data";
  const std::string stem = std::string(data) + "/tabular/scrna/pbmc_small_";
  const auto cells = read_table(stem + "scaledata_20x80.csv"),
             scores = read_table(stem + "ref_pca_embeddings.csv"),
             deviations = read_table(stem + "ref_pca_stdev.csv");
  ASSERT_EQ(cells.size(), 20u);
  ASSERT_EQ(scores.size(), 80u);
  ASSERT_EQ(deviations.size(), 19u);
  // Rows are cells; V from the scores, as the stored loadings have the genes in another order.
  Matrix<double> A(80, 20);
  for (index_t i = 0; i < 80; ++i) {
    for (index_t j = 0; j < 20; ++j) A(i, j) = cells[std::size_t(j)][std::size_t(i)];
  }
  const auto engine = dense_svd(*make_operator(std::as_const(A).view()));
  Made<double> stored{Matrix<double>(80, 19), Matrix<double>(20, 19), {}};
  for (index_t k = 0; k < 19; ++k) {
    const double sigma = deviations[std::size_t(k)][0] * std::sqrt(79);
    stored.sigma.push_back(sigma);
    for (index_t i = 0; i < 80; ++i)
      stored.U(i, k) = scores[std::size_t(i)][std::size_t(k)] / sigma;
    for (index_t j = 0; j < 20; ++j) {
      for (index_t i = 0; i < 80; ++i) stored.V(j, k) += A(i, j) * stored.U(i, k) / sigma;
    }
  }
  const Comparison c =
      compare<double>({engine.U.view(), engine.sigma, engine.V.view()}, stored.view());
  EXPECT_FALSE(c.same);
  ASSERT_EQ(c.clusters.size(), 19u);
  for (const ClusterComparison& k : c.clusters) EXPECT_EQ(k.same, k.first < 17) << k.first + 1;
}

}  // namespace
}  // namespace eckart
