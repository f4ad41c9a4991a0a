#include "drivers/spread.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <mutex>

#include "core/philox.hpp"
#include "eckart/error.hpp"
#include "eckart/gather.hpp"
#include "eckart/gram_svd.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/operators.hpp"
#include "eckart/randomized_svd.hpp"
#include "eckart/svd.hpp"
#include "factor/golub_kahan.hpp"
#include "tests/oracles/svd_check.hpp"
#include "tests/oracles/threaded_ranks.hpp"

namespace eckart {
namespace {

using oracles::ThreadedRanks;

template <Scalar T>
Matrix<T> gaussian(index_t rows, index_t cols, std::uint32_t stream) {
  Matrix<T> A(rows, cols);
  Context context(1);
  core::fill_gaussian(A.view(), 11, stream, 0, context);
  return A;
}

// A sum of random outer products with weights 2^-l: values that decay, and the given rank.
template <Scalar T>
Matrix<T> decaying(index_t rows, index_t cols, index_t rank) {
  const Matrix<T> L = gaussian<T>(rows, rank, 1);
  const Matrix<T> R = gaussian<T>(cols, rank, 2);
  Matrix<T> A(rows, cols);
  for (index_t l = 0; l < rank; ++l) {
    const auto weight = static_cast<real_t<T>>(std::pow(0.7, static_cast<double>(l)));
    for (index_t j = 0; j < cols; ++j) {
      for (index_t i = 0; i < rows; ++i) A(i, j) += weight * L(i, l) * conjugate(R(j, l));
    }
  }
  return A;
}

template <Scalar T>
using Solver = std::function<SvdResult<T>(const LinearOperator<T>&, Context&)>;

// What the ranks found together.
template <Scalar T>
struct Gathered {
  Matrix<T> U;
  Matrix<T> V;
  std::vector<real_t<T>> sigma;
  SvdReport report;
};

// Solves with the rows of A shared out evenly, or, if lopsided, all on the last rank but one.
template <Scalar T>
Gathered<T> solve_over(int size, const Matrix<T>& A, bool lopsided, const Solver<T>& solve) {
  Gathered<T> all;
  std::mutex mutex;
  ThreadedRanks::run(size, [&](const Communicator& ranks) {
    Context context(1);
    Shard share = Shard::even(ranks, A.rows());
    if (lopsided) {
      const bool first = ranks.rank() == 0;
      const bool last = ranks.rank() == size - 1;
      share.first = first ? 0 : 1;
      share.count = size == 1 ? A.rows() : first ? 1 : last ? A.rows() - 1 : 0;
    }
    const auto rows = make_operator<T>(A.view().block(share.first, 0, share.count, A.cols()));
    const auto B = make_sharded(*rows, ranks);
    const SvdResult<T> result = solve(*B, context);
    const std::lock_guard lock(mutex);
    const auto k = static_cast<index_t>(result.sigma.size());
    if (all.U.rows() == 0) {
      all.U = Matrix<T>(A.rows(), k);
      all.V = Matrix<T>(A.cols(), k);
      all.sigma = result.sigma;
    }
    EXPECT_EQ(result.sigma, all.sigma) << "the ranks disagree";
    if (ranks.rank() == 0) all.report = result.report;
    const Shard left = B->row_shard();
    const Shard right = B->col_shard();
    ASSERT_EQ(result.U.rows(), left.count);
    ASSERT_EQ(result.V.rows(), right.count);
    for (index_t j = 0; j < k; ++j) {
      std::copy_n(result.U.view().column(j), left.count, all.U.view().column(j) + left.first);
      std::copy_n(result.V.view().column(j), right.count, all.V.view().column(j) + right.first);
    }
  });
  return all;
}

template <Scalar T>
double distance(MatrixView<const T> A, MatrixView<const T> B) {
  double sum = 0;
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) sum += std::norm(std::complex<double>(A(i, j) - B(i, j)));
  }
  return std::sqrt(sum);
}

// Largest ||A v - sigma u||, by the definition.
template <Scalar T>
double residual(const Matrix<T>& A, const Gathered<T>& svd) {
  double worst = 0;
  for (std::size_t t = 0; t < svd.sigma.size(); ++t) {
    const auto c = static_cast<index_t>(t);
    double left = 0, right = 0;
    for (index_t i = 0; i < A.rows(); ++i) {
      std::complex<double> sum = 0;
      for (index_t j = 0; j < A.cols(); ++j) {
        sum += std::complex<double>(A(i, j)) * std::complex<double>(svd.V(j, c));
      }
      left += std::norm(sum - std::complex<double>(svd.sigma[t] * svd.U(i, c)));
    }
    for (index_t j = 0; j < A.cols(); ++j) {
      std::complex<double> sum = 0;
      for (index_t i = 0; i < A.rows(); ++i) {
        sum += std::conj(std::complex<double>(A(i, j))) * std::complex<double>(svd.U(i, c));
      }
      right += std::norm(sum - std::complex<double>(svd.sigma[t] * svd.V(j, c)));
    }
    worst = std::max({worst, left, right});
  }
  return std::sqrt(worst);
}

