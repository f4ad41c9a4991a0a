#include "factor/spectral_transform.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "core/philox.hpp"
#include "eckart/error.hpp"
#include "factor/copies.hpp"
#include "factor/sparse_qr.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

template <Scalar T>
constexpr double eps = std::numeric_limits<real_t<T>>::epsilon();

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Returns A X.
template <Scalar T>
Matrix<T> product(const LinearOperator<T>& A, MatrixView<const T> X, Context& context) {
  Matrix<T> Y(A.rows(), X.cols);
  A.apply(X, Y.view(), context);
  return Y;
}

// Returns A X for compressed rows.
template <Scalar T>
Matrix<T> product(const SparseMatrix<T>& A, MatrixView<const T> X) {
  Matrix<T> Y(A.rows, X.cols);
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) {
      T sum = 0;
      for (index_t p = A.offsets[at(i)]; p < A.offsets[at(i + 1)]; ++p) {
        sum += A.values[at(p)] * X(A.columns[at(p)], j);
      }
      Y(i, j) = sum;
    }
  }
  return Y;
}

// Returns [A; delta I].
template <Scalar T>
SparseMatrix<T> with_diagonal_below(SparseMatrix<T> A, double delta) {
  for (index_t j = 0; j < A.cols; ++j) {
    A.columns.push_back(j);
    A.values.push_back(static_cast<real_t<T>>(delta));
    A.offsets.push_back(static_cast<index_t>(A.values.size()));
  }
  A.rows += A.cols;
  return A;
}

// Returns [0 A; A^H 0] - shift I.
template <Scalar T>
SparseMatrix<T> doubled(const SparseMatrix<T>& A, double shift) {
  SparseMatrix<T> K;
  K.rows = A.rows + A.cols;
  K.cols = K.rows;
  const auto add = [&](index_t column, T value) {
    K.columns.push_back(column);
    K.values.push_back(value);
  };
  const auto end_row = [&] { K.offsets.push_back(static_cast<index_t>(K.values.size())); };
  const T diagonal = static_cast<real_t<T>>(-shift);
  for (index_t i = 0; i < A.rows; ++i) {
    add(i, diagonal);
    for (index_t p = A.offsets[at(i)]; p < A.offsets[at(i + 1)]; ++p) {
      add(A.rows + A.columns[at(p)], A.values[at(p)]);
    }
    end_row();
  }
  const SparseMatrix<T> AT = transpose(A);
  for (index_t j = 0; j < AT.rows; ++j) {
    for (index_t p = AT.offsets[at(j)]; p < AT.offsets[at(j + 1)]; ++p) {
      add(AT.columns[at(p)], conjugate(AT.values[at(p)]));
    }
    add(A.rows + j, diagonal);
    end_row();
  }
  return K;
}

template <Scalar T>
class Inverse final : public SpectralTransform<T> {
 public:
  Inverse(const SparseMatrix<T>& A, double norm, double most_bytes)
      : norm_(norm),
        delta_(16 * eps<T> * norm),
        S_(with_diagonal_below(A, delta_)),
        qr_(S_, most_bytes) {}
  SparseQr<T>& qr() { return qr_; }
  const SparseMatrix<T>& matrix() const { return S_; }
  double least_pivot() const { return delta_; }

