#include "eckart/streaming.hpp"

#include <cmath>

#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

// Rows whose matrix has `rank` singular values that are not zero.
template <Scalar T>
Matrix<T> low_rank(index_t m, index_t n, index_t rank, std::uint64_t seed) {
  const Matrix<T> L = cases::gaussian<T>(m, rank, seed);
  const Matrix<T> R = cases::gaussian<T>(rank, n, seed + 1);
  Matrix<T> A(m, n);
  Context context(1);
  make_operator(L.view())->apply(R.view(), A.view(), context);
  return A;
}

template <Scalar T>
double eps() {
  return std::numeric_limits<real_t<T>>::epsilon();
}

// ||A - U diag(sigma) V^H||_F.
template <Scalar T>
double distance(MatrixView<const T> A,
                MatrixView<const T> U,
                const std::vector<real_t<T>>& sigma,
                MatrixView<const T> V) {
  double sum = 0;
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) {
      double entry = static_cast<double>(A(i, j));
      for (std::size_t t = 0; t < sigma.size(); ++t) {
        const auto c = static_cast<index_t>(t);
        entry -= double(U(i, c)) * double(sigma[t]) * double(V(j, c));
      }
      sum += entry * entry;
    }
  }
  return std::sqrt(sum);
}

template <Scalar T>
double loss(MatrixView<const T> X) {
  double worst = 0;
  for (index_t a = 0; a < X.cols; ++a) {
    for (index_t b = 0; b < X.cols; ++b) {
      double sum = a == b ? -1 : 0;
      for (index_t i = 0; i < X.rows; ++i) sum += double(X(i, a)) * double(X(i, b));
      worst = std::abs(sum) <= worst ? worst : std::abs(sum);
    }
  }
  return worst;
}

template <Scalar T>
std::vector<real_t<T>> values_of(MatrixView<const T> A) {
  Context context(1);
  return dense_svd<T>(*make_operator(A), {.vectors = Vectors::none}, context).sigma;
}

template <class Real>
void expect_near(const std::vector<Real>& sigma, const std::vector<Real>& exact, double slack) {
  ASSERT_TRUE(sigma.size() <= exact.size());
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    EXPECT_TRUE(std::abs(double(sigma[i]) - double(exact[i])) <= slack * double(exact[0]))
        << i << ": " << (double(sigma[i]) - double(exact[i])) / double(exact[0]);
  }
}

template <class T>
class Streaming : public testing::Test {};
using RealScalars = testing::Types<float, double>;
TYPED_TEST_SUITE(Streaming, RealScalars);

TYPED_TEST(Streaming, IsTheBatchSvdToRoundingWhileTheRankIsKept) {
  using T = TypeParam;
  const Matrix<T> A = low_rank<T>(203, 50, 7, 1);
  Context context(2);
  for (const index_t batch : {1, 3, 64, 203}) {
    IncrementalSvd<T> running(50, {.rank = 7});
    for (index_t first = 0; first < 203; first += batch) {
      running.append_rows(view(A).block(first, 0, std::min(batch, 203 - first), 50), context);
    }
    ASSERT_EQ(running.rows(), 203);
    expect_near(running.sigma(), values_of(view(A)), 100 * eps<T>());
    EXPECT_TRUE(distance(view(A), running.U(context), running.sigma(), running.V()) <=
                400 * eps<T>() * double(running.sigma()[0]));
    EXPECT_TRUE(running.left_out() <= 1000 * eps<T>() * double(running.sigma()[0]));
    EXPECT_TRUE(loss(running.V()) <= 200 * eps<T>());
    EXPECT_TRUE(loss(running.U(context)) <= 200 * eps<T>());
  }
}