struct Named {
  const char* name;
  Method method;
  index_t k;
};

template <Scalar T>
class SolversOverRanks : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(SolversOverRanks, Scalars);

// Every method that serves ranks, tall and wide, even and lopsided shares, more ranks than rows.
TYPED_TEST(SolversOverRanks, EveryMethodFindsTheTripletsOfOneRank) {
  using T = TypeParam;
  const double accuracy = sizeof(real_t<T>) == 8 ? 1e-9 : 1e-4;
  for (const auto& [rows, cols] : {std::pair<index_t, index_t>{90, 40}, {40, 90}, {5, 60}}) {
    const Matrix<T> A = decaying<T>(rows, cols, std::min<index_t>(rows, 20));
    const double norm = distance<T>(A.view(), Matrix<T>(rows, cols).view());
    for (const Named& named : {Named{"lanczos", Method::lanczos, 4},
                               {"randomized", Method::randomized, 4},
                               {"dense", Method::dense, 4},
                               {"gram", Method::gram, 2}}) {
      const Solver<T> solve = [&](const LinearOperator<T>& B, Context& context) {
        SvdRequest request{.rank = {.rank = named.k}, .method = named.method};
        request.accuracy = accuracy;
        return svd(B, request, context);
      };
      Context serial(1);
      const auto whole = make_operator<T>(A.view());
      const SvdResult<T> expected = solve(*whole, serial);
      for (const int size : {2, 3, 7}) {
        for (const bool lopsided : {size == 3}) {
          SCOPED_TRACE(testing::Message() << named.name << " " << rows << " x " << cols << " over "
                                          << size << (lopsided ? " lopsided" : ""));
          const Gathered<T> found = solve_over<T>(size, A, lopsided, solve);
          ASSERT_EQ(found.sigma.size(), expected.sigma.size());
          for (std::size_t t = 0; t < found.sigma.size(); ++t) {
            EXPECT_TRUE(std::abs(found.sigma[t] - expected.sigma[t]) <= accuracy * norm);
          }
          EXPECT_TRUE(residual(A, found) <= 2 * accuracy * norm);
          EXPECT_TRUE(found.report.certificate.met);
          EXPECT_TRUE(oracles::follows_sign_rule<T>(found.V.view(), found.V.cols()));
          EXPECT_TRUE(distance<T>(found.V.view(), expected.V.view()) <= 1e3 * accuracy);
          EXPECT_TRUE(distance<T>(found.U.view(), expected.U.view()) <= 1e3 * accuracy);
        }
      }
    }
  }
}

TYPED_TEST(SolversOverRanks, OneRankGivesTheBitsOfNone) {
  using T = TypeParam;
  const Matrix<T> A = decaying<T>(70, 50, 30);
  for (const Method method :
       {Method::lanczos, Method::randomized, Method::dense, Method::gram, Method::single_pass}) {
    const Solver<T> solve = [&](const LinearOperator<T>& B, Context& context) {
      return svd(B, {.rank = {.rank = 3}, .method = method}, context);
    };
    Context serial(1);
    const SvdResult<T> expected = solve(*make_operator<T>(A.view()), serial);
    const Gathered<T> found = solve_over<T>(1, A, false, solve);
    EXPECT_EQ(found.sigma, expected.sigma);
    EXPECT_EQ(distance<T>(found.U.view(), expected.U.view()), 0);
    EXPECT_EQ(distance<T>(found.V.view(), expected.V.view()), 0);
  }
}

