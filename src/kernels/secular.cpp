// Lanes of a register are neighbouring roots (or neighbouring poles, for the weights); loops run
// over the poles (or roots), which all lanes share.

#include "kernels/secular.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/levels.hpp"

// How a 64-byte vector would be passed to a function; here all functions that take one are inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace eckart::kernels {
namespace {

template <class Real>
struct Lanes {
  static constexpr index_t width = 64 / static_cast<index_t>(sizeof(Real));
  using Int = std::conditional_t<sizeof(Real) == 4, std::int32_t, std::int64_t>;
  using Vector [[gnu::vector_size(64)]] = Real;
  using Mask [[gnu::vector_size(64)]] = Int;  // -1 where true

  // Entries x[at(0)], x[at(1)], ...
  template <class At>
  [[gnu::always_inline]] static Vector gather(const Real* x, const At& at) {
    Vector v{};
    for (index_t l = 0; l < width; ++l) v[l] = x[at(l)];
    return v;
  }
  [[gnu::always_inline]] static Mask numbers() {
    Mask m{};
    for (index_t l = 0; l < width; ++l) m[l] = static_cast<Int>(l);
    return m;
  }
  [[gnu::always_inline]] static Vector root(const Vector& x) {
    Vector y{};
    for (index_t l = 0; l < width; ++l) y[l] = std::sqrt(x[l]);
    return y;
  }
  [[gnu::always_inline]] static bool all(const Mask& m) {
    Int both = -1;
    for (index_t l = 0; l < width; ++l) both &= m[l];
    return both != 0;
  }
  [[gnu::always_inline]] static Vector abs(const Vector& x) { return x < 0 ? -x : x; }
};

// The two halves of f - 1 at the lanes' points, and their derivatives with respect to sigma^2:
// psi over the poles below the point, psi <= 0, and phi over those above.
template <class Real>
struct Halves {
  using V = typename Lanes<Real>::Vector;
  V psi{};
  V psi_slope{};
  V phi{};
  V phi_slope{};
};

// Lane l is root low + l, at origin + offset.
template <class Real>
[[gnu::always_inline]] inline Halves<Real> evaluate(const Secular<Real>& f,
                                                    index_t low,
                                                    const typename Lanes<Real>::Vector& origin,
                                                    const typename Lanes<Real>::Vector& offset) {
  using L = Lanes<Real>;
  using V = typename L::Vector;
  Halves<Real> sum;
  index_t j = 0;
  for (; j <= low; ++j) {
    const V r = f.z[j] / (((f.d[j] - origin) - offset) * ((f.d[j] + origin) + offset));
    sum.psi += f.z[j] * r;
    sum.psi_slope += r * r;
  }
  for (; j < std::min(low + L::width, f.count); ++j) {
    const V r = f.z[j] / (((f.d[j] - origin) - offset) * ((f.d[j] + origin) + offset));
    const typename L::Mask below = L::numbers() >= static_cast<typename L::Int>(j - low);
    const V value = f.z[j] * r;
    const V slope = r * r;
    sum.psi += below ? value : V{};
    sum.psi_slope += below ? slope : V{};
    sum.phi += below ? V{} : value;
    sum.phi_slope += below ? V{} : slope;
  }
  for (; j < f.count; ++j) {
    const V r = f.z[j] / (((f.d[j] - origin) - offset) * ((f.d[j] + origin) + offset));
    sum.phi += f.z[j] * r;
    sum.phi_slope += r * r;
  }
  return sum;
}

// The smaller root in modulus of c x^2 - a x + b = 0 where a > 0; the one that a Newton step
// continues into where a <= 0.
template <class Real>
[[gnu::always_inline]] inline typename Lanes<Real>::Vector quadratic_root(
    const typename Lanes<Real>::Vector& a,
    const typename Lanes<Real>::Vector& b,
    const typename Lanes<Real>::Vector& c) {
  using V = typename Lanes<Real>::Vector;
  const V discriminant = a * a - 4 * b * c;
  const V root = Lanes<Real>::root(discriminant > 0 ? discriminant : V{});
  return a > 0 ? 2 * b / (a + root) : (a - root) / (2 * c);
}

template <class Real>
struct SolveKernel {
  using L = Lanes<Real>;
  using V = typename L::Vector;
  using Mask = typename L::Mask;
  static constexpr Real eps = std::numeric_limits<Real>::epsilon();
  static constexpr int interpolations = 40;  // about 5 are seen; after that only bisection
  static constexpr int most_steps = 400;