  index_t rows() const override { return qr_.cols(); }
  index_t cols() const override { return qr_.cols(); }
  double gain(double sigma) const override { return 1 / std::hypot(sigma, delta_); }
  double rounding(double gain) const override { return eps<T> * norm_ * gain * gain; }
  double bytes() const override { return qr_.bytes(); }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context&) const override {
    copy(X, Y);
    qr_.solve(Y);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context&) const override {
    copy(Y, X);
    qr_.solve_adjoint(X);
  }

  // The upper rows of Q W. What is left of a column there has the length
  // sigma / sqrt(sigma^2 + delta^2): where sigma is no more than delta, any vector that A^H all but
  // annihilates serves, and one is made from random numbers.
  Matrix<T> left_vectors(MatrixView<const T>,
                         MatrixView<const T> W,
                         Context& context) const override {
    const index_t m = S_.rows - S_.cols;
    Matrix<T> QW = qr_.multiply_Q(W);
    Matrix<T> U(m, W.cols);
    copy<T>(std::as_const(QW).view().block(0, 0, m, W.cols), U.view());
    std::vector<index_t> short_ones;
    for (index_t j = 0; j < W.cols; ++j) {
      double energy = 0;
      for (index_t i = 0; i < m; ++i) energy += static_cast<double>(std::norm(U(i, j)));
      if (energy < 0.5) short_ones.push_back(j);
    }
    const Matrix<T> others = annihilated(static_cast<index_t>(short_ones.size()), context);
    for (std::size_t c = 0; c < short_ones.size(); ++c) {
      std::copy_n(others.view().column(static_cast<index_t>(c)), m, U.view().column(short_ones[c]));
    }
    return U;
  }

 private:
  // Random vectors (m x count) less their part in the range of A, taken off twice.
  Matrix<T> annihilated(index_t count, const Context& context) const {
    const index_t m = S_.rows - S_.cols;
    Matrix<T> G(S_.rows, count);  // zeros below
    if (count == 0) return G;
    core::fill_gaussian(G.view().block(0, 0, m, count), 0, annihilated_stream, 0, context);
    SparseMatrix<T> SH = transpose(S_);
    for (T& value : SH.values) value = conjugate(value);
    for (int round = 0; round < 2; ++round) {
      Matrix<T> Y = product(SH, std::as_const(G).view());
      qr_.solve_adjoint(Y.view());  // Q_1^H G
      const Matrix<T> range = qr_.multiply_Q(std::as_const(Y).view());
      for (index_t j = 0; j < count; ++j) {
        for (index_t i = 0; i < m; ++i) G(i, j) -= range(i, j);
      }
    }
    return G;
  }

  static constexpr std::uint32_t annihilated_stream = 31;
  double norm_;
  double delta_;
  SparseMatrix<T> S_;  // [A; delta I]
  SparseQr<T> qr_;
};

template <Scalar T>
class ShiftedInverse final : public SpectralTransform<T> {
 public:
  ShiftedInverse(const SparseMatrix<T>& A, double target, double norm, double most_bytes)
      : rows_(A.rows), target_(target), norm_(norm), K_(doubled(A, target)), qr_(K_, most_bytes) {}
  SparseQr<T>& qr() { return qr_; }
  const SparseMatrix<T>& matrix() const { return K_; }
  double least_pivot() const { return eps<T> * target_; }

  index_t rows() const override { return K_.rows - rows_; }
  index_t cols() const override { return rows_; }
  double gain(double sigma) const override {
    return sigma / (std::abs(target_ - sigma) * (target_ + sigma));
  }
  // The solution for a unit vector has another part, of size 1 / target even where the gain is
  // none.
  double rounding(double gain) const override {
    const double size = 1 / target_ + 2 * gain;
    return eps<T> * norm_ * size * size;
  }
  double bytes() const override { return qr_.bytes(); }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context&) const override {
    copy<T>(solve(X, 0).view().block(rows_, 0, rows(), X.cols), Y);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context&) const override {
    copy<T>(solve(Y, rows_).view().block(0, 0, rows_, Y.cols), X);
  }
  Matrix<T> left_vectors(MatrixView<const T>, MatrixView<const T> W, Context&) const override {
    Matrix<T> U(W.rows, W.cols);
    copy(W, U.view());
    return U;
  }

 private:
  // Returns K^-1 X, with rows of zeros around those of X from the given one on.
  Matrix<T> solve(MatrixView<const T> X, index_t first) const {
    Matrix<T> padded(K_.rows, X.cols);
    copy(X, padded.view().block(first, 0, X.rows, X.cols));
    // K is Hermitian: K^-1 = K^-H = Q R^-H.
    qr_.solve_adjoint(padded.view());
    return qr_.multiply_Q(std::as_const(padded).view());
  }

  index_t rows_;  // of A
  double target_;
  double norm_;
  SparseMatrix<T> K_;  // [0 A; A^H 0] - target I
  SparseQr<T> qr_;
};

// Coefficients c_j of sum_j c_j T_j(x) ~ a bell of height 1 around x = cos(angle).
std::vector<double> bell(double angle, index_t degree) {
  const auto d = static_cast<double>(degree);
  const double step = std::numbers::pi / (d + 1);
  std::vector<double> c;
  double height = 0;
  for (index_t j = 0; j <= degree; ++j) {
    const auto i = static_cast<double>(j);
    const double damping =
        ((d - i + 1) * std::cos(step * i) + std::sin(step * i) / std::tan(step)) / (d + 1);
    c.push_back((j == 0 ? 1 : 2) * damping * std::cos(i * angle));
    height += c.back() * std::cos(i * angle);
  }
  for (double& value : c) value /= height;
  return c;
}