// One pass takes the same sketches over any ranks, whether the sketch of a side is narrower than it
// is long or not, and so finds the same approximation and the same estimate of what it left out.
TYPED_TEST(SolversOverRanks, OnePassFindsTheApproximationOfOneRank) {
  using T = TypeParam;
  const double rounding = sizeof(real_t<T>) == 8 ? 1e-9 : 1e-3;
  for (const auto& [rows, cols] : {std::pair<index_t, index_t>{90, 40}, {40, 90}, {80, 12}}) {
    const Matrix<T> A = decaying<T>(rows, cols, 12);
    const Solver<T> solve = [](const LinearOperator<T>& B, Context& context) {
      return svd(B, {.rank = {.rank = 4}, .method = Method::single_pass}, context);
    };
    Context serial(1);
    const SvdResult<T> expected = solve(*make_operator<T>(A.view()), serial);
    const double norm = expected.report.certificate.frobenius_norm.value;
    const double error = expected.report.certificate.spectral_error.value;
    for (const int size : {2, 3, 7}) {
      SCOPED_TRACE(testing::Message() << rows << " x " << cols << " over " << size);
      const Gathered<T> found = solve_over<T>(size, A, size == 3, solve);
      ASSERT_EQ(found.sigma.size(), 4U);
      for (std::size_t t = 0; t < 4; ++t) {
        EXPECT_TRUE(std::abs(found.sigma[t] - expected.sigma[t]) <= rounding * norm);
      }
      EXPECT_TRUE(distance<T>(found.U.view(), expected.U.view()) <= 1e2 * rounding);
      EXPECT_TRUE(distance<T>(found.V.view(), expected.V.view()) <= 1e2 * rounding);
      const Certificate& certificate = found.report.certificate;
      EXPECT_TRUE(std::abs(certificate.frobenius_norm.value - norm) <= rounding * norm);
      EXPECT_TRUE(std::abs(certificate.spectral_error.value - error) <= rounding);
      EXPECT_TRUE(certificate.orthogonality_U.value <= rounding);
      EXPECT_TRUE(certificate.orthogonality_V.value <= rounding);
    }
  }
}

TYPED_TEST(SolversOverRanks, RunsRepeatToTheBit) {
  using T = TypeParam;
  const Matrix<T> A = decaying<T>(200, 120, 60);
  const Solver<T> solve = [&](const LinearOperator<T>& B, Context& context) {
    return svd(B, {.rank = {.rank = 5}, .method = Method::lanczos}, context);
  };
  const Gathered<T> first = solve_over<T>(3, A, false, solve);
  const Gathered<T> second = solve_over<T>(3, A, false, solve);
  EXPECT_EQ(first.sigma, second.sigma);
  EXPECT_EQ(distance<T>(first.U.view(), second.U.view()), 0);
  EXPECT_EQ(distance<T>(first.V.view(), second.V.view()), 0);
}

TEST(SolversOverRanks, SparseRowsAndARankByEnergy) {
  const index_t m = 400, n = 150;
  Matrix<double> A(m, n);
  const Matrix<double> G = gaussian<double>(m, n, 3);
  for (index_t i = 0; i < m; ++i) {
    for (index_t j = (i * 7) % 13; j < n; j += 13)
      A(i, j) = G(i, j) / (1.0 + 0.3 * static_cast<double>(j));
  }
  const SvdRequest request{.rank = {.energy = 0.8}};
  Context serial(1);
  const auto sparse_rows = [&](index_t first, index_t count) {
    SparseMatrix<double> rows;
    rows.rows = count;
    rows.cols = n;
    rows.offsets = {0};
    for (index_t i = first; i < first + count; ++i) {
      for (index_t j = 0; j < n; ++j) {
        if (A(i, j) == 0) continue;
        rows.columns.push_back(j);
        rows.values.push_back(A(i, j));
      }
      rows.offsets.push_back(static_cast<index_t>(rows.columns.size()));
    }
    return rows;
  };
  const auto whole = make_operator(sparse_rows(0, m));
  const SvdResult<double> expected = svd(*whole, request, serial);
  ThreadedRanks::run(3, [&](const Communicator& ranks) {
    Context context(1);
    const Shard share = Shard::even(ranks, m);
    const auto rows = make_operator(sparse_rows(share.first, share.count));
    const SvdResult<double> found = svd(*make_sharded(*rows, ranks), request, context);
    EXPECT_TRUE(found.report.certificate.met);
    ASSERT_EQ(found.sigma.size(), expected.sigma.size());
    for (std::size_t t = 0; t < found.sigma.size(); ++t) {
      EXPECT_TRUE(std::abs(found.sigma[t] - expected.sigma[t]) <= 1e-9 * expected.sigma[0]);
    }
    EXPECT_TRUE(std::abs(found.report.certificate.energy.value -
                         expected.report.certificate.energy.value) <= 1e-9);
  });
}

