// Many small matrices: packs of them in SIMD lanes, the packs over the threads.
#include "eckart/batch_svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>

#include "blas/blas_threads.hpp"
#include "core/parallel.hpp"
#include "drivers/driver.hpp"
#include "eckart/certify.hpp"
#include "eckart/error.hpp"
#include "factor/dense_chain.hpp"
#include "factor/lane_certificate.hpp"
#include "factor/lane_svd.hpp"
#include "factor/sign_rule.hpp"
#include "kernels/kernels.hpp"

namespace eckart {
namespace {

// Larger ones fall out of the cache when a whole pack is worked on.
bool fits_lanes(index_t rows, index_t cols) {
  constexpr index_t largest = 128;
  const index_t n = std::min(rows, cols);
  return n >= 1 && n <= largest && std::max(rows, cols) <= largest * largest / n;
}

// Some packs, so that handing them out costs little beside the work.
template <class T>
index_t matrices_in_chunk(const BatchView<T>& A) {
  const index_t packs = 1 + 1024 / std::max<index_t>(1, A.rows * A.cols);
  return packs * kernels::lanes<std::remove_const_t<T>>;
}

// The matrices [first, first + count) of a batch.
template <class T>
kernels::Scattered<T> pack_of(const BatchView<T>& A, index_t first, index_t count) {
  return {A.data == nullptr ? nullptr : A.data + first * A.matrix_stride,
          count,
          A.row_stride,
          A.col_stride,
          A.matrix_stride,
          A.conjugated};
}

template <Scalar T>
struct Problem {
  BatchView<const T> A;
  BatchView<T> U;
  real_t<T>* sigma;
  BatchView<T> V;
  BatchSvdOptions options;

  index_t k() const { return std::min(A.rows, A.cols); }
  bool vectors() const { return options.vectors != Vectors::none; }
};

// What one chunk of the decomposition adds to the report.
struct Outcome {
  std::vector<index_t> failed;
  index_t fallbacks = 0;
  std::vector<std::string> reasons;
};

template <class T>
void fill(const BatchView<T>& A, index_t b, T value) {
  if (A.data == nullptr) return;
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) A(b, i, j) = value;
  }
}

template <class T>
void write(MatrixView<const T> X, const BatchView<T>& to, index_t b) {
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      to(b, i, j) = to.conjugated ? conjugate(X(i, j)) : X(i, j);
    }
  }
}

// Matrix b by the dense chain. Returns false if it is not finite.
template <Scalar T>
bool solve_alone(const Problem<T>& problem,
                 index_t b,
                 const Context& context,
                 std::vector<std::string>& reasons) {
  using Real = real_t<T>;
  const BatchView<const T>& A = problem.A;
  const bool wide = A.rows < A.cols;
  const BatchView<const T> tall = wide ? A.adjoint() : A;
  Matrix<T> copy(tall.rows, tall.cols);
  for (index_t j = 0; j < tall.cols; ++j) {
    for (index_t i = 0; i < tall.rows; ++i) {
      copy(i, j) = tall.conjugated ? conjugate(tall(b, i, j)) : tall(b, i, j);
    }
  }
  const index_t reals = tall.rows * tall.cols * (is_complex<T> ? 2 : 1);
  auto* const entries = reinterpret_cast<Real*>(copy.data());
  const kernels::Scan<Real> scan = kernels::kernels<Real>().scan(reals, entries);
  if (!scan.finite) return false;
  const int exponent = scan.max_abs > 0 ? std::ilogb(scan.max_abs) : 0;
  for (index_t i = 0; i < reals; ++i) entries[i] = std::ldexp(entries[i], -exponent);

  factor::DenseFactors<T> factors = factor::factor_dense<T>(
      tall.rows, tall.cols,
      [&](MatrixView<T> to) {
        for (index_t j = 0; j < to.cols; ++j) {
          std::copy_n(copy.view().column(j), to.rows, to.column(j));
        }
      },
      problem.options.vectors, {}, factor::dense_chain<T>(DenseAlgorithm::divide_and_conquer),
      reasons, context);
  const index_t k = problem.k();
  for (index_t j = 0; j < k; ++j) {
    problem.sigma[b * k + j] = std::ldexp(factors.sigma[static_cast<std::size_t>(j)], exponent);
  }
  if (!problem.vectors()) return true;
  Matrix<T>& U = wide ? factors.V : factors.U;
  Matrix<T>& V = wide ? factors.U : factors.V;
  factor::apply_sign_rule(U.view(), V.view(), k, context);
  write<T>(U.view(), problem.U, b);
  write<T>(V.view(), problem.V, b);
  return true;
}