TYPED_TEST(Streaming, GivesRowsOfZerosTheirPlaceInU) {
  using T = TypeParam;
  Context context(1);
  Matrix<T> A(2, 2);
  A(0, 0) = 3;
  A(1, 1) = 2;
  IncrementalSvd<T> running(2, {.rank = 2});
  running.append_rows(view(A), context);
  EXPECT_EQ(running.U(context).rows, 2);
  running.append_rows(view(Matrix<T>(2, 2)), context);  // nothing turns: the factors stay
  ASSERT_EQ(running.U(context).rows, 4);
  EXPECT_EQ(std::abs(running.U(context)(0, 0)), T{1});
  EXPECT_EQ(running.U(context)(3, 0), T{0});
}

TYPED_TEST(Streaming, TakesRowsAndColumnsInAnyOrder) {
  using T = TypeParam;
  const Matrix<T> A = low_rank<T>(60, 45, 6, 3);
  Context context(2);
  IncrementalSvd<T> running(30, {.rank = 6});
  running.append_rows(view(A).block(0, 0, 40, 30), context);
  running.append_cols(view(A).block(0, 30, 40, 10), context);
  running.append_rows(view(A).block(40, 0, 20, 40), context);
  running.append_cols(view(A).block(0, 40, 60, 5), context);
  EXPECT_EQ(running.cols(), 45);
  expect_near(running.sigma(), values_of(view(A)), 100 * eps<T>());
  EXPECT_TRUE(distance(view(A), running.U(context), running.sigma(), running.V()) <=
              400 * eps<T>() * double(running.sigma()[0]));
}

TYPED_TEST(Streaming, BoundsWhatItLeavesOut) {
  using T = TypeParam;
  const Matrix<T> A = cases::gaussian<T>(120, 30, 5);  // of full rank
  Context context(2);
  IncrementalSvd<T> running(30, {.rank = 8});
  for (index_t first = 0; first < 120; first += 10) {
    running.append_rows(view(A).block(first, 0, 10, 30), context);
  }
  const double off = distance(view(A), running.U(context), running.sigma(), running.V());
  EXPECT_TRUE(off <= running.left_out() * (1 + 100 * eps<T>()));
  double best = 0;
  const auto exact = values_of(view(A));
  for (std::size_t i = 8; i < exact.size(); ++i) best += double(exact[i]) * double(exact[i]);
  EXPECT_TRUE(off >= std::sqrt(best) * (1 - 100 * eps<T>()));
  EXPECT_TRUE(off <= 1.5 * std::sqrt(best)) << off / std::sqrt(best);
}

TYPED_TEST(Streaming, SubtractsARowFromAllWhateverSpacesItAndTheOnesLieIn) {
  using T = TypeParam;
  Context context(2);
  for (const auto& [m, n] : {std::pair{60, 25}, {5, 25}, {60, 5}, {5, 5}}) {
    const Matrix<T> A = low_rank<T>(m, n, 5, 11);
    for (const bool mean : {true, false}) {  // a row in the space of rows, or another
      Matrix<T> moved = A.clone();
      std::vector<T> d(static_cast<std::size_t>(n));
      for (index_t j = 0; j < n; ++j) {
        double sum = 0;
        for (index_t i = 0; i < m; ++i) sum += double(A(i, j));
        d[static_cast<std::size_t>(j)] = static_cast<T>(mean ? sum / m : std::sin(double(j)));
        for (index_t i = 0; i < m; ++i) moved(i, j) -= d[static_cast<std::size_t>(j)];
      }
      IncrementalSvd<T> running(n, {.rank = 6});
      running.append_rows(view(A), context);
      running.subtract_row(d, context);
      const double size = double(running.sigma()[0]);
      expect_near(running.sigma(), values_of(view(moved)), 100 * eps<T>());
      EXPECT_TRUE(distance(view(moved), running.U(context), running.sigma(), running.V()) <=
                  400 * eps<T>() * size);
      EXPECT_TRUE(loss(running.V()) <= 200 * eps<T>());
      EXPECT_TRUE(loss(running.U(context)) <= 200 * eps<T>());
      EXPECT_EQ(running.rows(), m);
      running.append_rows(view(A), context);  // it goes on from there
      EXPECT_EQ(running.rows(), 2 * m);

      IncrementalSvd<T> narrow(n, {.rank = 3});  // and says what it leaves out
      narrow.append_rows(view(A), context);
      narrow.subtract_row(d, context);
      EXPECT_EQ(narrow.size(), 3);
      EXPECT_TRUE(distance(view(moved), narrow.U(context), narrow.sigma(), narrow.V()) <=
                  narrow.left_out() * (1 + 100 * eps<T>()) + 100 * eps<T>() * size);
    }
  }
  IncrementalSvd<T> running(3, {.rank = 2});
  EXPECT_THROW(running.subtract_row(std::vector<T>(2), context), InvalidArgument);
  IncrementalSvd<T> without(3, {.rank = 2, .left_vectors = false});
  EXPECT_THROW(without.subtract_row(std::vector<T>(3), context), InvalidArgument);
}