// Both bases are kept where the values fall too far for A^H A: the other recurrence, over ranks.
TEST(SolversOverRanks, ValuesThatFallFarAndDependentRows) {
  Matrix<double> A = decaying<double>(120, 100, 100);
  for (index_t j = 0; j < 100; ++j) {
    for (index_t i = 60; i < 120; ++i) A(i, j) = A(i - 60, j);  // half of the rows say nothing new
  }
  const Solver<double> solve = [](const LinearOperator<double>& B, Context& context) {
    return lanczos_svd(B, {.rank = 12}, {.accuracy = 1e-13, .basis_size = 40}, context);
  };
  const Gathered<double> found = solve_over<double>(3, A, false, solve);
  EXPECT_TRUE(residual(A, found) <= 1e-11 * static_cast<double>(found.sigma[0]));
}

TEST(SolversOverRanks, AZeroMatrixAndAMatrixOfNoRows) {
  for (const index_t rows : {index_t{30}, index_t{0}}) {
    const Matrix<double> A(rows, 20);
    const Gathered<double> found =
        solve_over<double>(3, A, false, [](const LinearOperator<double>& B, Context& context) {
          return svd(B, {.rank = {.rank = 2}}, context);
        });
    EXPECT_EQ(found.sigma,
              std::vector<double>(static_cast<std::size_t>(std::min<index_t>(2, rows))));
    EXPECT_TRUE(found.report.certificate.met);
  }
}

TEST(SolversOverRanks, RefusalsAreTheSameOnEachRank) {
  Matrix<double> A = decaying<double>(30, 20, 5);
  const auto refused = [&](const SvdRequest& request) {
    EXPECT_THROW(solve_over<double>(2, A, false,
                                    [&](const LinearOperator<double>& B, Context& context) {
                                      return svd(B, request, context);
                                    }),
                 InvalidArgument);
  };
  refused({.rank = {.rank = 2}, .smallest = true, .method = Method::smallest});
  refused({.method = Method::jacobi});
  refused({.vectors = Vectors::full, .method = Method::dense});
  A(17, 3) = std::numeric_limits<double>::quiet_NaN();
  try {
    solve_over<double>(3, A, false, [&](const LinearOperator<double>& B, Context& context) {
      return svd(B, {.rank = {.rank = 2}}, context);
    });
    FAIL() << "a NaN went unnoticed";
  } catch (const NonFiniteInput& error) {
    EXPECT_EQ(error.row(), 17);
    EXPECT_EQ(error.col(), 3);
  }
}

TEST(SolversOverRanks, ACancelledRankStopsAll) {
  const Matrix<double> A = gaussian<double>(300, 200, 4);
  const Gathered<double> found =
      solve_over<double>(2, A, false, [](const LinearOperator<double>& B, Context& context) {
        if (B.row_shard().first > 0) {
          context.on_progress([&](const Progress&) { context.cancel(); });
        }
        return lanczos_svd(B, {.rank = 5}, {.accuracy = 1e-14}, context);
      });
  EXPECT_EQ(found.sigma.size(), 5U);
  EXPECT_NE(found.report.status, Status::converged);
}

// A rank that counts what it sends.
class Counted final : public Communicator {
 public:
  explicit Counted(const Communicator& ranks) : ranks_(ranks) {}
  int size() const override { return ranks_.size(); }
  int rank() const override { return ranks_.rank(); }
  void exchange(int to,
                std::span<const std::byte> sent,
                int from,
                std::span<std::byte> received) const override {
    messages += !sent.empty();
    bytes += sent.size();
    ranks_.exchange(to, sent, from, received);
  }
  mutable std::size_t messages = 0;
  mutable std::size_t bytes = 0;

 private:
  const Communicator& ranks_;
};

// The table of docs/guides/distributed.md, line by line, but for the last, which is the driver's.
TEST(SolversOverRanks, AStepSendsWhatTheModelSays) {
  constexpr index_t n = 64, b = 4;
  const Matrix<double> A = gaussian<double>(160, n, 6);
  ThreadedRanks::run(4, [&](const Communicator& inner) {
    Context context(1);
    const Counted ranks(inner);
    const Shard share = Shard::even(ranks, 160);
    const auto rows = make_operator<double>(A.view().block(share.first, 0, share.count, n));
    const auto B = make_sharded(*rows, ranks);
    SvdReport report;
    factor::GolubKahanBasis<double> basis(*B, 24, b, factor::Recurrence::gram, 0, context, report);
    basis.start();
    basis.expand();
    for (index_t c = b; c <= 3 * b; c += b) {
      const std::size_t messages = ranks.messages;
      const std::size_t bytes = ranks.bytes;
      basis.expand();
      constexpr std::size_t q = 2;
      EXPECT_EQ(ranks.messages - messages, 5 * q);
      // The basis has c + b vectors when the new ones are made orthogonal to it.
      EXPECT_EQ(ranks.bytes - bytes,
                8 * (2 * n * b * 3 / 4 + static_cast<std::size_t>(2 * b * b + (c + b) * b) * q));
    }
  });
}

