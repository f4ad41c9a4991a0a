// The leading triplets of a spectral transform, a range of sizes at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/philox.hpp"
#include "eckart/certify.hpp"
#include "eckart/lanczos_svd.hpp"
#include "factor/certificate.hpp"
#include "factor/copies.hpp"
#include "factor/spectral_transform.hpp"
#include "factor/tall_qr.hpp"
#include "kernels/kernels.hpp"

namespace eckart::drivers {

// Triplets G w = gain v. Their gains may span more than the precision holds, so they are found in
// ranges: what was found is deflated, and the next range is looked for in what is left.
template <Scalar T>
class TransformTriplets {
 public:
  // accuracy: of triplets, relative to the largest of their range. max_steps: of Lanczos in a
  // range; 0: its default. G must outlive it.
  TransformTriplets(const factor::SpectralTransform<T>& G,
                    double accuracy,
                    index_t max_steps,
                    std::uint64_t seed,
                    Context& context)
      : G_(G), accuracy_(accuracy), max_steps_(max_steps), seed_(seed), context_(context) {}

  index_t count() const { return V_.cols(); }
  const Matrix<T>& V() const { return V_; }
  const Matrix<T>& W() const { return W_; }
  // Nothing larger is left.
  double last_gain() const { return last_gain_; }
  // What is left is below what extend was told to stop at.
  bool exhausted() const { return exhausted_; }

  // Adds leading triplets until there are that many, or those left have gains below least.
  // start, if not empty, holds approximations of W. Returns whether all converged.
  bool extend(index_t wanted, double least, Matrix<T> start, SvdReport& report) {
    auto timer = report.stage("iterate");
    bool converged = true;
    while (count() < wanted && !context_.cancelled()) {
      const factor::DeflatedOperator<T> rest(G_, V().view(), W().view(),
                                             G_.rounding(norm_of_rest()));
      LanczosSvdOptions<T> options{
          .accuracy = accuracy_, .max_steps = max_steps_, .seed = seed_, .certify = false};
      if (start.cols() > 0) options.warm_start = std::as_const(start).view();
      SvdResult<T> more = lanczos_svd<T>(rest, {.rank = wanted - count()}, options, context_);
      start = {};
      report.iterations += more.report.iterations;
      report.restarts += more.report.restarts;
      const auto products = static_cast<double>(G_.products_with_A());
      report.products += static_cast<index_t>(products * static_cast<double>(more.report.products));
      report.passes_over_A += products * more.report.passes_over_A;
      if (more.sigma.empty()) return false;
      const auto first = static_cast<double>(more.sigma[0]);
      exhausted_ = first < least;
      if (exhausted_) {
        last_gain_ = least;
        break;
      }
      converged = converged && more.report.status == Status::converged;
      const double low = std::max(gain_range * first, least);
      const auto end = std::find_if(more.sigma.begin(), more.sigma.end(), [&](real_t<T> gain) {
        return !(static_cast<double>(gain) >= low);
      });
      const auto taken = static_cast<index_t>(end - more.sigma.begin());
      last_gain_ = static_cast<double>(end[-1]);
      more.U.keep_columns(taken);
      more.V.keep_columns(taken);
      if (G_.products_with_A() == 0) sharpen(rest, more.U, more.V);
      append(V_, more.U.view());
      append(W_, more.V.view());
    }
    return converged;
  }

  // Looks for a triplet larger than the last one found.
  bool misses_one(SvdReport& report) const {
    auto timer = report.stage("probe");
    const factor::DeflatedOperator<T> rest(G_, V().view(), W().view());
    const index_t m = rest.rows();
    const index_t n = rest.cols();
    SvdReport own;
    const factor::Remainder<T> remainder = factor::probe_remainder<T>(
        rest, {nullptr, m, 0, m}, {}, {nullptr, n, 0, n}, CertifyOptions{}.probes,
        seed_ + static_cast<std::uint64_t>(count()), context_, own);
    return !(remainder.seen <= last_gain_ * (1 + 10 * std::sqrt(eps)));
  }

 private:
  static constexpr double eps = std::numeric_limits<real_t<T>>::epsilon();
  static constexpr bool is_double = sizeof(real_t<T>) == 8;
  // Of what Lanczos finds, the triplets down to this share of the first are taken: below, the
  // rounding of G would show.
  static constexpr double gain_range = is_double ? 1e-3 : 3e-2;
  static constexpr std::uint32_t power_stream = 41;

  // A step of inverse iteration with triplets of G. What Lanczos leaves in directions of small gain
  // is little beside G, but A enlarges it: this takes it down to the rounding of solving.
  void sharpen(const LinearOperator<T>& rest, Matrix<T>& V, Matrix<T>& W) {
    Matrix<T> R(V.cols(), V.cols());
    rest.apply_adjoint(std::as_const(V).view(), W.view(), context_);
    factor::tall_qr(W.view(), R.view(), context_);
    rest.apply(std::as_const(W).view(), V.view(), context_);
    factor::tall_qr(V.view(), R.view(), context_);
  }

  // About the largest gain that is left, by a few steps of the power method.
  double norm_of_rest() const {
    const factor::DeflatedOperator<T> rest(G_, V().view(), W().view());
    Matrix<T> x(rest.cols(), 1);
    Matrix<T> y(rest.rows(), 1);
    core::fill_gaussian(x.view(), seed_, power_stream, count(), context_);
    double norm = 0;
    const auto length = [](Matrix<T>& z) {
      const double result =
          std::sqrt(kernels::kernels<T>().shifted_energy(z.rows(), z.data(), T{0}, 1));
      for (index_t i = 0; i < z.rows() && result > 0; ++i)
        z(i, 0) /= static_cast<real_t<T>>(result);
      return result;
    };
    length(x);
    for (int step = 0; step < 3; ++step) {
      rest.apply(std::as_const(x).view(), y.view(), context_);
      norm = std::max(norm, length(y));
      rest.apply_adjoint(std::as_const(y).view(), x.view(), context_);
      norm = std::max(norm, length(x));
    }
    return norm;
  }

  static void append(Matrix<T>& X, MatrixView<const T> more) {
    Matrix<T> longer(more.rows, X.cols() + more.cols);
    factor::copy<T>(std::as_const(X).view(), longer.view().columns(0, X.cols()));
    factor::copy<T>(more, longer.view().columns(X.cols(), more.cols));
    X = std::move(longer);
  }

  const factor::SpectralTransform<T>& G_;
  double accuracy_;
  index_t max_steps_;
  std::uint64_t seed_;
  Context& context_;
  Matrix<T> V_, W_;
  double last_gain_ = 0;
  bool exhausted_ = false;
};

}  // namespace eckart::drivers