TYPED_TEST(Streaming, RemovesTheRowsThatCameAtAnyPlace) {
  using T = TypeParam;
  const Matrix<T> A = low_rank<T>(80, 25, 5, 7);
  Context context(2);
  IncrementalSvd<T> running(25, {.rank = 5});
  running.append_rows(view(A), context);
  running.remove_rows(10, 30, context);
  running.append_rows(view(A).block(10, 0, 5, 25), context);
  Matrix<T> rest(55, 25);
  for (index_t j = 0; j < 25; ++j) {
    for (index_t i = 0; i < 55; ++i) rest(i, j) = A(i < 10 ? i : i < 50 ? i + 30 : i - 40, j);
  }
  EXPECT_EQ(running.rows(), 55);
  EXPECT_TRUE(distance(view(rest), running.U(context), running.sigma(), running.V()) <=
              400 * eps<T>() * double(running.sigma()[0]));
  EXPECT_TRUE(loss(running.U(context)) <= 200 * eps<T>());
  EXPECT_THROW(running.remove_rows(50, 6, context), InvalidArgument);
}

TYPED_TEST(Streaming, MergesTwoAsIfAllRowsHadComeToOne) {
  using T = TypeParam;
  const Matrix<T> A = low_rank<T>(150, 40, 6, 9);
  Context context(2);
  IncrementalSvd<T> one(40, {.rank = 6}), other(40, {.rank = 6});
  one.append_rows(view(A).block(0, 0, 70, 40), context);
  for (index_t first = 70; first < 150; first += 8) {
    other.append_rows(view(A).block(first, 0, 8, 40), context);
  }
  one.merge(other, context);
  EXPECT_EQ(one.rows(), 150);
  EXPECT_TRUE(distance(view(A), one.U(context), one.sigma(), one.V()) <=
              400 * eps<T>() * double(one.sigma()[0]));
  EXPECT_TRUE(loss(one.U(context)) <= 200 * eps<T>());
}

// Rows less the weighted mean, times the roots of their weights.
Matrix<double> weighted(const Matrix<double>& A, const std::vector<double>& weights, bool center) {
  Matrix<double> W(A.rows(), A.cols());
  for (index_t j = 0; j < A.cols(); ++j) {
    double sum = 0, total = 0;
    for (index_t i = 0; i < A.rows(); ++i) {
      sum += weights[static_cast<std::size_t>(i)] * A(i, j);
      total += weights[static_cast<std::size_t>(i)];
    }
    for (index_t i = 0; i < A.rows(); ++i) {
      W(i, j) =
          std::sqrt(weights[static_cast<std::size_t>(i)]) * (A(i, j) - (center ? sum / total : 0));
    }
  }
  return W;
}

