// Generalised Nystroem in one read: Nakatsukasa, arXiv:2009.11392; sparse test matrices and the
// error from a sketch of its own: Tropp, Yurtsever, Udell, Cevher, SISC 41(4), 2019, Sections 3.9
// and 6.
#include "eckart/single_pass_svd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "core/philox.hpp"
#include "core/sketch.hpp"
#include "drivers/driver.hpp"
#include "drivers/spread.hpp"
#include "eckart/certify.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/dense_chain.hpp"
#include "factor/over_ranks.hpp"
#include "factor/product_checks.hpp"
#include "factor/sign_rule.hpp"
#include "factor/tall_qr.hpp"

namespace eckart {
namespace {

using blas::Op;

constexpr std::uint32_t range_stream = 1;
constexpr std::uint32_t core_stream = 2;
constexpr std::uint32_t error_stream = 3;

// Columns of the sketches.
struct Widths {
  index_t k;
  index_t range;  // of A Omega
  index_t core;   // of A^H Psi
  index_t error;  // of A^H Theta
};

Widths widths_for(index_t rows, index_t cols, index_t rank, const SinglePassSvdOptions& options) {
  const index_t min_dim = std::min(rows, cols);
  Widths w{.k = std::min(rank, min_dim), .range = 0, .core = 0, .error = options.error_vectors};
  const index_t beyond = options.oversampling < 0 ? w.k + 10 : options.oversampling;
  w.range = w.k + std::min(beyond, min_dim - w.k);
  w.core = std::min(w.range + w.range / 2 + 2, rows);
  return w;
}

// Test matrices side by side, each with random signs in a few places of every row, of such a size
// that the mean of their products with their own adjoint is the identity. One as wide as the side
// that it samples is the identity itself.
template <Scalar T>
class SparseSigns {
 public:
  struct Part {
    index_t width;
    std::uint32_t stream;
    bool may_be_identity;
  };

  // The rows of the shard.
  SparseSigns(const Shard& shard, std::span<const Part> parts, std::uint64_t seed, Context& context)
      : shard_(shard) {
    const index_t rows = shard.count;
    view_.rows = rows;
    for (const Part& part : parts) {
      view_.per_row += entries(part);
      view_.cols += part.width;
    }
    columns_.resize(static_cast<std::size_t>(rows * view_.per_row));
    values_.resize(columns_.size());
    constexpr index_t rows_per_chunk = 1024;
    core::for_each_chunk(rows, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
      for (index_t i = first; i < last; ++i) fill_row(i, parts, seed);
    });
    view_.columns = columns_.data();
    view_.values = values_.data();
  }
  const core::TestMatrix<T>& view() const { return view_; }

 private:
  bool is_identity(const Part& part) const {
    return part.may_be_identity && part.width == shard_.total;
  }
  index_t entries(const Part& part) const {
    constexpr index_t most = 8;
    return is_identity(part) ? 1 : std::min(most, part.width);
  }

  void fill_row(index_t i, std::span<const Part> parts, std::uint64_t seed) {
    index_t first = i * view_.per_row;
    index_t first_column = 0;
    for (const Part& part : parts) {
      const index_t count = entries(part);
      const auto size = static_cast<std::size_t>(count);
      const std::span columns(columns_.data() + first, size);
      const std::span values(values_.data() + first, size);
      if (is_identity(part)) {
        columns[0] = static_cast<std::int32_t>(shard_.first + i);
        values[0] = 1;
      } else {
        core::choose_signs(seed, part.stream, shard_.first + i, part.width, columns, values);
        const auto scale = static_cast<real_t<T>>(
            std::sqrt(static_cast<double>(part.width) / static_cast<double>(count)));
        for (real_t<T>& value : values) value *= scale;
      }
      for (std::int32_t& column : columns) column += static_cast<std::int32_t>(first_column);
      first += count;
      first_column += part.width;
    }
  }

  Shard shard_;
  std::vector<std::int32_t> columns_;
  std::vector<real_t<T>> values_;
  core::TestMatrix<T> view_;
};

template <Scalar T>
void copy(MatrixView<const T> from, MatrixView<T> to) {
  for (index_t j = 0; j < from.cols; ++j) std::copy_n(from.column(j), from.rows, to.column(j));
}

template <Scalar T>
double energy(MatrixView<const T> X) {
  double sum = 0;
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) sum += std::norm(std::complex<double>(X(i, j)));
  }
  return sum;
}