// Matrix b did not get factors, or its values are beyond the range of T: all of it becomes NaN.
template <Scalar T>
void fail(const Problem<T>& problem, index_t b, Outcome& outcome) {
  constexpr real_t<T> nan = std::numeric_limits<real_t<T>>::quiet_NaN();
  outcome.failed.push_back(b);
  std::fill_n(problem.sigma + b * problem.k(), problem.k(), nan);
  if (!problem.vectors()) return;
  fill<T>(problem.U, b, T(nan));
  fill<T>(problem.V, b, T(nan));
}

// Lends workspaces: as many are made as threads work at once.
template <class Workspace>
class Pool {
 public:
  template <class Make>
  std::unique_ptr<Workspace> take(const Make& make) {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<Workspace> workspace = std::move(free_.back());
        free_.pop_back();
        return workspace;
      }
    }
    return make();
  }
  void give_back(std::unique_ptr<Workspace> workspace) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(workspace));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_;
};

// Calls body(c, workspace, first, count) for packs of matrices, in parallel; c numbers the chunks.
template <class Workspace, class T, class Body>
void for_each_pack(const Problem<T>& problem, const Context& context, const Body& body) {
  constexpr index_t width = kernels::lanes<T>;
  const BatchView<const T>& A = problem.A;
  Pool<Workspace> pool;
  core::for_each_chunk(
      A.count, matrices_in_chunk(A), context, [&](index_t c, index_t begin, index_t end) {
        auto workspace = pool.take(
            [&] { return std::make_unique<Workspace>(A.rows, A.cols, problem.options.vectors); });
        for (index_t first = begin; first < end; first += width) {
          body(c, *workspace, first, std::min(width, end - first));
        }
        pool.give_back(std::move(workspace));
      });
}

// Decomposes in lanes; what does not converge there goes the long way.
template <Scalar T>
std::vector<Outcome> solve_in_lanes(const Problem<T>& problem, const Context& context) {
  std::vector<Outcome> outcomes(
      static_cast<std::size_t>(core::count_chunks(problem.A.count, matrices_in_chunk(problem.A))));
  for_each_pack<factor::LaneSvd<T>>(
      problem, context, [&](index_t c, factor::LaneSvd<T>& svd, index_t first, index_t count) {
        factor::LaneStatus status[kernels::lanes<T>];
        svd.run(pack_of(problem.A, first, count), pack_of(problem.U, first, count),
                problem.sigma + first * problem.k(), pack_of(problem.V, first, count), status);
        Outcome& outcome = outcomes[static_cast<std::size_t>(c)];
        for (index_t l = 0; l < count; ++l) {
          const index_t b = first + l;
          bool sound = status[l] != factor::LaneStatus::not_finite;
          if (status[l] == factor::LaneStatus::not_converged) {
            ++outcome.fallbacks;
            outcome.reasons.push_back(fmt::format("matrix {}: QR iteration in lanes failed", b));
            sound = solve_alone(problem, b, context, outcome.reasons);
          }
          if (!sound || !std::isfinite(problem.sigma[b * problem.k()])) fail(problem, b, outcome);
        }
      });
  return outcomes;
}

// Decomposes one matrix after another: each thread its own, or large ones on all threads.
template <Scalar T>
std::vector<Outcome> solve_one_by_one(const Problem<T>& problem, const Context& context) {
  constexpr index_t large = 512;
  std::vector<Outcome> outcomes(static_cast<std::size_t>(problem.A.count));
  const auto solve = [&](index_t b, const Context& own) {
    Outcome& outcome = outcomes[static_cast<std::size_t>(b)];
    const bool sound = solve_alone(problem, b, own, outcome.reasons);
    if (!outcome.reasons.empty()) outcome.fallbacks = 1;
    const bool empty = problem.k() == 0;
    if (!sound || !(empty || std::isfinite(problem.sigma[b * problem.k()]))) {
      fail(problem, b, outcome);
    }
  };
  if (problem.k() >= large) {
    for (index_t b = 0; b < problem.A.count; ++b) solve(b, context);
  } else {
    const Context one_thread(1);
    core::for_each_chunk(problem.A.count, 1, context,
                         [&](index_t b, index_t, index_t) { solve(b, one_thread); });
  }
  return outcomes;
}