template <Scalar T>
class Filter final : public SpectralTransform<T> {
 public:
  Filter(const LinearOperator<T>& A, double target, double norm, index_t degree)
      : A_(A), norm_(norm), coefficients_(bell(angle(target), degree)) {}

  index_t rows() const override { return A_.cols(); }
  index_t cols() const override { return A_.cols(); }
  double gain(double sigma) const override {
    double sum = 0;
    const double phi = angle(sigma);
    for (std::size_t j = 0; j < coefficients_.size(); ++j) {
      sum += coefficients_[j] * std::cos(static_cast<double>(j) * phi);
    }
    return std::abs(sum);
  }
  double rounding(double) const override { return eps<T> * static_cast<double>(products_with_A()); }
  index_t products_with_A() const override {
    return 2 * static_cast<index_t>(coefficients_.size() - 1);
  }
  double bytes() const override { return 0; }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    Matrix<T> before(X.rows, X.cols);  // T_{j-1} X
    Matrix<T> now(X.rows, X.cols);     // T_j X
    copy(X, before.view());
    step(before, now, 1, false, context);
    combine(Y, coefficients_[0], std::as_const(before).view(), 0, context);
    combine(Y, coefficients_[1], std::as_const(now).view(), 1, context);
    for (std::size_t j = 2; j < coefficients_.size(); ++j) {
      core::throw_if_stopped(context);
      step(now, before, 2, true, context);
      std::swap(now, before);
      combine(Y, coefficients_[j], std::as_const(now).view(), 1, context);
    }
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    apply(Y, X, context);
  }
  Matrix<T> left_vectors(MatrixView<const T> V,
                         MatrixView<const T>,
                         Context& context) const override {
    return product(A_, V, context);
  }

 private:
  // The angle of 2 sigma^2 / norm^2 - 1 in [-1, 1].
  double angle(double sigma) const {
    const double ratio = sigma / norm_;
    return std::acos(std::clamp(2 * ratio * ratio - 1, -1.0, 1.0));
  }

  // to <- factor (2 A^H A / norm^2 - I) from, less to if asked.
  void step(
      const Matrix<T>& from, Matrix<T>& to, double factor, bool less_to, Context& context) const {
    const Matrix<T> AX = product(A_, from.view(), context);
    Matrix<T> AHAX(from.rows(), from.cols());
    A_.apply_adjoint(AX.view(), AHAX.view(), context);
    const auto a = static_cast<real_t<T>>(2 * factor / (norm_ * norm_));
    const auto b = static_cast<real_t<T>>(factor);
    core::for_each_chunk(from.rows(), rows_per_chunk, context,
                         [&](index_t, index_t first, index_t last) {
                           for (index_t j = 0; j < from.cols(); ++j) {
                             for (index_t i = first; i < last; ++i) {
                               const T less = less_to ? to(i, j) : T{};
                               to(i, j) = a * AHAX(i, j) - b * from(i, j) - less;
                             }
                           }
                         });
  }

  // Y <- beta Y + c X.
  static void combine(
      MatrixView<T> Y, double c, MatrixView<const T> X, index_t beta, const Context& context) {
    const auto factor = static_cast<real_t<T>>(c);
    core::for_each_chunk(Y.rows, rows_per_chunk, context,
                         [&](index_t, index_t first, index_t last) {
                           for (index_t j = 0; j < Y.cols; ++j) {
                             for (index_t i = first; i < last; ++i) {
                               Y(i, j) = (beta == 0 ? T{} : Y(i, j)) + factor * X(i, j);
                             }
                           }
                         });
  }

  static constexpr index_t rows_per_chunk = 4096;
  const LinearOperator<T>& A_;
  double norm_;
  std::vector<double> coefficients_;
};

// Factors what the transform inverts. Throws MemoryLimit if that does not fit.
template <Scalar T, class Transform>
std::unique_ptr<SpectralTransform<T>> factored(std::unique_ptr<Transform> transform,
                                               double most_bytes,
                                               const Context& context) {
  if (!transform->qr().fits()) {
    throw MemoryLimit("the sparse QR factorization",
                      static_cast<std::uint64_t>(std::min(transform->bytes(), 1.8e19)),
                      static_cast<std::uint64_t>(std::min(most_bytes, 1.8e19)));
  }
  const auto least_pivot = static_cast<real_t<T>>(transform->least_pivot());
  transform->qr().factor(transform->matrix(), least_pivot, context);
  return transform;
}

}  // namespace