template <Scalar T>
class SinglePassSvd {
 public:
  SinglePassSvd(const LinearOperator<T>& A,
                const Widths& widths,
                const SinglePassSvdOptions& options,
                Context& context,
                SvdResult<T>& result)
      : A_(A),
        w_(widths),
        options_(options),
        context_(context),
        result_(result),
        left_(A.row_shard()),
        right_(A.col_shard()),
        Psi_(left_,
             std::array{Part{w_.core, core_stream, true}, Part{w_.error, error_stream, false}},
             options.seed,
             context),
        Y_(left_.count, w_.range),
        Z_(right_.count, w_.core + w_.error) {}

  void run() {
    read();
    const double norm = estimated_norm();
    approximate();
    certify(norm);
  }

 private:
  using Part = typename SparseSigns<T>::Part;

  // ||A||_F: in the mean every column of the sketches has its energy.
  double estimated_norm() const {
    if (w_.core == A_.rows()) return std::sqrt(energy_of_all(Z_.view().columns(0, w_.core)));
    return std::sqrt(energy_of_all(Z_.view()) / static_cast<double>(Z_.cols()));
  }

  // Y <- A Omega and Z <- A^H [Psi Theta].
  void read() {
    auto timer = result_.report.stage("read");
    const SparseSigns<T> Omega(right_, std::array{Part{w_.range, range_stream, true}},
                               options_.seed, context_);
    result_.report.passes_over_A +=
        core::add_sketches<T>(A_, Omega.view(), Y_.view(), Psi_.view(), Z_.view(), context_);
    result_.report.products += Y_.cols() + Z_.cols();
    factor::require_finite_product<T>(A_, std::as_const(Y_).view(), factor::Side::rows, context_);
    factor::require_finite_product<T>(A_, std::as_const(Z_).view(), factor::Side::columns,
                                      context_);
  }

  // Returns [Psi Theta]^H X.
  Matrix<T> sampled(const Matrix<T>& X) {
    Matrix<T> none(X.rows(), 0), turned(X.cols(), Psi_.view().cols),
        samples(Psi_.view().cols, X.cols());
    const core::TestMatrix<T> nothing{.rows = X.cols()};
    core::add_sketches<T>(*make_operator(X.view()), nothing, none.view(), Psi_.view(),
                          turned.view(), context_);
    for (index_t j = 0; j < samples.cols(); ++j) {
      for (index_t i = 0; i < samples.rows(); ++i) samples(i, j) = conjugate(turned(j, i));
    }
    factor::sum_over_ranks(left_, samples.view());
    return samples;
  }

  // With Y = Q R, Z = P S and W = Psi^H Y: A ~= Q (R W^+ S^H) P^H, and the SVD of the small matrix.
  void approximate() {
    auto timer = result_.report.stage("approximate");
    const Matrix<T> samples = sampled(Y_);
    const MatrixView<const T> W = samples.view().block(0, 0, w_.core, w_.range);
    Matrix<T> R(w_.range, w_.range);
    factor::tall_qr(Y_.view(), R.view(), context_, left_);
    // Z may have more columns than rows: then all of Z^H is taken as it stands.
    const bool tall = A_.cols() >= w_.core;
    Matrix<T> P = Matrix<T>::uninitialized(right_.count, tall ? w_.core : 0);
    Matrix<T> S(tall ? w_.core : A_.cols(), w_.core);
    if (tall) {
      copy<T>(std::as_const(Z_).view().columns(0, w_.core), P.view());
      factor::tall_qr(P.view(), S.view(), context_, right_);
    } else {
      copy<T>(std::as_const(Z_).view().columns(0, w_.core),
              S.view().block(right_.first, 0, right_.count, w_.core));
      factor::sum_over_ranks(right_, S.view());
    }
    const Matrix<T> RW = times_pseudoinverse(R, W);
    Matrix<T> core(w_.range, S.rows());
    blas::multiply<T>(Op::none, Op::adjoint, T{1}, RW.view(), std::as_const(S).view(), T{0},
                      core.view(), context_);
    take(core, P);
  }

  // Returns R W^+, the directions of W at the level of rounding left out.
  Matrix<T> times_pseudoinverse(const Matrix<T>& R, MatrixView<const T> W) {
    factor::DenseFactors<T> w = factor::factor_small<T>(W, result_.report.fallbacks, context_);
    Matrix<T> RV(w_.range, w_.range);
    blas::multiply<T>(Op::none, Op::none, T{1}, R.view(), std::as_const(w.V).view(), T{0},
                      RV.view(), context_);
    const double floor = 10 * std::numeric_limits<real_t<T>>::epsilon() *
                         static_cast<double>(w.sigma.empty() ? real_t<T>{0} : w.sigma[0]);
    for (index_t j = 0; j < RV.cols(); ++j) {
      const real_t<T> s = w.sigma[static_cast<std::size_t>(j)];
      const real_t<T> inverse = static_cast<double>(s) > floor ? 1 / s : real_t<T>{0};
      for (index_t i = 0; i < RV.rows(); ++i) RV(i, j) *= inverse;
    }
    Matrix<T> product(w_.range, W.rows);
    blas::multiply<T>(Op::none, Op::adjoint, T{1}, std::as_const(RV).view(),
                      std::as_const(w.U).view(), T{0}, product.view(), context_);
    return product;
  }

