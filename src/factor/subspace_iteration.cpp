#include "factor/subspace_iteration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "core/philox.hpp"
#include "factor/dense_chain.hpp"
#include "factor/over_ranks.hpp"
#include "factor/product_checks.hpp"
#include "factor/tall_qr.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

constexpr std::uint32_t sketch_stream = 2;

// X <- a_j X + b_j Y, column by column.
template <Scalar T, class A, class B>
void combine(
    const A& a, MatrixView<T> X, const B& b, MatrixView<const T> Y, const Context& context) {
  core::for_each_chunk(X.cols, 1, context, [&](index_t j, index_t, index_t) {
    const real_t<T> x_factor = a(j);
    const real_t<T> y_factor = b(j);
    T* x = X.column(j);
    const T* y = Y.column(j);
    for (index_t i = 0; i < X.rows; ++i) x[i] = x_factor * x[i] + y_factor * y[i];
  });
}

// arccosh(2 (a / b)^2 - 1): what one degree of the filter gains at a over the interval up to b.
double gain(double a, double b) {
  const double ratio = a / b;
  return ratio > 1 ? 2 * std::acosh(ratio) : 0;
}

}  // namespace

template <Scalar T>
SubspaceIteration<T>::SubspaceIteration(const LinearOperator<T>& A,
                                        index_t k,
                                        index_t width,
                                        std::uint64_t seed,
                                        Context& context,
                                        SvdReport& report)
    : A_(A),
      k_(k),
      seed_(seed),
      context_(context),
      report_(report),
      left_(A.row_shard()),
      right_(A.col_shard()),
      U_(left_.count, width),
      V_(right_.count, width),
      Z_(right_.count, width) {}

template <Scalar T>
double SubspaceIteration<T>::elements(index_t rows,
                                      index_t cols,
                                      index_t width,
                                      index_t most_degree) {
  const auto m = static_cast<double>(std::max(rows, cols));
  const auto n = static_cast<double>(std::min(rows, cols));
  const auto l = static_cast<double>(width);
  return l * (m + n * (most_degree > 1 ? 3 : 2)) + 14 * l * l;
}

template <Scalar T>
void SubspaceIteration<T>::apply(MatrixView<const T> X, MatrixView<T> Y) {
  auto timer = report_.stage("product with A");
  A_.apply(X, Y, context_);
  report_.products += X.cols;
  report_.passes_over_A += 1;
}

template <Scalar T>
void SubspaceIteration<T>::apply_adjoint(MatrixView<const T> Y, MatrixView<T> X) {
  auto timer = report_.stage("product with A^H");
  A_.apply_adjoint(Y, X, context_);
  report_.products += Y.cols;
  report_.passes_over_A += 1;
}

template <Scalar T>
void SubspaceIteration<T>::start() {
  core::fill_gaussian(U_.view(), seed_, sketch_stream, 0, context_, left_.first);
  apply_adjoint(std::as_const(U_).view(), V_.view());
  require_finite_product<T>(A_, V_.view(), Side::columns, context_);
  Matrix<T> R(V_.cols(), V_.cols());
  tall_qr(V_.view(), R.view(), context_, right_);
  project();
  require_adjoint<T>(A_, V_.view(), Z_.view(), sigma_, context_);
}

template <Scalar T>
void SubspaceIteration<T>::project() {
  apply(std::as_const(V_).view(), U_.view());
  require_finite_product<T>(A_, U_.view(), Side::rows, context_);
  {
    auto timer = report_.stage("Rayleigh-Ritz");
    Matrix<T> R(V_.cols(), V_.cols());
    tall_qr(U_.view(), R.view(), context_, left_);
    DenseFactors<T> small = factor_small<T>(std::as_const(R).view(), report_.fallbacks, context_);
    blas::multiply_in_place<T>(U_.view(), std::as_const(small.U).view(), context_);
    blas::multiply_in_place<T>(V_.view(), std::as_const(small.V).view(), context_);
    sigma_ = std::move(small.sigma);
  }
  apply_adjoint(std::as_const(U_).view(), Z_.view());
  require_finite_product<T>(A_, Z_.view(), Side::columns, context_);
  measure_residuals();
}

template <Scalar T>
void SubspaceIteration<T>::measure_residuals() {
  residuals_.resize(sigma_.size());
  core::for_each_chunk(V_.cols(), 1, context_, [&](index_t j, index_t, index_t) {
    const real_t<T> s = sigma_[static_cast<std::size_t>(j)];
    const T* z = std::as_const(Z_).view().column(j);
    const T* v = std::as_const(V_).view().column(j);
    double sum = 0;
    for (index_t i = 0; i < V_.rows(); ++i) {
      sum += static_cast<double>(std::norm(z[i] - s * v[i]));
    }
    residuals_[static_cast<std::size_t>(j)] = sum;
  });
  sum_over_ranks(right_, residuals_);
  for (double& residual : residuals_) residual = std::sqrt(residual);
}

