#include "eckart/apps/robust_pca.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "eckart/error.hpp"
#include "tests/cases/random_matrices.hpp"

namespace eckart {
namespace {

template <Scalar T>
Matrix<T> low_rank_of(const RobustPcaResult<T>& result) {
  const SvdResult<T>& f = result.low_rank;
  Matrix<T> L(f.U.rows(), f.V.rows());
  for (std::size_t l = 0; l < f.sigma.size(); ++l) {
    const auto c = static_cast<index_t>(l);
    for (index_t j = 0; j < L.cols(); ++j) {
      for (index_t i = 0; i < L.rows(); ++i) {
        L(i, j) += f.U(i, c) * f.sigma[l] * conjugate(f.V(j, c));
      }
    }
  }
  return L;
}

// ||A - B||_F / ||B||_F
template <Scalar T>
double relative_difference(const Matrix<T>& A, const Matrix<T>& B) {
  double difference = A.rows() == B.rows() && A.cols() == B.cols() ? 0 : NAN, size = 0;
  for (index_t i = 0; i < B.rows() * B.cols(); ++i) {
    difference += std::pow(double(std::abs(A.data()[i] - B.data()[i])), 2);
    size += std::pow(double(std::abs(B.data()[i])), 2);
  }
  return std::sqrt(difference / size);
}

// A sum of a product of two Gaussian factors and a few entries of any sign, far larger.
template <Scalar T>
struct Planted {
  Matrix<T> A, L, S;
  index_t nonzeros = 0;

  Planted(index_t m, index_t n, index_t rank, double share, std::uint64_t seed)
      : A(m, n), L(m, n), S(m, n) {
    const Matrix<T> G = cases::gaussian<T>(m, rank, seed), H = cases::gaussian<T>(n, rank, ~seed);
    cases::Random random(seed + 7);
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) {
        for (index_t l = 0; l < rank; ++l) L(i, j) += G(i, l) * H(j, l);
        if (random.uniform() < share) {
          const T entry = random.entry<T>();
          S(i, j) = entry / std::abs(entry) * real_t<T>(10);
          ++nonzeros;
        }
        A(i, j) = L(i, j) + S(i, j);
      }
    }
  }
};

template <Scalar T>
Matrix<T> filled(index_t m, index_t n, const std::vector<double>& by_column) {
  Matrix<T> A(m, n);
  for (std::size_t i = 0; i < by_column.size(); ++i) {
    A.data()[i] = static_cast<real_t<T>>(by_column[i]);
  }
  return A;
}

template <class T>
class RobustPcaOfEachScalar : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(RobustPcaOfEachScalar, Scalars);

TYPED_TEST(RobustPcaOfEachScalar, RecoversWhatWasPlanted) {
  using T = TypeParam;
  const double bound = std::same_as<real_t<T>, float> ? 1e-4 : 1e-6;
  for (const auto& [m, n, rank, share] :
       {std::tuple<index_t, index_t, index_t, double>{100, 100, 5, 0.05},
        {160, 60, 3, 0.1},
        {60, 160, 3, 0.05}}) {
    const Planted<T> planted(m, n, rank, share, 5);
    const RobustPcaResult<T> result = robust_pca<T>(planted.A.view());
    EXPECT_TRUE(result.met);
    EXPECT_EQ(static_cast<index_t>(result.low_rank.sigma.size()), rank);
    EXPECT_TRUE(result.low_rank.report.certificate.met);
    EXPECT_TRUE(relative_difference(low_rank_of(result), planted.L) <= bound);
    EXPECT_TRUE(relative_difference(result.sparse, planted.S) <= bound);
    // No entry is missed; in single precision rounding may leave specks.
    for (index_t i = 0; i < m * n; ++i) {
      if (planted.S.data()[i] == T(0)) continue;
      EXPECT_TRUE(std::abs(result.sparse.data()[i]) > 9);
    }
    if (std::same_as<real_t<T>, double>) {
      EXPECT_EQ(result.nonzeros, planted.nonzeros);
    }
  }
}

TYPED_TEST(RobustPcaOfEachScalar, ScaledByAPowerOfTwoIsTheSameToTheBit) {
  using T = TypeParam;
  using Real = real_t<T>;
  const Planted<T> planted(30, 20, 2, 0.05, 9);
  const RobustPcaResult<T> plain = robust_pca<T>(planted.A.view());
  const int far = std::same_as<Real, float> ? 100 : 900;
  for (const int exponent : {far, -far}) {
    Matrix<T> A = planted.A.clone();
    for (index_t i = 0; i < 600; ++i) A.data()[i] *= std::ldexp(Real(1), exponent);
    const RobustPcaResult<T> scaled = robust_pca<T>(A.view());
    EXPECT_EQ(scaled.iterations, plain.iterations);
    for (index_t i = 0; i < 600; ++i) {
      EXPECT_EQ(scaled.sparse.data()[i], plain.sparse.data()[i] * std::ldexp(Real(1), exponent));
    }
  }
}