TEST(StreamingRows, MoveTheMeanAndForgetAsTheWeightsSay) {
  Matrix<double> A = cases::gaussian<double>(90, 12, 11);
  for (index_t i = 0; i < 90; ++i) {
    for (index_t j = 0; j < 12; ++j) A(i, j) += static_cast<double>(i + j) / 5;  // a moving mean
  }
  Context context(2);
  for (const bool center : {false, true}) {
    for (const double forgetting : {1.0, 0.8}) {
      for (const index_t batch : {1, 7, 45}) {
        IncrementalSvd<double> running(
            12, {.rank = 12, .left_vectors = false, .center = center, .forgetting = forgetting});
        std::vector<double> weights;
        for (index_t first = 0; first < 90; first += batch) {
          const index_t count = std::min<index_t>(batch, 90 - first);
          running.append_rows(view(A).block(first, 0, count, 12), context);
          for (double& weight : weights) weight *= forgetting;
          weights.insert(weights.end(), static_cast<std::size_t>(count), 1.0);
        }
        const Matrix<double> W = weighted(A, weights, center);
        expect_near(running.sigma(), values_of(view(W)), 1e-12);
        EXPECT_EQ(running.rows(), 90);
      }
    }
  }
}

TEST(StreamingRows, MergeCentredOnesAboutTheCommonMean) {
  Matrix<double> A = cases::gaussian<double>(50, 9, 13);
  for (index_t j = 0; j < 9; ++j) {
    for (index_t i = 20; i < 50; ++i) A(i, j) += 30;
  }
  Context context(2);
  const IncrementalSvdOptions options{.rank = 9, .left_vectors = false, .center = true};
  IncrementalSvd<double> one(9, options), other(9, options);
  one.append_rows(view(A).block(0, 0, 20, 9), context);
  other.append_rows(view(A).block(20, 0, 30, 9), context);
  one.merge(other, context);
  const Matrix<double> W = weighted(A, std::vector<double>(50, 1.0), true);
  expect_near(one.sigma(), values_of(view(W)), 1e-13);
  EXPECT_EQ(one.rows(), 50);
  EXPECT_EQ(one.weight(), 50);
}

// Two rows that are orthogonal: the rank of one keeps the longer and leaves the other out.
TEST(StreamingRows, AddUpWhatWasLeftOutAndForgetItWithTheRows) {
  Context context(1);
  const auto rows = [](double kept, double dropped) {
    Matrix<double> B(2, 4);
    B(0, 0) = kept;
    B(1, 1) = dropped;
    return B;
  };
  const Matrix<double> first = rows(8, 2), second = rows(16, 0), third = rows(4, 1);
  IncrementalSvd<double> forgetful(4, {.rank = 1, .left_vectors = false, .forgetting = 0.25});
  forgetful.append_rows(first.view(), context);
  EXPECT_TRUE(std::abs(forgetful.left_out() - 2) <= 1e-14);
  forgetful.append_rows(second.view(), context);
  EXPECT_TRUE(std::abs(forgetful.left_out() - 1) <= 1e-14);
  IncrementalSvd<double> one(4, {.rank = 1}), two(4, {.rank = 1});
  one.append_rows(first.view(), context);
  two.append_rows(third.view(), context);
  one.merge(two, context);
  EXPECT_TRUE(std::abs(one.left_out() - 3) <= 1e-14);
}

TEST(StreamingRows, AreLookedAtInEverySixteenthCallWhateverItDoes) {
  Context context(1);
  const Matrix<double> A = cases::gaussian<double>(7, 4, 1);
  const std::vector<double> row(4, 0.5);
  IncrementalSvd<double> svd(4, {.rank = 4, .drift_limit = 1e-300});
  svd.append_rows(A.view(), context);
  for (int call = 1; call < 16; ++call) svd.subtract_row(row, context);
  EXPECT_EQ(svd.reorthonormalizations(), 1);
  EXPECT_TRUE(svd.drift() <= 64 * eps<double>());
}