  // A point inside the bracket that at least halves it, in order of magnitude while one end is
  // far nearer to the pole than the other.
  [[gnu::always_inline]] static V bisect(const V& low, const V& high) {
    const Mask right = low + high > 0;  // of the pole
    const V near = right ? low : -high;
    const V far = right ? high : -low;
    const V down = near > 0 ? L::root(near) * L::root(far) : far / 1024;
    const V size = 16 * near < far ? down : (near + far) / 2;
    return right ? size : -size;
  }

  [[gnu::always_inline]] static void run(const Secular<Real>& f,
                                         index_t first,
                                         index_t last,
                                         const SecularRoots<Real>& roots) {
    for (index_t low = first; low < last; low += L::width) {
      // Lanes past the end repeat the last root.
      const auto lane = [&](index_t l) { return std::min(low + l, last - 1); };
      const V d_left = L::gather(f.d, lane);
      const V d_right = L::gather(f.d, [&](index_t l) { return lane(l) + 1; });
      const V z_left = L::gather(f.z, lane);
      V z_right = L::gather(f.z, [&](index_t l) { return std::min(lane(l) + 1, f.count - 1); });
      for (index_t l = 0; l < L::width; ++l) {
        if (lane(l) + 1 == f.count) z_right[l] = 0;
      }

      // The sign at the middle tells the nearer pole; the two poles and the middle value of all
      // the rest give the first guess.
      const V gap = d_right - d_left;
      const V half = gap / 2;
      const V square_gap = gap * (d_right + d_left);
      Halves<Real> sum = evaluate<Real>(f, low, d_left, half);
      V w = 1 + sum.psi + sum.phi;
      const Mask left = w > 0;
      const V origin = left ? d_left : d_right;
      V bracket_low = left ? V{} : -half;
      V bracket_high = left ? half : V{};
      const V rest = w + z_left * z_left / (half * (d_left + d_left + half)) -
                     z_right * z_right / (half * (d_left + d_right + half));
      const V c = left ? rest : -rest;
      const V near_weight = left ? z_left * z_left : z_right * z_right;
      const V far_weight = left ? z_right * z_right : z_left * z_left;
      const V distance = quadratic_root<Real>(c * square_gap + near_weight + far_weight,
                                              near_weight * square_gap, c);
      const V square_step = left ? distance : -distance;
      const V square = origin * origin + square_step;
      V offset = square_step / (origin + L::root(square > 0 ? square : V{}));
      offset =
          offset > bracket_low && offset < bracket_high ? offset : (bracket_low + bracket_high) / 2;

      Mask done{};
      for (int step = 0; step < most_steps; ++step) {
        sum = evaluate<Real>(f, low, origin, offset);
        w = 1 + sum.psi + sum.phi;
        const V size = 1 - sum.psi + sum.phi;
        done |= L::abs(w) <= 8 * eps * size;
        bracket_low = w < 0 ? offset : bracket_low;
        bracket_high = w < 0 ? bracket_high : offset;

        // Interpolate each half by a pole of its own end [Li, LAPACK Working Note 89].
        const V to_left = ((d_left - origin) - offset) * ((d_left + origin) + offset);
        const V to_right = ((d_right - origin) - offset) * ((d_right + origin) + offset);
        const V product = to_left * to_right;
        const V eta = quadratic_root<Real>(
            (to_left + to_right) * w - product * (sum.psi_slope + sum.phi_slope), product * w,
            w - to_left * sum.psi_slope - to_right * sum.phi_slope);
        const V sigma = origin + offset;
        const V next_square = sigma * sigma + eta;
        V next = offset + eta / (sigma + L::root(next_square > 0 ? next_square : V{}));
        const Mask inside = next > bracket_low && next < bracket_high;
        const Mask small = L::abs(next - offset) <= 2 * eps * L::abs(offset);
        if (step >= interpolations) {
          next = bisect(bracket_low, bracket_high);
        } else {
          next = inside ? next : bisect(bracket_low, bracket_high);
        }
        const V widest =
            L::abs(bracket_low) > L::abs(bracket_high) ? L::abs(bracket_low) : L::abs(bracket_high);
        const Mask closed = bracket_high - bracket_low <= 2 * eps * widest;
        done |= closed | (inside & small);
        offset = done ? offset : next;
        if (L::all(done)) break;
      }
      for (index_t l = 0; l < std::min(L::width, last - low); ++l) {
        roots.origin[low + l] = origin[l];
        roots.offset[low + l] = offset[l];
      }
    }
  }
};

template <class Real>
struct WeightsKernel {
  using L = Lanes<Real>;
  using V = typename L::Vector;
  using Mask = typename L::Mask;