template <Scalar T>
double SubspaceIteration<T>::residual() const {
  const double largest = static_cast<double>(sigma_[0]);
  const double worst = *std::max_element(residuals_.begin(), residuals_.begin() + k_);
  return largest > 0 ? worst / largest : 0;
}

template <Scalar T>
index_t SubspaceIteration<T>::converged(double accuracy) const {
  const double allowed = accuracy * static_cast<double>(sigma_[0]);
  const auto first = std::find_if(residuals_.begin(), residuals_.begin() + k_,
                                  [&](double r) { return !(r <= allowed); });
  return first - residuals_.begin();
}

template <Scalar T>
index_t SubspaceIteration<T>::degree(double accuracy, index_t most_degree) const {
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const double first = static_cast<double>(sigma_.front());
  const double wanted = static_cast<double>(sigma_[static_cast<std::size_t>(k_ - 1)]);
  const double last = static_cast<double>(sigma_.back());
  if (!(last > 100 * eps * first)) return 1;  // the block holds all that can be told from rounding
  // Rounding errors along v_1 grow with it: in the column of v_k they must stay below the accuracy.
  const double spread = gain(first, last) - gain(wanted, last);
  const double rounding = std::log(std::max(accuracy / eps, 10.0) * first / wanted);
  const double allowed = spread > 0 ? rounding / spread : 1e9;
  const double needed = std::log(2 * std::max(residual() / accuracy, 1.0)) / gain(wanted, last);
  const double d = std::ceil(std::min({needed, std::floor(allowed), 1e9}));
  return std::clamp<index_t>(static_cast<index_t>(d), 1, most_degree);
}

template <Scalar T>
index_t SubspaceIteration<T>::refine(double accuracy, index_t most_degree) {
  index_t d = degree(accuracy, most_degree);
  if (d == 1) {
    shifted_step();
  } else {
    d = filter(d);
  }
  {
    auto timer = report_.stage("orthonormalise");
    Matrix<T> R(V_.cols(), V_.cols());
    tall_qr(V_.view(), R.view(), context_, right_);
  }
  project();
  report_.iterations += d;
  return d;
}

template <Scalar T>
void SubspaceIteration<T>::shifted_step() {
  // (A^H A - shift) v_j = sigma_j z_j - shift v_j, divided by sigma_j.
  const real_t<T> shift = sigma_.back() * (sigma_.back() / 2);
  const auto over_sigma = [&](index_t j) {
    const real_t<T> s = sigma_[static_cast<std::size_t>(j)];
    return s > 0 ? -shift / s : real_t<T>{0};
  };
  combine<T>([](index_t) { return real_t<T>{1}; }, Z_.view(), over_sigma, V_.view(), context_);
  std::swap(V_, Z_);
}

template <Scalar T>
index_t SubspaceIteration<T>::filter(index_t degree) {
  // X_0 = V, X_1 = x V, X_{t+1} = 2 x X_t - X_{t-1} with x = 2 A^H A / bound - 1.
  if (P_.cols() == 0) P_ = Matrix<T>(V_.rows(), V_.cols());
  const real_t<T> bound = sigma_.back() * sigma_.back();
  const auto constant = [](real_t<T> value) { return [value](index_t) { return value; }; };
  combine<T>([&](index_t j) { return 2 * sigma_[static_cast<std::size_t>(j)] / bound; }, Z_.view(),
             constant(-1), V_.view(), context_);
  index_t t = 1;
  for (; t < degree && !left_.any(context_.cancelled()); ++t) {
    apply(std::as_const(Z_).view(), U_.view());
    apply_adjoint(std::as_const(U_).view(), P_.view());
    combine<T>(constant(4 / bound), P_.view(), constant(-2), Z_.view(), context_);
    combine<T>(constant(1), P_.view(), constant(-1), V_.view(), context_);
    std::swap(V_, Z_);
    std::swap(Z_, P_);
  }
  std::swap(V_, Z_);
  return t;
}

template <Scalar T>
void SubspaceIteration<T>::admit(MatrixView<const T> X) {
  const index_t first = V_.cols() - X.cols;
  for (index_t j = 0; j < X.cols; ++j) {
    std::copy_n(X.column(j), X.rows, V_.view().column(first + j));
  }
  Matrix<T> R(V_.cols(), V_.cols());
  tall_qr(V_.view(), R.view(), context_, right_);
  project();
}

template class SubspaceIteration<float>;
template class SubspaceIteration<double>;
template class SubspaceIteration<std::complex<float>>;
template class SubspaceIteration<std::complex<double>>;

}  // namespace eckart::factor