// Returns what a verdict is judged by.
double worst_of(const factor::LaneCertificate& c, bool vectors) {
  if (!vectors) return c.energy_defect;
  double worst = c.residual;
  factor::raise(worst, c.orthogonality_U);
  factor::raise(worst, c.orthogonality_V);
  return worst;
}

// Fills the certificate of the report with the worst of all matrices that did not fail.
template <Scalar T>
void judge(const Problem<T>& problem, const Context& context, BatchSvdReport& report) {
  const BatchView<const T>& A = problem.A;
  std::vector<factor::LaneCertificate> certificates(static_cast<std::size_t>(A.count));
  if (problem.k() > 0) {
    for_each_pack<factor::LaneJudge<T>>(
        problem, context, [&](index_t, factor::LaneJudge<T>& lanes, index_t first, index_t count) {
          lanes.run(pack_of(A, first, count), pack_of<const T>(problem.U, first, count),
                    problem.sigma + first * problem.k(), pack_of<const T>(problem.V, first, count),
                    certificates.data() + first);
        });
  }
  for (const index_t b : report.failed) certificates[static_cast<std::size_t>(b)] = {};
  double worst = -1;
  for (index_t b = 0; b < A.count; ++b) {
    const factor::LaneCertificate& c = certificates[static_cast<std::size_t>(b)];
    factor::raise(report.residual, c.residual);
    factor::raise(report.orthogonality_U, c.orthogonality_U);
    factor::raise(report.orthogonality_V, c.orthogonality_V);
    factor::raise(report.energy_defect, c.energy_defect);
    const double before = worst;
    factor::raise(worst, worst_of(c, problem.vectors()));
    if (worst != before && !std::isnan(before)) report.worst = b;
  }
  report.certified = true;
  report.met = report.residual <= report.accuracy && report.orthogonality_U <= report.accuracy &&
               report.orthogonality_V <= report.accuracy && report.energy_defect <= report.accuracy;
}

// Messages are only made where they are thrown: they cost as much as a matrix of 3 x 3.
template <Scalar T>
void require_shapes(const Problem<T>& problem) {
  const BatchView<const T>& A = problem.A;
  if (A.count < 0 || A.rows < 0 || A.cols < 0) {
    throw InvalidArgument(fmt::format("a batch of {} matrices of {} x {}: sizes must be >= 0",
                                      A.count, A.rows, A.cols));
  }
  if (!problem.vectors()) return;
  const bool full = problem.options.vectors == Vectors::full;
  const auto fits = [&](const char* name, const BatchView<T>& X, index_t rows) {
    const index_t cols = full ? rows : problem.k();
    if (X.count == A.count && X.rows == rows && X.cols == cols) return;
    throw InvalidArgument(
        fmt::format("{} is a batch of {} matrices of {} x {}, expected {} of {} x {}", name,
                    X.count, X.rows, X.cols, A.count, rows, cols));
  };
  fits("U", problem.U, A.rows);
  fits("V", problem.V, A.cols);
}

}  // namespace

template <Scalar T>
double batch_svd_bytes(index_t rows, index_t cols, const BatchSvdOptions& options) {
  if (std::min(rows, cols) == 0) return 0;
  const double solve = fits_lanes(rows, cols)
                           ? factor::lane_svd_bytes<T>(rows, cols, options.vectors)
                           : dense_svd_bytes<T>(rows, cols, options.vectors, std::min(rows, cols));
  const double judge =
      options.certify ? factor::lane_judge_bytes<T>(rows, cols, options.vectors) : 0;
  return std::max(solve, judge);
}

