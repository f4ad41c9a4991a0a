#include "eckart/models/low_rank.hpp"

#include <algorithm>
#include <cmath>

#include "eckart/any_matrix.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/operators.hpp"
#include "eckart/product_svd.hpp"
#include "eckart/randomized_svd.hpp"

namespace eckart {
namespace {

// How many of the leading values the rule keeps; nothing if more values are needed to tell.
template <class Real>
std::optional<index_t> decide(const std::vector<Real>& sigma,
                              bool all,
                              double energy,
                              const LowRankRule& rule) {
  const auto known = static_cast<index_t>(sigma.size());
  if (rule.rank) {
    index_t k = std::min({*rule.rank, rule.most, known});
    while (k > 0 && !(sigma[static_cast<std::size_t>(k - 1)] > 0)) --k;
    return k;
  }
  double held = 0;
  for (index_t k = 0; k < known; ++k) {
    const auto s = static_cast<double>(sigma[static_cast<std::size_t>(k)]);
    if (k >= rule.most) return k;
    // What is left of an energy of 1 is rounding.
    const bool enough = rule.energy && k > 0 && held >= *rule.energy * energy;
    if (enough || (rule.above && !(s > *rule.above)) || !(s > 0)) return k;
    held += s * s;
  }
  const bool enough = rule.energy && held >= *rule.energy * energy;
  if (all || enough || known >= rule.most) return known;
  return std::nullopt;
}

template <Scalar T>
LowRank<T> keep(SvdResult<T>&& result, index_t k, double energy) {
  LowRank<T> part;
  part.U = std::move(result.U);
  part.V = std::move(result.V);
  part.U.keep_columns(k);
  part.V.keep_columns(k);
  part.energy = energy;
  part.method = result.report.method;
  for (index_t i = 0; i < k; ++i) {
    part.sigma.push_back(static_cast<double>(result.sigma[static_cast<std::size_t>(i)]));
    part.held += part.sigma.back() * part.sigma.back();
  }
  return part;
}

}  // namespace

template <Scalar T>
double LowRank<T>::relative_error() const {
  return energy > 0 ? std::sqrt(std::max(0.0, 1 - held / energy)) : 0;
}

template <Scalar T>
LowRank<T> leading_part(MatrixView<const T> transposed,
                        double energy,
                        const LowRankRule& rule,
                        std::uint64_t seed,
                        Context& context) {
  const auto W = make_operator(DenseMatrix<T>{transposed, true, nullptr});
  const index_t all = std::min(W->rows(), W->cols());
  constexpr index_t first_guess = 32, share = 10, small = 512;
  index_t k = std::min(rule.rank.value_or(first_guess), std::min(rule.most, all));
  for (; all > small && k <= all / share; k *= 2) {
    SvdResult<T> result = randomized_svd(*W, k,
                                         {.oversampling = std::max<index_t>(16, k / 4),
                                          .power_iterations = 1,
                                          .seed = seed,
                                          .certify = false},
                                         context);
    if (const auto kept = decide(result.sigma, false, energy, rule)) {
      return keep(std::move(result), *kept, energy);
    }
  }
  DenseSvdOptions options;
  options.certify = false;
  options.select = [&](std::span<const double> sigma) -> TripletRange {
    return {0, *decide(std::vector<double>(sigma.begin(), sigma.end()), true, energy, rule)};
  };
  SvdResult<T> result = dense_svd(*W, options, context);
  const auto kept = static_cast<index_t>(result.sigma.size());
  return keep(std::move(result), kept, energy);
}

template <Scalar T>
LowRank<T> leading_part_of_product(MatrixView<const T> B,
                                   MatrixView<const T> A,
                                   double scale,
                                   const LowRankRule& rule,
                                   Context& context) {
  SvdResult<T> result = product_svd<T>(B, A, {.certify = false}, context);
  double energy = 0;
  for (real_t<T>& s : result.sigma) {
    s = static_cast<T>(static_cast<double>(s) * std::abs(scale));
    energy += static_cast<double>(s) * static_cast<double>(s);
  }
  if (scale < 0) {
    for (index_t i = 0; i < result.U.rows() * result.U.cols(); ++i) {
      result.U.data()[i] = -result.U.data()[i];
    }
  }
  const index_t kept = *decide(result.sigma, true, energy, rule);
  return keep(std::move(result), kept, energy);
}

template <Scalar T>
FactorPair<T> balanced_factors(const LowRank<T>& part, double scale) {
  const index_t k = part.rank(), m = part.U.rows(), n = part.V.rows();
  FactorPair<T> pair{Matrix<T>(k, m), Matrix<T>(n, k)};
  for (index_t i = 0; i < k; ++i) {
    const double root = std::sqrt(part.sigma[static_cast<std::size_t>(i)] / std::abs(scale));
    const auto left = static_cast<T>(std::copysign(root, scale));
    const auto right = static_cast<T>(root);
    for (index_t p = 0; p < m; ++p) pair.B_transposed(i, p) = left * part.U(p, i);
    for (index_t p = 0; p < n; ++p) pair.A_transposed(p, i) = right * part.V(p, i);
  }
  return pair;
}

template struct LowRank<float>;
template struct LowRank<double>;
template LowRank<float> leading_part(
    MatrixView<const float>, double, const LowRankRule&, std::uint64_t, Context&);
template LowRank<double> leading_part(
    MatrixView<const double>, double, const LowRankRule&, std::uint64_t, Context&);
template LowRank<float> leading_part_of_product(
    MatrixView<const float>, MatrixView<const float>, double, const LowRankRule&, Context&);
template LowRank<double> leading_part_of_product(
    MatrixView<const double>, MatrixView<const double>, double, const LowRankRule&, Context&);
template FactorPair<float> balanced_factors(const LowRank<float>&, double);
template FactorPair<double> balanced_factors(const LowRank<double>&, double);

}  // namespace eckart
