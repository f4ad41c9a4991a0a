// The textbook method: A^H A = V diag(sigma^2) V^H, U = A V / sigma. Squares the condition number.
#include "eckart/gram_svd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/parallel.hpp"
#include "drivers/driver.hpp"
#include "drivers/spread.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/dense_chain.hpp"
#include "factor/orthonormalize.hpp"
#include "factor/over_ranks.hpp"
#include "factor/product_checks.hpp"
#include "factor/sign_rule.hpp"
#include "operators/scaled.hpp"

namespace eckart {
namespace {

// Returns A^H A for an m x n operator, m >= n, by blocks of columns of the identity.
template <Scalar T>
Matrix<T> gram_matrix(const LinearOperator<T>& A, Context& context, SvdReport& report) {
  auto timer = report.stage("Gram matrix");
  constexpr index_t block = 64;
  const index_t n = A.cols();
  const Shard here = A.col_shard();
  Matrix<T> G(n, n);
  const MatrixView<T> rows = G.view().block(here.first, 0, here.count, n);
  Matrix<T> E(here.count, std::min(block, n));
  Matrix<T> AE(A.row_shard().count, E.cols());
  const auto set = [&](index_t i, index_t j, T value) {
    if (i >= here.first && i < here.first + here.count) E(i - here.first, j) = value;
  };
  for (index_t first = 0; first < n; first += E.cols()) {
    const index_t count = std::min(E.cols(), n - first);
    for (index_t j = 0; j < count; ++j) set(first + j, j, 1);
    A.apply(std::as_const(E).view().columns(0, count), AE.view().columns(0, count), context);
    A.apply_adjoint(std::as_const(AE).view().columns(0, count), rows.columns(first, count),
                    context);
    factor::require_finite_product<T>(A, AE.view().columns(0, count), factor::Side::rows, context);
    factor::require_finite_product<T>(A, rows.columns(first, count), factor::Side::columns,
                                      context);
    for (index_t j = 0; j < count; ++j) set(first + j, j, 0);
    context.report_progress(
        {"Gram matrix", static_cast<double>(first + count) / static_cast<double>(n), -1});
    if (here.any(context.cancelled())) core::throw_cancelled(context);
  }
  factor::sum_over_ranks(here, G.view());
  report.products += 2 * n;
  report.passes_over_A += 2;
  return G;
}

// Divides the columns of U = A V by sigma; columns whose sigma is lost in rounding are replaced
// by directions orthogonal to the rest.
template <Scalar T>
void divide_by_sigma(MatrixView<T> U,
                     const std::vector<real_t<T>>& sigma,
                     std::uint64_t seed,
                     const Shard& shard,
                     const Context& context) {
  using Real = real_t<T>;
  const Real lost = sigma.empty() ? Real{0}
                                  : sigma[0] * static_cast<Real>(shard.total) *
                                        std::numeric_limits<Real>::epsilon();
  index_t kept = 0;
  for (index_t j = 0; j < U.cols; ++j) {
    const Real s = sigma[static_cast<std::size_t>(j)];
    if (!(s > lost)) break;
    for (index_t i = 0; i < U.rows; ++i) U(i, j) /= s;
    ++kept;
  }
  const index_t rest = U.cols - kept;
  if (rest == 0) return;
  for (index_t j = kept; j < U.cols; ++j) std::fill_n(U.column(j), U.rows, T{});
  Matrix<T> H(kept, rest);
  Matrix<T> S(rest, rest);
  factor::RandomSource random{seed, 1};
  factor::orthonormalize_against<T>(U.columns(0, kept), U.columns(kept, rest), H.view(), S.view(),
                                    1, random, context, shard);
}

// Returns A^H A = V diag(sigma^2) V^H. It is positive semidefinite: its eigenvectors are its
// singular vectors.
template <Scalar T>
factor::DenseFactors<T> eigendecomposition(const LinearOperator<T>& A,
                                           index_t k,
                                           Context& context,
                                           SvdReport& report) {
  const Matrix<T> G = gram_matrix(A, context, report);
  auto timer = report.stage("eigendecomposition");
  const factor::Select leading{[k](std::span<const double>) { return TripletRange{0, k}; }, k};
  return factor::factor_dense<T>(
      G.rows(), G.cols(),
      [&](MatrixView<T> to) {
        for (index_t j = 0; j < G.cols(); ++j) {
          std::copy_n(G.view().column(j), G.rows(), to.column(j));
        }
      },
      Vectors::thin, leading, factor::dense_chain<T>(DenseAlgorithm::divide_and_conquer),
      report.fallbacks, context);
}

// The decomposition for rows >= cols.
template <Scalar T>
void decompose(const LinearOperator<T>& A, index_t k, Context& context, SvdResult<T>& result) {
  SvdReport& report = result.report;
  const drivers::StopAtOnce stop(context);
  factor::DenseFactors<T> squared = eigendecomposition(A, k, context, report);
  const Shard here = A.col_shard();
  result.V = Matrix<T>(here.count, k);
  for (index_t j = 0; j < k; ++j) {
    std::copy_n(squared.V.view().column(j) + here.first, here.count, result.V.view().column(j));
  }
  result.U = Matrix<T>(A.row_shard().count, k);
  squared.sigma.resize(static_cast<std::size_t>(k));
  result.sigma = std::move(squared.sigma);
  for (real_t<T>& s : result.sigma) s = std::sqrt(s);
  auto timer = report.stage("other side");
  if (k > 0) A.apply(std::as_const(result.V).view(), result.U.view(), context);
  report.products += k;
  report.passes_over_A += 1;
  divide_by_sigma(result.U.view(), result.sigma, report.seed, A.row_shard(), context);
}

}  // namespace

template <Scalar T>
double gram_svd_bytes(index_t rows, index_t cols, index_t rank) {
  const auto m = static_cast<double>(std::max(rows, cols));
  const auto n = static_cast<double>(std::min(rows, cols));
  const index_t k = std::min({rank, rows, cols});
  // The Gram matrix and its decomposition, a block of columns, the results.
  const index_t order = std::min(rows, cols);
  return sizeof(T) * (2 * n * n + factor::direct_svd_elements<T>(order, order, Vectors::thin, k) +
                      (m + n) * (std::min(n, 64.0) + static_cast<double>(k)) +
                      factor::certificate_elements(rows, cols, k));
}

template <Scalar T>
SvdResult<T> gram_svd(const LinearOperator<T>& A,
                      index_t rank,
                      const GramSvdOptions& options,
                      Context& context) {
  const auto start = std::chrono::steady_clock::now();
  require(rank >= 0, "rank must be >= 0, got " + std::to_string(rank));
  drivers::require_accuracy(options.accuracy);
  const index_t k = std::min({rank, A.rows(), A.cols()});
  const index_t n = std::min(A.rows(), A.cols());
  const double bytes = gram_svd_bytes<T>(drivers::rows_counted(A.row_shard(), n),
                                         drivers::rows_counted(A.col_shard(), n), rank) +
                       drivers::exchange_bytes(A);
  SvdResult<T> result;
  result.report = drivers::start_report("gram", A, 0, bytes, context);
  const operators::Prepared<T> prepared(A, context);
  result.report.products += prepared.products();
  result.report.passes_over_A += static_cast<double>(prepared.products());
  if (A.rows() >= A.cols()) {
    decompose(prepared.matrix(), k, context, result);
  } else {
    try {
      decompose(*make_adjoint(prepared.matrix()), k, context, result);
    } catch (const NonFiniteInput& found) {  // named as an entry of the adjoint
      throw NonFiniteInput(found.col(), found.row(), found.value());
    }
    std::swap(result.U, result.V);
  }
  factor::apply_sign_rule(result.U.view(), result.V.view(), k, context, A.col_shard());
  if (options.certify) {
    factor::fill_certificate<T>(prepared.matrix(), result.U.view(), result.sigma, result.V.view(),
                                {.accuracy = options.accuracy}, {}, -1, context, result.report);
  }
  drivers::finish(result, prepared.scale(), start);
  return result;
}

template SvdResult<float> gram_svd(const LinearOperator<float>&,
                                   index_t,
                                   const GramSvdOptions&,
                                   Context&);
template SvdResult<double> gram_svd(const LinearOperator<double>&,
                                    index_t,
                                    const GramSvdOptions&,
                                    Context&);
template SvdResult<std::complex<float>> gram_svd(const LinearOperator<std::complex<float>>&,
                                                 index_t,
                                                 const GramSvdOptions&,
                                                 Context&);
template SvdResult<std::complex<double>> gram_svd(const LinearOperator<std::complex<double>>&,
                                                  index_t,
                                                  const GramSvdOptions&,
                                                  Context&);
template double gram_svd_bytes<float>(index_t, index_t, index_t);
template double gram_svd_bytes<double>(index_t, index_t, index_t);
template double gram_svd_bytes<std::complex<float>>(index_t, index_t, index_t);
template double gram_svd_bytes<std::complex<double>>(index_t, index_t, index_t);

}  // namespace eckart