template <Scalar T>
BatchSvdReport batch_svd_into(BatchView<const T> A,
                              BatchView<T> U,
                              std::span<real_t<T>> sigma,
                              BatchView<T> V,
                              const BatchSvdOptions& options,
                              Context& context) {
  const auto start = std::chrono::steady_clock::now();
  const Problem<T> problem{A, U, sigma.data(), V, options};
  drivers::require_accuracy(options.accuracy);
  require_shapes(problem);
  if (static_cast<index_t>(sigma.size()) != A.count * problem.k()) {
    throw InvalidArgument(fmt::format("sigma has {} values, expected {} of {} matrices",
                                      sigma.size(), problem.k(), A.count));
  }
  const double bytes = context.threads() * batch_svd_bytes<T>(A.rows, A.cols, options);
  drivers::require_memory("batch", bytes, context);
  if (context.cancelled()) core::throw_cancelled(context);
  const drivers::StopAtOnce stop(context);
  const blas::BlasThreads one_thread;

  BatchSvdReport report;
  report.scalar = scalar_name<T>();
  report.count = A.count;
  report.rows = A.rows;
  report.cols = A.cols;
  report.accuracy = options.accuracy > 0 ? options.accuracy : default_accuracy<T>();
  report.threads = context.threads();
  report.isa = kernels::isa_level();
  report.peak_bytes = static_cast<std::uint64_t>(std::min(bytes, 1.8e19));
  for (const Outcome& outcome : fits_lanes(A.rows, A.cols) ? solve_in_lanes(problem, context)
                                                           : solve_one_by_one(problem, context)) {
    report.failed.insert(report.failed.end(), outcome.failed.begin(), outcome.failed.end());
    report.fallbacks += outcome.fallbacks;
    report.reasons.insert(report.reasons.end(), outcome.reasons.begin(), outcome.reasons.end());
  }
  if (options.certify) judge(problem, context, report);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

template <Scalar T>
BatchSvdResult<T> batch_svd(BatchView<const T> A,
                            const BatchSvdOptions& options,
                            Context& context) {
  const index_t k = std::min(A.rows, A.cols);
  const bool full = options.vectors == Vectors::full;
  require_shapes(Problem<T>{A, {}, nullptr, {}, {.vectors = Vectors::none}});
  BatchSvdResult<T> result;
  result.sigma.resize(static_cast<std::size_t>(A.count * k));
  if (options.vectors != Vectors::none) {
    result.U = Matrix<T>(A.rows, A.count * (full ? A.rows : k));
    result.V = Matrix<T>(A.cols, A.count * (full ? A.cols : k));
  }
  result.report = batch_svd_into<T>(
      A, column_major_batch(result.U.data(), A.count, A.rows, full ? A.rows : k), result.sigma,
      column_major_batch(result.V.data(), A.count, A.cols, full ? A.cols : k), options, context);
  return result;
}

template BatchSvdResult<float> batch_svd(BatchView<const float>, const BatchSvdOptions&, Context&);
template BatchSvdResult<double> batch_svd(BatchView<const double>,
                                          const BatchSvdOptions&,
                                          Context&);
template BatchSvdResult<std::complex<float>> batch_svd(BatchView<const std::complex<float>>,
                                                       const BatchSvdOptions&,
                                                       Context&);
template BatchSvdResult<std::complex<double>> batch_svd(BatchView<const std::complex<double>>,
                                                        const BatchSvdOptions&,
                                                        Context&);
template BatchSvdReport batch_svd_into(BatchView<const float>,
                                       BatchView<float>,
                                       std::span<float>,
                                       BatchView<float>,
                                       const BatchSvdOptions&,
                                       Context&);
template BatchSvdReport batch_svd_into(BatchView<const double>,
                                       BatchView<double>,
                                       std::span<double>,
                                       BatchView<double>,
                                       const BatchSvdOptions&,
                                       Context&);
template BatchSvdReport batch_svd_into(BatchView<const std::complex<float>>,
                                       BatchView<std::complex<float>>,
                                       std::span<float>,
                                       BatchView<std::complex<float>>,
                                       const BatchSvdOptions&,
                                       Context&);
template BatchSvdReport batch_svd_into(BatchView<const std::complex<double>>,
                                       BatchView<std::complex<double>>,
                                       std::span<double>,
                                       BatchView<std::complex<double>>,
                                       const BatchSvdOptions&,
                                       Context&);
template double batch_svd_bytes<float>(index_t, index_t, const BatchSvdOptions&);
template double batch_svd_bytes<double>(index_t, index_t, const BatchSvdOptions&);
template double batch_svd_bytes<std::complex<float>>(index_t, index_t, const BatchSvdOptions&);
template double batch_svd_bytes<std::complex<double>>(index_t, index_t, const BatchSvdOptions&);

}  // namespace eckart