TEST(StreamingRows, WeighAsManyAsTheyAre) {
  Context context(1);
  const Matrix<double> A = cases::gaussian<double>(7, 4, 1), B = cases::gaussian<double>(3, 4, 2);
  SvdResult<double> known = dense_svd<double>(*make_operator(A.view()), {}, context);
  IncrementalSvd<double> svd(std::move(known.U), known.sigma, std::move(known.V), {.rank = 4});
  EXPECT_EQ(svd.weight(), 7);
  svd.append_rows(B.view(), context);
  EXPECT_EQ(svd.weight(), 10);
  svd.remove_rows(2, 4, context);
  EXPECT_EQ(svd.weight(), 6);
  // The common mean lies nearer to that of the larger part.
  IncrementalSvd<double> large(4, {.rank = 4, .left_vectors = false, .center = true});
  IncrementalSvd<double> small(4, {.rank = 4, .left_vectors = false, .center = true});
  large.append_rows(A.view(), context);
  small.append_rows(B.view(), context);
  large.merge(small, context);
  EXPECT_EQ(large.weight(), 10);
  for (index_t j = 0; j < 4; ++j) {
    double sum = 0;
    for (index_t i = 0; i < 7; ++i) sum += A(i, j);
    for (index_t i = 0; i < 3; ++i) sum += B(i, j);
    EXPECT_TRUE(std::abs(large.mean()[static_cast<std::size_t>(j)] - sum / 10) <= 1e-14);
  }
}

TEST(StreamingRows, DriftLittleInManySingleUpdatesAndAreOrthonormalisedWhereTheLimitIsLow) {
  const index_t count = long_tests() ? 100'000 : 10'000;
  const Matrix<double> L = cases::gaussian<double>(count, 4, 15);
  const Matrix<double> R = cases::gaussian<double>(4, 20, 16);
  Matrix<double> A(count, 20);
  Context context(1);
  make_operator(L.view())->apply(R.view(), A.view(), context);
  IncrementalSvd<double> running(20, {.rank = 4, .left_vectors = false});
  IncrementalSvd<double> strict(20, {.rank = 4, .left_vectors = false, .drift_limit = 1e-15});
  for (index_t i = 0; i < count; ++i) {
    running.append_rows(view(A).block(i, 0, 1, 20), context);
    strict.append_rows(view(A).block(i, 0, 1, 20), context);
  }
  const double limit = 64 * eps<double>();
  EXPECT_TRUE(running.drift() <= limit);
  EXPECT_TRUE(running.largest_drift() <= 2 * limit);
  EXPECT_TRUE(loss(running.V()) <= 4 * limit);
  EXPECT_TRUE(strict.reorthonormalizations() > 0);
  EXPECT_TRUE(strict.reorthonormalizations() > running.reorthonormalizations());
  const double slack = static_cast<double>(count) * eps<double>();
  expect_near(running.sigma(), values_of(view(A)), slack);
  expect_near(strict.sigma(), values_of(view(A)), slack);
}

TEST(StreamingRows, KeepTheStateWhenABatchIsRefused) {
  Context context(1);
  IncrementalSvd<double> running(5, {.rank = 3});
  running.append_rows(view(cases::gaussian<double>(8, 5, 17)), context);
  const auto before = running.sigma();
  Matrix<double> bad = cases::gaussian<double>(2, 5, 18);
  bad(1, 3) = std::nan("");
  try {
    running.append_rows(view(bad), context);
    ADD_FAILURE() << "a NaN was taken";
  } catch (const NonFiniteInput& error) {
    EXPECT_EQ(error.row(), 1);
    EXPECT_EQ(error.col(), 3);
  }
  EXPECT_THROW(running.append_rows(view(cases::gaussian<double>(2, 4, 1)), context),
               InvalidArgument);
  EXPECT_THROW(running.append_cols(view(cases::gaussian<double>(2, 4, 1)), context),
               InvalidArgument);
  EXPECT_EQ(running.sigma(), before);
  running.append_rows(view(Matrix<double>(0, 5)), context);
  EXPECT_EQ(running.rows(), 8);
  EXPECT_THROW(IncrementalSvd<double>(5, {.rank = 0}), InvalidArgument);
  EXPECT_THROW(IncrementalSvd<double>(5, {.forgetting = 0}), InvalidArgument);
  EXPECT_THROW(IncrementalSvd<double>(5, {.center = true}), InvalidArgument);
}