TEST(RobustPca, RecoversALargeMatrixByItsFewTriplets) {
  const Planted<double> planted(450, 420, 4, 0.05, 3);
  const RobustPcaResult<double> result = robust_pca<double>(planted.A.view());
  EXPECT_TRUE(result.met);
  EXPECT_TRUE(relative_difference(low_rank_of(result), planted.L) <= 1e-6);
  EXPECT_EQ(result.nonzeros, planted.nonzeros);
}

TEST(RobustPca, ResidualObjectiveAndGapAreThoseOfTheResult) {
  Matrix<double> A = cases::gaussian<double>(40, 25, 2);
  for (index_t i = 0; i < 1000; ++i) A.data()[i] += 3;
  const RobustPcaResult<double> result = robust_pca<double>(A.view());
  const Matrix<double> L = low_rank_of(result);
  Matrix<double> sum = L.clone();
  double objective = 0;
  for (const double sigma : result.low_rank.sigma) objective += sigma;
  for (index_t i = 0; i < 1000; ++i) {
    sum.data()[i] += result.sparse.data()[i];
    objective += std::abs(A.data()[i] - L.data()[i]) / std::sqrt(40.0);
  }
  EXPECT_TRUE(std::abs(result.residual - relative_difference(sum, A)) <= 1e-12);
  EXPECT_TRUE(std::abs(result.objective - objective) <= 1e-10 * objective);

  // No pair is better than the gap allows: here one from a way ten times as slow.
  RobustPcaOptions slow;
  slow.growth = 1.01;
  slow.gap = 1e-5;
  slow.max_iterations = 5000;
  const RobustPcaResult<double> best = robust_pca<double>(A.view(), slow);
  EXPECT_TRUE(best.met);
  EXPECT_TRUE(best.gap <= 1e-5);
  EXPECT_TRUE(best.objective <= result.objective);
  EXPECT_TRUE(result.objective * (1 - result.gap) <= best.objective);
  EXPECT_TRUE(result.gap > best.gap);
}

TEST(RobustPca, SlowsDownUntilTheGapAskedForIsReached) {
  const Matrix<double> A = cases::gaussian<double>(40, 25, 2);
  RobustPcaOptions options;
  options.growth = 2;
  options.gap = 0.5;
  const RobustPcaResult<double> hasty = robust_pca<double>(A.view(), options);
  EXPECT_TRUE(hasty.met);
  EXPECT_TRUE(hasty.gap > 1e-3);
  options.gap = 1e-4;
  const RobustPcaResult<double> near = robust_pca<double>(A.view(), options);
  EXPECT_TRUE(near.met);
  EXPECT_TRUE(near.gap <= 1e-4);
  EXPECT_TRUE(near.iterations > hasty.iterations);
  EXPECT_TRUE(near.objective < hasty.objective);
}

TEST(RobustPca, OneRowIsItselfCutAtALevel) {
  // min ||l||_2 + lambda ||a - l||_1 cuts entries at t with t = lambda ||l||_2: for a = (1, 1, 1,
  // 10) and lambda = 0.7, t^2 = 0.49 (3 + t^2).
  const double t = std::sqrt(0.49 * 3 / 0.51);
  for (const bool column : {false, true}) {
    const Matrix<double> A =
        column ? filled<double>(4, 1, {1, 1, 1, 10}) : filled<double>(1, 4, {1, 1, 1, 10});
    RobustPcaOptions options;
    options.lambda = 0.7;
    options.gap = 1e-6;
    const RobustPcaResult<double> result = robust_pca<double>(A.view(), options);
    EXPECT_TRUE(result.met);
    const Matrix<double> L = low_rank_of(result);
    EXPECT_TRUE(std::abs(L.data()[0] - 1) <= 1e-4);
    EXPECT_TRUE(std::abs(L.data()[3] - t) <= 1e-4);
    EXPECT_EQ(result.nonzeros, 1);
  }
}

TEST(RobustPca, AConstantMatrixIsAllLowRank) {
  const Matrix<double> A = filled<double>(6, 9, std::vector<double>(54, -2.5));
  const RobustPcaResult<double> result = robust_pca<double>(A.view());
  EXPECT_TRUE(result.met);
  EXPECT_EQ(result.low_rank.sigma.size(), 1U);
  EXPECT_TRUE(relative_difference(low_rank_of(result), A) <= 1e-6);
}