TEST(SpreadBytes, AreThoseOfTheLargestShare) {
  const Matrix<double> A = gaussian<double>(4000, 50, 5);
  const auto whole = make_operator<double>(A.view());
  EXPECT_EQ(drivers::exchange_bytes(*whole), 0);
  EXPECT_EQ(drivers::rows_counted(Shard::whole(7), 3), 7);
  double here = 0;
  ThreadedRanks::run(4, [&](const Communicator& ranks) {
    const Shard share = Shard::even(ranks, 4000);
    const auto rows = make_operator<double>(A.view().block(share.first, 0, share.count, 50));
    const auto B = make_sharded(*rows, ranks);
    const double bytes = lanczos_svd_bytes(*B, 3);
    if (ranks.rank() == 2) here = bytes;
    EXPECT_TRUE(drivers::exchange_bytes(*B) > 0);
  });
  EXPECT_TRUE(here < 0.5 * lanczos_svd_bytes(*whole, 3));
}

// What an iteration had when it was stopped, brought together from all ranks.
struct Stopped {
  Matrix<double> basis, B, K;
  double norm = 0;
  std::uint32_t stream = 0;
};

TEST(SolversOverRanks, AnIterationGoesOnOverAnotherNumberOfRanks) {
  const Matrix<double> A = gaussian<double>(300, 200, 5);
  Context serial(1);
  const auto whole = make_operator<double>(A.view());
  const SvdResult<double> expected = lanczos_svd<double>(*whole, {.rank = 4}, {}, serial);
  struct Died {};
  Stopped stopped;
  std::mutex mutex;
  ThreadedRanks::run(3, [&](const Communicator& ranks) {
    Context context(1);
    const Shard share = Shard::even(ranks, 300);
    const auto rows = make_operator<double>(A.view().block(share.first, 0, share.count, 200));
    const auto spread = make_sharded(*rows, ranks);
    LanczosSvdOptions<double> options;
    options.keep = [&](const LanczosState<double>& state) {
      Matrix<double> basis = gather_rows<double>(state.basis, spread->col_shard());
      {
        const std::lock_guard lock(mutex);
        if (ranks.rank() == 0) {
          stopped = {std::move(basis), gather_rows<double>(state.B, Shard::whole(state.B.rows)),
                     gather_rows<double>(state.K, Shard::whole(state.K.rows)), state.norm,
                     state.stream};
        }
      }
      throw Died();
    };
    EXPECT_THROW((void)lanczos_svd<double>(*spread, {.rank = 4}, options, context), Died);
  });
  const index_t kept = stopped.B.cols();
  ASSERT_GT(kept, 0);
  for (int size = 1; size <= 4; ++size) {
    ThreadedRanks::run(size, [&](const Communicator& ranks) {
      Context context(1);
      const Shard share = Shard::even(ranks, 300);
      const auto rows = make_operator<double>(A.view().block(share.first, 0, share.count, 200));
      const auto spread = make_sharded(*rows, ranks);
      const Shard cols = spread->col_shard();
      LanczosSvdOptions<double> options;
      options.resume = {stopped.basis.view().block(cols.first, 0, cols.count, stopped.basis.cols()),
                        stopped.B.view(), stopped.K.view(), stopped.norm, stopped.stream};
      const SvdResult<double> found = lanczos_svd<double>(*spread, {.rank = 4}, options, context);
      EXPECT_TRUE(found.report.certificate.met);
      EXPECT_LT(found.report.iterations, expected.report.iterations);  // it did not start anew
      for (std::size_t t = 0; t < 4; ++t) {
        EXPECT_TRUE(std::abs(found.sigma[t] - expected.sigma[t]) <= 1e-9 * expected.sigma[0]);
      }
      // Of another matrix it says so.
      const Matrix<double> other = gaussian<double>(300, 200, 6);
      const auto others =
          make_operator<double>(other.view().block(share.first, 0, share.count, 200));
      EXPECT_THROW(
          (void)lanczos_svd<double>(*make_sharded(*others, ranks), {.rank = 4}, options, context),
          InvalidArgument);
      options.resume.K.cols -= 1;
      EXPECT_THROW((void)lanczos_svd<double>(*spread, {.rank = 4}, options, context),
                   InvalidArgument);
    });
  }
}

}  // namespace
}  // namespace eckart