  // result <- the k leading triplets of Q core P^H, or of Q core without P.
  void take(const Matrix<T>& core, const Matrix<T>& P) {
    const bool wide = core.rows() < core.cols();
    Matrix<T> turned(wide ? core.cols() : 0, core.rows());
    for (index_t j = 0; j < core.cols() && wide; ++j) {
      for (index_t i = 0; i < core.rows(); ++i) turned(j, i) = conjugate(core(i, j));
    }
    factor::DenseFactors<T> small = factor::factor_small<T>(
        wide ? std::as_const(turned).view() : core.view(), result_.report.fallbacks, context_);
    if (wide) std::swap(small.U, small.V);
    small.U.keep_columns(w_.k);
    small.V.keep_columns(w_.k);
    small.sigma.resize(static_cast<std::size_t>(w_.k));
    const auto lifted = [&](const Matrix<T>& basis, Matrix<T>& vectors) {
      Matrix<T> product = Matrix<T>::uninitialized(basis.rows(), w_.k);
      blas::multiply<T>(Op::none, Op::none, T{1}, basis.view(), std::as_const(vectors).view(), T{0},
                        product.view(), context_);
      return product;
    };
    result_.U = lifted(Y_, small.U);
    if (P.cols() > 0) {
      result_.V = lifted(P, small.V);
    } else {
      result_.V = Matrix<T>::uninitialized(right_.count, w_.k);
      copy<T>(std::as_const(small.V).view().block(right_.first, 0, right_.count, w_.k),
              result_.V.view());
    }
    result_.sigma = std::move(small.sigma);
    factor::apply_sign_rule(result_.U.view(), result_.V.view(), w_.k, context_, right_);
  }

  // From Theta^H (A - U diag(sigma) V^H): the mean of its energy is that of the remainder.
  void certify(double norm) {
    auto timer = result_.report.stage("certificate");
    Matrix<T> C(w_.k, w_.error);  // diag(sigma) U^H Theta
    const Matrix<T> samples = sampled(result_.U);
    for (index_t j = 0; j < C.cols(); ++j) {
      for (index_t i = 0; i < w_.k; ++i) {
        C(i, j) = result_.sigma[static_cast<std::size_t>(i)] * conjugate(samples(w_.core + j, i));
      }
    }
    const MatrixView<T> left = Z_.view().columns(w_.core, w_.error);
    blas::multiply<T>(Op::none, Op::none, T{-1}, std::as_const(result_.V).view(),
                      std::as_const(C).view(), T{1}, left, context_);
    const auto count = static_cast<double>(w_.error);
    const double error = std::sqrt(energy_of_all(left) / count);
    const auto estimate = [](double value) { return Bound{value, BoundKind::estimated, 0}; };

    Certificate& certificate = result_.report.certificate;
    certificate.accuracy = options_.accuracy > 0 ? options_.accuracy : default_accuracy<T>();
    const double largest = result_.sigma.empty() ? 0 : static_cast<double>(result_.sigma[0]);
    const double relative = largest > 0 ? error / largest : norm > 0 ? 1 : 0;
    certificate.residual = estimate(relative);
    certificate.spectral_error = estimate(relative);
    certificate.frobenius_norm = estimate(norm);
    certificate.frobenius_error = estimate(norm > 0 ? error / norm : 0);
    certificate.energy = estimate(norm > 0 ? energy_held() / (norm * norm) : 1);
    certificate.orthogonality_U = {loss(result_.U.view(), left_), BoundKind::exact, 0};
    certificate.orthogonality_V = {loss(result_.V.view(), right_), BoundKind::exact, 0};
    if (!(relative <= certificate.accuracy)) {
      certificate.findings.push_back(fmt::format(
          "what one pass left out, about {:.1e} sigma_1, is above {:.1e}, and no second "
          "look tells how little of it is in the triplets",
          relative, certificate.accuracy));
    }
    for (const double off :
         {certificate.orthogonality_U.value, certificate.orthogonality_V.value}) {
      if (off <= certificate.accuracy) continue;
      certificate.findings.push_back(
          fmt::format("singular vectors are not orthonormal: off by {:.1e}", off));
    }
    certificate.met = certificate.findings.empty();
  }

