// Deflate -> roots of the secular equation -> weights for which these roots are exact.

#include "factor/secular.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "core/parallel.hpp"
#include "factor/bidiagonal_rotation.hpp"
#include "kernels/secular.hpp"

namespace eckart::factor {
namespace {

constexpr index_t roots_at_once = 64;  // a chunk: a whole number of registers

// Moves columns from kept to deflated until all z are well away from zero, and all d from one
// another.
template <class Real>
void deflate(std::span<const Real> d, std::span<Real> z, Real tolerance, ArrowSvd<Real>& svd) {
  std::vector<index_t> order(d.size());
  std::iota(order.begin(), order.end(), index_t{0});
  std::stable_sort(order.begin() + 1, order.end(), [&](index_t i, index_t j) {
    return d[static_cast<std::size_t>(i)] < d[static_cast<std::size_t>(j)];
  });
  svd.kept.push_back(0);
  for (std::size_t rank = 1; rank < order.size(); ++rank) {
    const index_t j = order[rank];
    const index_t last = svd.kept.back();
    Real& z_j = z[static_cast<std::size_t>(j)];
    Real& z_last = z[static_cast<std::size_t>(last)];
    if (std::abs(z_j) <= tolerance) {
      svd.deflated.push_back(j);
    } else if (d[static_cast<std::size_t>(j)] - d[static_cast<std::size_t>(last)] > tolerance) {
      svd.kept.push_back(j);
    } else if (last == 0) {  // a d of zero: only right vectors can be turned into the head
      const Givens<Real> r = annihilate(z_last, z_j);
      svd.rotations.push_back({j, last, r.c, -r.s});
      svd.deflated.push_back(j);
      z_last = r.r;
    } else {
      const Givens<Real> r = annihilate(z_j, z_last);
      svd.rotations.push_back({last, j, r.c, -r.s});
      svd.deflated.push_back(last);
      svd.kept.back() = j;
      z_j = r.r;
    }
  }
}

}  // namespace

template <class Real>
ArrowSvd<Real> arrow_svd(std::span<const Real> d,
                         std::span<Real> z,
                         Real scale,
                         const Context& context) {
  constexpr Real eps = std::numeric_limits<Real>::epsilon();
  const Real tolerance = 8 * eps * scale;
  ArrowSvd<Real> svd;
  deflate(d, z, tolerance, svd);

  const std::size_t count = svd.kept.size();
  if (count == 1) {
    svd.poles = {0, 0};
    svd.weights = {z[0]};
    svd.origins = {std::abs(z[0])};
    svd.offsets = {0};
    return svd;
  }
  // The head is never deflated: its z is moved away from zero instead.
  if (!(std::abs(z[0]) > tolerance)) z[0] = std::copysign(tolerance, z[0]);

  std::vector<Real> z_kept(count);
  svd.poles.resize(count + 1);
  Real length = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto j = static_cast<std::size_t>(svd.kept[i]);
    svd.poles[i] = d[j];
    z_kept[i] = z[j];
    length += z_kept[i] * z_kept[i];
  }
  svd.poles[count] =
      std::sqrt(svd.poles[count - 1] * svd.poles[count - 1] + length) * (1 + 4 * eps);
  svd.weights.resize(count);
  svd.origins.resize(count);
  svd.offsets.resize(count);

  const auto n = static_cast<index_t>(count);
  const kernels::Secular<Real> f{n, svd.poles.data(), z_kept.data()};
  const kernels::SecularRoots<Real> roots{svd.origins.data(), svd.offsets.data()};
  core::for_each_chunk(n, roots_at_once, context, [&](index_t, index_t first, index_t last) {
    kernels::solve_secular(f, first, last, roots);
  });
  core::for_each_chunk(n, roots_at_once, context, [&](index_t, index_t first, index_t last) {
    kernels::exact_weights(f, roots, first, last, svd.weights.data());
  });
  return svd;
}

template ArrowSvd<float> arrow_svd(std::span<const float>, std::span<float>, float, const Context&);
template ArrowSvd<double> arrow_svd(std::span<const double>,
                                    std::span<double>,
                                    double,
                                    const Context&);

}  // namespace eckart::factor