template <Scalar T>
std::unique_ptr<SpectralTransform<T>> make_inverse(const SparseMatrix<T>& A,
                                                   double norm,
                                                   double most_bytes,
                                                   const Context& context) {
  return factored<T>(std::make_unique<Inverse<T>>(A, norm, most_bytes), most_bytes, context);
}

template <Scalar T>
std::unique_ptr<SpectralTransform<T>> make_shifted_inverse(const SparseMatrix<T>& A,
                                                           double target,
                                                           double norm,
                                                           double most_bytes,
                                                           const Context& context) {
  return factored<T>(std::make_unique<ShiftedInverse<T>>(A, target, norm, most_bytes), most_bytes,
                     context);
}

template <Scalar T>
std::unique_ptr<SpectralTransform<T>> make_filter(const LinearOperator<T>& A,
                                                  double target,
                                                  double norm,
                                                  index_t degree) {
  return std::make_unique<Filter<T>>(A, target, norm, degree);
}

namespace {

// X <- X - Q Q^H X.
template <Scalar T>
void take_off(MatrixView<const T> Q, MatrixView<T> X, const Context& context) {
  if (Q.cols == 0) return;
  Matrix<T> C(Q.cols, X.cols);
  blas::multiply<T>(Op::adjoint, Op::none, T{1}, Q, X, T{0}, C.view(), context);
  blas::multiply<T>(Op::none, Op::none, T{-1}, Q, C.view(), T{1}, X, context);
}

}  // namespace

template <Scalar T>
void DeflatedOperator<T>::apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const {
  Matrix<T> rest(X.rows, X.cols);
  copy(X, rest.view());
  take_off(W_, rest.view(), context);
  G_.apply(std::as_const(rest).view(), Y, context);
  take_off(V_, Y, context);
}

template <Scalar T>
void DeflatedOperator<T>::apply_adjoint(MatrixView<const T> Y,
                                        MatrixView<T> X,
                                        Context& context) const {
  Matrix<T> rest(Y.rows, Y.cols);
  copy(Y, rest.view());
  take_off(V_, rest.view(), context);
  G_.apply_adjoint(std::as_const(rest).view(), X, context);
  take_off(W_, X, context);
}

template std::unique_ptr<SpectralTransform<float>> make_inverse(const SparseMatrix<float>&,
                                                                double,
                                                                double,
                                                                const Context&);
template std::unique_ptr<SpectralTransform<float>> make_shifted_inverse(
    const SparseMatrix<float>&, double, double, double, const Context&);
template std::unique_ptr<SpectralTransform<float>> make_filter(const LinearOperator<float>&,
                                                               double,
                                                               double,
                                                               index_t);
template class DeflatedOperator<float>;
template std::unique_ptr<SpectralTransform<double>> make_inverse(const SparseMatrix<double>&,
                                                                 double,
                                                                 double,
                                                                 const Context&);
template std::unique_ptr<SpectralTransform<double>> make_shifted_inverse(
    const SparseMatrix<double>&, double, double, double, const Context&);
template std::unique_ptr<SpectralTransform<double>> make_filter(const LinearOperator<double>&,
                                                                double,
                                                                double,
                                                                index_t);
template class DeflatedOperator<double>;
template std::unique_ptr<SpectralTransform<std::complex<float>>> make_inverse(
    const SparseMatrix<std::complex<float>>&, double, double, const Context&);
template std::unique_ptr<SpectralTransform<std::complex<float>>> make_shifted_inverse(
    const SparseMatrix<std::complex<float>>&, double, double, double, const Context&);
template std::unique_ptr<SpectralTransform<std::complex<float>>> make_filter(
    const LinearOperator<std::complex<float>>&, double, double, index_t);
template class DeflatedOperator<std::complex<float>>;
template std::unique_ptr<SpectralTransform<std::complex<double>>> make_inverse(
    const SparseMatrix<std::complex<double>>&, double, double, const Context&);
template std::unique_ptr<SpectralTransform<std::complex<double>>> make_shifted_inverse(
    const SparseMatrix<std::complex<double>>&, double, double, double, const Context&);
template std::unique_ptr<SpectralTransform<std::complex<double>>> make_filter(
    const LinearOperator<std::complex<double>>&, double, double, index_t);
template class DeflatedOperator<std::complex<double>>;

}  // namespace eckart::factor