  // The energy of all n rows.
  double energy_of_all(MatrixView<const T> X) const {
    std::vector<double> sum = {energy<T>(X)};
    factor::sum_over_ranks(right_, sum);
    return sum.front();
  }

  double energy_held() const {
    double sum = 0;
    for (const real_t<T> s : result_.sigma) sum += static_cast<double>(s) * static_cast<double>(s);
    return sum;
  }

  double loss(MatrixView<const T> X, const Shard& shard) const {
    if (X.cols == 0) return 0;
    Matrix<T> G(X.cols, X.cols);
    factor::inner_products<T>(X, X, G.view(), shard, context_);
    for (index_t i = 0; i < X.cols; ++i) G(i, i) -= T{1};
    return std::sqrt(energy<T>(std::as_const(G).view()) / static_cast<double>(X.cols));
  }

  const LinearOperator<T>& A_;
  Widths w_;
  const SinglePassSvdOptions& options_;
  Context& context_;
  SvdResult<T>& result_;
  Shard left_;
  Shard right_;
  SparseSigns<T> Psi_;  // m x (core + error): Psi and Theta
  Matrix<T> Y_;         // A Omega
  Matrix<T> Z_;         // A^H [Psi Theta]
};

}  // namespace

template <Scalar T>
double single_pass_svd_bytes(const LinearOperator<T>& A,
                             index_t rank,
                             const SinglePassSvdOptions& options) {
  const Widths w = widths_for(A.rows(), A.cols(), rank, options);
  const auto wide = static_cast<double>(w.core + w.error);
  const auto l = static_cast<double>(w.range);
  const auto here = static_cast<double>(A.row_shard().largest + A.col_shard().largest);
  constexpr double signs = 24 * (sizeof(std::int32_t) + sizeof(real_t<T>));
  return sizeof(T) * (here * (2 * wide + l) + 12 * wide * wide) + here * signs +
         drivers::exchange_bytes(A);
}

template <Scalar T>
SvdResult<T> single_pass_svd(const LinearOperator<T>& A,
                             index_t rank,
                             const SinglePassSvdOptions& options,
                             Context& context) {
  const auto start = std::chrono::steady_clock::now();
  require(rank >= 0, fmt::format("rank must be >= 0, got {}", rank));
  require(
      options.oversampling >= -1,
      fmt::format("oversampling must be >= 0, or -1 for the usual, got {}", options.oversampling));
  require(options.error_vectors >= 2,
          fmt::format("error_vectors must be >= 2, got {}", options.error_vectors));
  drivers::require_accuracy(options.accuracy);
  SvdResult<T> result;
  result.report = drivers::start_report("single-pass", A, options.seed,
                                        single_pass_svd_bytes<T>(A, rank, options), context);
  const Widths widths = widths_for(A.rows(), A.cols(), rank, options);
  if (widths.k == 0) {
    drivers::fill_zero_result(result, A, 0);
    result.report.certificate.met = true;
  } else {
    const drivers::StopAtOnce stop(context);  // nothing before the end of the pass
    SinglePassSvd<T>(A, widths, options, context, result).run();
  }
  drivers::finish(result, 1, start);
  return result;
}

template SvdResult<float> single_pass_svd(const LinearOperator<float>&,
                                          index_t,
                                          const SinglePassSvdOptions&,
                                          Context&);
template SvdResult<double> single_pass_svd(const LinearOperator<double>&,
                                           index_t,
                                           const SinglePassSvdOptions&,
                                           Context&);
template SvdResult<std::complex<float>> single_pass_svd(const LinearOperator<std::complex<float>>&,
                                                        index_t,
                                                        const SinglePassSvdOptions&,
                                                        Context&);
template SvdResult<std::complex<double>> single_pass_svd(
    const LinearOperator<std::complex<double>>&, index_t, const SinglePassSvdOptions&, Context&);
template double single_pass_svd_bytes(const LinearOperator<float>&,
                                      index_t,
                                      const SinglePassSvdOptions&);
template double single_pass_svd_bytes(const LinearOperator<double>&,
                                      index_t,
                                      const SinglePassSvdOptions&);
template double single_pass_svd_bytes(const LinearOperator<std::complex<float>>&,
                                      index_t,
                                      const SinglePassSvdOptions&);
template double single_pass_svd_bytes(const LinearOperator<std::complex<double>>&,
                                      index_t,
                                      const SinglePassSvdOptions&);

}  // namespace eckart