TEST(RobustPca, LambdaMovesEverythingToEitherSide) {
  const Matrix<double> A = cases::gaussian<double>(12, 8, 1);
  RobustPcaOptions options;
  options.lambda = 1;  // entries of U V^H are at most 1: Y = U V^H proves L = A
  const RobustPcaResult<double> all_low = robust_pca<double>(A.view(), options);
  EXPECT_TRUE(relative_difference(low_rank_of(all_low), A) <= 1e-6);
  EXPECT_EQ(all_low.nonzeros, 0);
  options.lambda = 0.1;  // ||lambda sign(A)||_2 <= lambda sqrt(96) < 1 proves S = A
  const RobustPcaResult<double> all_sparse = robust_pca<double>(A.view(), options);
  EXPECT_TRUE(all_sparse.low_rank.sigma.empty());
  EXPECT_EQ(all_sparse.low_rank.U.rows(), 12);
  EXPECT_TRUE(relative_difference(all_sparse.sparse, A) <= 1e-6);
}

TEST(RobustPca, ZerosAndEmptyMatricesAreTheirOwnSum) {
  for (const auto& [m, n] : {std::pair<index_t, index_t>{5, 3}, {0, 3}, {4, 0}, {0, 0}}) {
    const RobustPcaResult<double> result = robust_pca<double>(Matrix<double>(m, n).view());
    EXPECT_TRUE(result.met);
    EXPECT_TRUE(result.low_rank.sigma.empty());
    EXPECT_EQ(result.low_rank.U.rows(), m);
    EXPECT_EQ(result.low_rank.V.rows(), n);
    EXPECT_EQ(result.sparse.rows(), m);
    EXPECT_EQ(result.sparse.cols(), n);
    EXPECT_EQ(result.nonzeros, 0);
    EXPECT_EQ(result.residual, 0);
  }
}

TEST(RobustPca, SameBitsForAnyNumberOfThreads) {
  const Planted<double> planted(430, 410, 3, 0.05, 8);  // by Lanczos
  const Matrix<double> small = cases::gaussian<double>(70, 50, 4);
  for (const Matrix<double>* A : {&planted.A, &small}) {
    Context one(1);
    const RobustPcaResult<double> first = robust_pca<double>(A->view(), {}, one);
    for (const int threads : {2, 3}) {
      Context context(threads);
      const RobustPcaResult<double> other = robust_pca<double>(A->view(), {}, context);
      EXPECT_EQ(other.iterations, first.iterations);
      EXPECT_EQ(other.gap, first.gap);
      ASSERT_EQ(other.low_rank.sigma, first.low_rank.sigma);
      const auto bytes = static_cast<std::size_t>(A->rows() * A->cols()) * sizeof(double);
      EXPECT_EQ(std::memcmp(other.sparse.data(), first.sparse.data(), bytes), 0);
    }
  }
}

TEST(RobustPca, TheIterationLimitGivesTheLastIterate) {
  const Planted<double> planted(60, 60, 3, 0.05, 1);
  RobustPcaOptions options;
  options.max_iterations = 3;
  const RobustPcaResult<double> result = robust_pca<double>(planted.A.view(), options);
  EXPECT_FALSE(result.met);
  EXPECT_EQ(result.status, Status::iteration_limit);
  EXPECT_EQ(result.iterations, 3);
  EXPECT_TRUE(result.residual > 1e-7 && result.residual < 1);
  EXPECT_TRUE(result.gap > 0 && result.gap < 1);
  EXPECT_FALSE(result.low_rank.report.certificate.met);
  const auto& findings = result.low_rank.report.certificate.findings;
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_NE(findings[0].find("||A - L - S||"), std::string::npos);
  EXPECT_NE(findings[1].find("above its minimum"), std::string::npos);
}

TEST(RobustPca, CancellationGivesTheLastIterateOrNothing) {
  const Planted<double> planted(60, 60, 3, 0.05, 1);
  Context context;
  context.on_progress([&](const Progress& now) {
    if (now.stage == "pursuit" && now.residual < 0.01) context.cancel();
  });
  const RobustPcaResult<double> result = robust_pca<double>(planted.A.view(), {}, context);
  EXPECT_EQ(result.status, Status::cancelled);
  EXPECT_FALSE(result.met);
  EXPECT_EQ(result.gap, 1);
  ASSERT_FALSE(result.low_rank.report.certificate.findings.empty());
  EXPECT_NE(result.low_rank.report.certificate.findings.back().find("stopped"), std::string::npos);
  Matrix<double> sum = low_rank_of(result);
  for (index_t i = 0; i < 3600; ++i) sum.data()[i] += result.sparse.data()[i];
  EXPECT_TRUE(relative_difference(sum, planted.A) <= 0.01);
  // The context is still cancelled: there is nothing to return.
  EXPECT_THROW((void)robust_pca<double>(planted.A.view(), {}, context), Cancelled);
}

