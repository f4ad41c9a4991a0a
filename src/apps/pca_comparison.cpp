#include "eckart/apps/pca_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "eckart/error.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// The angle of two lines, small ones to their own digits: the sine from what is left of y without
// its part along x.
template <Scalar T>
double angle(index_t n, const T* x, const T* y) {
  using Wide = std::complex<double>;
  double xx = 0;
  Wide xy = 0;
  for (index_t i = 0; i < n; ++i) {
    xx += std::norm(Wide(x[i]));
    xy += std::conj(Wide(x[i])) * Wide(y[i]);
  }
  if (!(xx > 0)) return std::numbers::pi / 2;
  double rest = 0;
  for (index_t i = 0; i < n; ++i) rest += std::norm(Wide(y[i]) - xy / xx * Wide(x[i]));
  return std::atan2(std::sqrt(rest), std::abs(xy) / std::sqrt(xx));
}

}  // namespace

template <Scalar T>
PcaComparison<T> compare_with_svd(const Pca<T>& model,
                                  const LinearOperator<T>& A,
                                  const PcaOptions& o,
                                  Context& context) {
  const index_t n = A.cols();
  require(
      static_cast<index_t>(model.map.column_shift.size()) == n,
      fmt::format("the model has {} means, A has {} columns", model.map.column_shift.size(), n));
  PcaOptions plain = o;
  plain.center = false;
  plain.rank = {.rank = static_cast<index_t>(model.svd.sigma.size())};
  Pca<T> uncentred = fit_pca(A, plain, context);

  PcaComparison<T> result;
  result.energy = uncentred.explained_variance_ratio;
  std::vector<T> mean = model.map.column_shift;
  double square = 0;
  for (index_t j = 0; j < n; ++j) {
    if (!model.map.column_scale.empty()) mean[at(j)] *= model.map.column_scale[at(j)];
    mean[at(j)] = conjugate(mean[at(j)]);  // a row of A is a combination of the rows of V^H
    square += std::norm(std::complex<double>(mean[at(j)]));
  }
  const double total = uncentred.total_variance * (model.observations - 1);
  if (total > 0) result.mean_share = std::min(1.0, model.observations * square / total);
  const index_t count =
      std::min(model.svd.V.cols(), static_cast<index_t>(uncentred.svd.sigma.size()));
  for (index_t i = 0; i < count; ++i) {
    result.angles.push_back(
        angle(n, uncentred.svd.V.view().column(i), model.svd.V.view().column(i)));
  }
  if (count > 0) result.mean_angle = angle(n, mean.data(), uncentred.svd.V.view().column(0));
  result.uncentred = std::move(uncentred.svd);
  return result;
}

template PcaComparison<float> compare_with_svd(const Pca<float>&,
                                               const LinearOperator<float>&,
                                               const PcaOptions&,
                                               Context&);
template PcaComparison<double> compare_with_svd(const Pca<double>&,
                                                const LinearOperator<double>&,
                                                const PcaOptions&,
                                                Context&);
template PcaComparison<std::complex<float>> compare_with_svd(
    const Pca<std::complex<float>>&,
    const LinearOperator<std::complex<float>>&,
    const PcaOptions&,
    Context&);
template PcaComparison<std::complex<double>> compare_with_svd(
    const Pca<std::complex<double>>&,
    const LinearOperator<std::complex<double>>&,
    const PcaOptions&,
    Context&);

}  // namespace eckart