TEST(StreamingRows, GiveTheSameBitsForAnyNumberOfThreads) {
  const Matrix<double> A = cases::gaussian<double>(300, 70, 19);
  std::vector<double> first;
  for (const int threads : thread_counts) {
    Context context(threads);
    IncrementalSvd<double> running(70, {.rank = 9});
    for (index_t row = 0; row < 300; row += 25) {
      running.append_rows(view(A).block(row, 0, 25, 70), context);
    }
    std::vector<double> bits = running.sigma();
    bits.push_back(running.U(context)(299, 3));
    if (first.empty()) first = bits;
    EXPECT_EQ(bits, first);
  }
}

// The largest eigenvalue of A^H A - B^H B, and the least, by the Gram matrices themselves.
std::pair<double, double> extremes(const Matrix<double>& A, MatrixView<const double> B) {
  const index_t n = A.cols();
  Matrix<double> G(n, n);
  for (index_t a = 0; a < n; ++a) {
    for (index_t b = 0; b < n; ++b) {
      for (index_t i = 0; i < A.rows(); ++i) G(a, b) += A(i, a) * A(i, b);
      for (index_t i = 0; i < B.rows; ++i) G(a, b) -= B(i, a) * B(i, b);
    }
  }
  // Shifted to be positive semidefinite either way, singular values are eigenvalues.
  double shift = 0;
  for (index_t a = 0; a < n; ++a) {
    double row = 0;
    for (index_t b = 0; b < n; ++b) row += std::abs(G(a, b));
    shift = std::max(shift, row);
  }
  for (index_t a = 0; a < n; ++a) G(a, a) += shift;
  const std::vector<double> sigma = values_of(view(G));
  return {sigma.front() - shift, sigma.back() - shift};
}

TEST(FrequentDirections, AreNeverFurtherFromTheRowsThanTheBoundSays) {
  Context context(2);
  for (const double decay : {0.0, 0.5, 1.5}) {
    Matrix<double> A = cases::gaussian<double>(200, 24, 21);
    for (index_t j = 0; j < 24; ++j) {
      for (index_t i = 0; i < 200; ++i) A(i, j) *= std::pow(1.0 + static_cast<double>(j), -decay);
    }
    const std::vector<double> sigma = values_of(view(A));
    for (const index_t l : {1, 4, 10, 30}) {
      FrequentDirections<double> sketch(24, l);
      for (index_t first = 0; first < 200; first += 20) {
        sketch.append_rows(view(A).block(first, 0, 20, 24), context);
      }
      const MatrixView<const double> B = sketch.sketch(context);
      const auto [most, least] = extremes(A, B);
      const double rounding = 1e-12 * sigma[0] * sigma[0];
      EXPECT_TRUE(B.rows <= l);
      EXPECT_TRUE(least >= -rounding);
      EXPECT_TRUE(most <= sketch.error_bound() + rounding) << l;
      for (index_t k = 0; k < l; ++k) {
        double rest = 0;
        for (index_t i = k; i < 24; ++i) {
          rest += sigma[static_cast<std::size_t>(i)] * sigma[static_cast<std::size_t>(i)];
        }
        EXPECT_TRUE(sketch.error_bound() <= rest / static_cast<double>(l - k) + rounding);
      }
    }
  }
}

TEST(FrequentDirections, MergeWithinTheSumOfTheirBounds) {
  Context context(2);
  const Matrix<double> A = cases::gaussian<double>(160, 20, 23);
  FrequentDirections<double> one(20, 6), other(20, 6);
  one.append_rows(view(A).block(0, 0, 100, 20), context);
  other.append_rows(view(A).block(100, 0, 60, 20), context);
  one.merge(other, context);
  const auto [most, least] = extremes(A, one.sketch(context));
  EXPECT_TRUE(most <= one.error_bound() * (1 + 1e-12) && least >= -1e-9);
  EXPECT_EQ(one.rows(), 160);
  FrequentDirections<double> narrow(19, 6);
  EXPECT_THROW(one.merge(narrow, context), InvalidArgument);
  EXPECT_THROW(FrequentDirections<double>(0, 6), InvalidArgument);
}

}  // namespace
}  // namespace eckart