TEST(RobustPca, TheTimeLimitGivesTheLastIterate) {
  const Planted<double> planted(60, 60, 3, 0.05, 1);
  Context context;
  double now = 0;
  context.set_time_limit(5, [&] { return now; });
  context.on_progress([&](const Progress& p) { now += p.stage == "pursuit" ? 1 : 0; });
  const RobustPcaResult<double> result = robust_pca<double>(planted.A.view(), {}, context);
  EXPECT_EQ(result.status, Status::time_limit);
  EXPECT_EQ(result.iterations, 5);
  ASSERT_FALSE(result.low_rank.report.certificate.findings.empty());
  EXPECT_NE(result.low_rank.report.certificate.findings.back().find("stopped"), std::string::npos);
}

TEST(RobustPca, StopsAtTheToleranceAskedFor) {
  const Planted<double> planted(60, 60, 3, 0.05, 1);
  RobustPcaOptions rough;
  rough.tolerance = 1e-3;
  const RobustPcaResult<double> result = robust_pca<double>(planted.A.view(), rough);
  EXPECT_TRUE(result.met);
  EXPECT_TRUE(result.residual <= 1e-3);
  EXPECT_TRUE(result.residual > 1e-7);
}

TEST(RobustPca, SaysWhatIsWrongWithItsInput) {
  Matrix<double> A = cases::gaussian<double>(4, 3, 1);
  const auto refuses = [&](RobustPcaOptions options, const std::string& word) {
    try {
      (void)robust_pca<double>(A.view(), options);
      ADD_FAILURE() << word << " was accepted";
    } catch (const InvalidArgument& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {0.0, -1.0, nan, double(INFINITY)}) refuses({.lambda = bad}, "lambda");
  for (const double bad : {-1.0, 1.0, nan}) refuses({.tolerance = bad}, "tolerance");
  for (const double bad : {0.0, 1.0, nan}) refuses({.gap = bad}, "gap");
  for (const double bad : {1.0, 2.5, nan}) refuses({.growth = bad}, "growth");
  refuses({.max_iterations = 0}, "max_iterations");
  A(2, 1) = nan;
  try {
    (void)robust_pca<double>(A.view());
    ADD_FAILURE() << "a NaN was accepted";
  } catch (const NonFiniteInput& error) {
    EXPECT_EQ(error.row(), 2);
    EXPECT_EQ(error.col(), 1);
  }
}

// The frames as columns, from the bytes of the file: a header of 128 and one for each pixel.
Matrix<float> video_frames(index_t pixels, index_t frames) {
  std::ifstream file(std::string(EXAMPLES_DATA) + "/video_frames/frames_180x36x64_u8.npy",
                     std::ios::binary);
  std::vector<char> bytes(static_cast<std::size_t>(pixels * frames));
  file.seekg(128).read(bytes.data(), pixels * frames);
  Matrix<float> A(pixels, frames);
  for (index_t i = 0; i < pixels * frames; ++i) {
    A.data()[i] = static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  }
  EXPECT_TRUE(file.good());
  return A;
}

TEST(RobustPca, SeparatesTheBackgroundOfAVideoFromWhatMoves) {
  constexpr index_t pixels = 36 * 64, frames = 180;
  const Matrix<float> A = video_frames(pixels, frames);
  RobustPcaOptions options;
  options.tolerance = 1e-4;  // a hundredth of a grey level
  const RobustPcaResult<float> result = robust_pca<float>(A.view(), options);
  EXPECT_TRUE(result.met);
  const Matrix<float> L = low_rank_of(result);

  index_t still = 0, near = 0, ghosts = 0, moving = 0, found = 0;
  std::vector<float> series(frames);
  for (index_t i = 0; i < pixels; ++i) {
    for (index_t j = 0; j < frames; ++j) series[static_cast<std::size_t>(j)] = A(i, j);
    std::nth_element(series.begin(), series.begin() + frames / 2, series.end());
    const float median = series[frames / 2];
    for (index_t j = 0; j < frames; ++j) {
      const float change = std::abs(A(i, j) - median);
      if (change <= 3) {
        ++still;
        if (std::abs(L(i, j) - median) <= 5) ++near;
        if (std::abs(result.sparse(i, j)) >= 20) ++ghosts;
      }
      if (change >= 40) {
        ++moving;
        if (std::abs(result.sparse(i, j)) >= change / 2) ++found;
      }
    }
  }
  EXPECT_TRUE(still > 300000 && moving > 15000);
  const auto share = [](index_t part, index_t whole) { return double(part) / double(whole); };
  EXPECT_TRUE(share(near, still) >= 0.97);
  EXPECT_TRUE(share(found, moving) >= 0.8);
  EXPECT_TRUE(share(ghosts, still) <= 0.01);
}

}  // namespace
}  // namespace eckart