  // d^2 - (root i)^2
  [[gnu::always_inline]] static V difference(const V& d,
                                             const SecularRoots<Real>& roots,
                                             index_t i) {
    return ((d - roots.origin[i]) - roots.offset[i]) * ((d + roots.origin[i]) + roots.offset[i]);
  }

  [[gnu::always_inline]] static void run(const Secular<Real>& f,
                                         const SecularRoots<Real>& roots,
                                         index_t first,
                                         index_t last,
                                         Real* weight) {
    for (index_t low = first; low < last; low += L::width) {
      const V d = L::gather(f.d, [&](index_t l) { return std::min(low + l, last - 1); });
      // Root i over pole i for the poles below d, over pole i + 1 for those above, and the last
      // root alone: each quotient is about 1.
      const index_t end = f.count - 1;
      V square = difference(d, roots, end);
      index_t i = 0;
      for (; i < std::min(low, end); ++i)
        square *= difference(d, roots, i) / ((d - f.d[i]) * (d + f.d[i]));
      for (; i < std::min(low + L::width, end); ++i) {
        const Mask below = L::numbers() > static_cast<typename L::Int>(i - low);
        const V pole = below ? V{} + f.d[i] : V{} + f.d[i + 1];
        square *= difference(d, roots, i) / ((d - pole) * (d + pole));
      }
      for (; i < end; ++i)
        square *= difference(d, roots, i) / ((d - f.d[i + 1]) * (d + f.d[i + 1]));
      const V size = L::root(L::abs(square));
      for (index_t l = 0; l < std::min(L::width, last - low); ++l) {
        weight[low + l] = std::copysign(size[l], f.z[low + l]);
      }
    }
  }
};

template <class Real>
struct VectorsKernel {
  [[gnu::always_inline]] static SquaredLengths<Real> run(
      index_t n, const Real* d, const Real* z, Real origin, Real offset, Real* v, Real* u) {
    Real v_sum = 0;
    Real u_sum = 0;
#pragma omp simd reduction(+ : v_sum, u_sum)
    for (index_t j = 0; j < n; ++j) {
      const Real x = z[j] / (((d[j] - origin) - offset) * ((d[j] + origin) + offset));
      const Real y = d[j] * x;
      v[j] = x;
      u[j] = y;
      v_sum += x * x;
      u_sum += y * y;
    }
    return {v_sum, u_sum};
  }
};

}  // namespace

template <class Real>
void solve_secular(const Secular<Real>& f,
                   index_t first,
                   index_t last,
                   const SecularRoots<Real>& roots) {
  at_level<SolveKernel<Real>>(level(), f, first, last, roots);
}

template <class Real>
void exact_weights(const Secular<Real>& f,
                   const SecularRoots<Real>& roots,
                   index_t first,
                   index_t last,
                   Real* weight) {
  at_level<WeightsKernel<Real>>(level(), f, roots, first, last, weight);
}

template <class Real>
SquaredLengths<Real> secular_vectors(
    index_t n, const Real* d, const Real* z, Real origin, Real offset, Real* v, Real* u) {
  return at_level<VectorsKernel<Real>>(level(), n, d, z, origin, offset, v, u);
}

template void solve_secular(const Secular<float>&, index_t, index_t, const SecularRoots<float>&);
template void solve_secular(const Secular<double>&, index_t, index_t, const SecularRoots<double>&);
template void exact_weights(
    const Secular<float>&, const SecularRoots<float>&, index_t, index_t, float*);
template void exact_weights(
    const Secular<double>&, const SecularRoots<double>&, index_t, index_t, double*);
template SquaredLengths<float> secular_vectors(
    index_t, const float*, const float*, float, float, float*, float*);
template SquaredLengths<double> secular_vectors(
    index_t, const double*, const double*, double, double, double*, double*);

}  // namespace eckart::kernels
