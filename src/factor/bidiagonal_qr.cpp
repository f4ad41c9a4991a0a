// Implicit QR iteration on a bidiagonal matrix, Demmel and Kahan (1990).
// Stages: scale -> sweeps until no off-diagonal is left -> signs -> order.

#include "factor/bidiagonal_qr.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

#include "core/parallel.hpp"
#include "factor/bidiagonal_columns.hpp"
#include "factor/bidiagonal_rotation.hpp"
#include "kernels/rotations.hpp"

namespace eckart::factor {
namespace {

template <class Real>
constexpr Real eps = std::numeric_limits<Real>::epsilon();

// An off-diagonal entry is dropped when it changes no singular value by more than this, relatively.
template <class Real>
constexpr Real drop_tolerance = 4 * eps<Real>;

// A shift is used only while the rounding errors that it brings, of size eps sigma_1, change the
// smallest singular value by less than this, relatively.
template <class Real>
constexpr Real shift_tolerance = 100 * eps<Real>;

// An unreduced diagonal block, read from its larger end: entry i of the diagonal is d[i * step].
// Reading backwards turns B into its flipped transpose, upper bidiagonal again, whose left
// vectors are the right ones of B.
template <class Real>
struct Block {
  Real* d_begin;
  Real* e_begin;
  index_t step;  // 1 or -1
  index_t size;

  Real& d(index_t i) const { return d_begin[i * step]; }
  Real& e(index_t i) const { return e_begin[i * step]; }
};

// Collects the rotations of several sweeps, so that the columns are passed over once for all.
template <class Real>
class Wave {
 public:
  Wave(index_t n, MatrixView<Real> Q) : Q_(Q) {
    if (Q.rows == 0) return;
    rotations_.resize(static_cast<std::size_t>(sweeps_ * n));
  }

  // Begins a chain of count rotations. Returns where they are to be written; null if not wanted.
  kernels::PlaneRotation<Real>* begin_chain(index_t first, index_t step, index_t count) {
    if (Q_.rows == 0) return nullptr;
    if (used_ + count > static_cast<index_t>(rotations_.size())) flush();
    kernels::PlaneRotation<Real>* const place = rotations_.data() + used_;
    chains_.push_back({first, step, count, place});
    used_ += count;
    return place;
  }

  void flush() {
    kernels::apply_rotations(Q_.rows, Q_.data, Q_.ld, static_cast<index_t>(chains_.size()),
                             chains_.data());
    chains_.clear();
    used_ = 0;
  }

 private:
  static constexpr index_t sweeps_ = 16;
  MatrixView<Real> Q_;
  index_t used_ = 0;
  std::vector<kernels::PlaneRotation<Real>> rotations_;
  std::vector<kernels::RotationChain<Real>> chains_;
};

// Returns an approximation of the smaller singular value of [f g; 0 h].
template <class Real>
Real smaller_of_two(Real f, Real g, Real h) {
  const Real larger = (std::hypot(f + h, g) + std::hypot(f - h, g)) / 2;
  return larger > 0 ? std::abs(f) * (std::abs(h) / larger) : 0;
}

// Sets a negligible off-diagonal entry to zero and returns true; else fills in smallest, a lower
// bound of the singular values times the square root of the size [Demmel and Kahan, Section 2].
template <class Real>
bool deflate(const Block<Real>& B, Real& smallest) {
  const index_t last = B.size - 1;
  if (std::abs(B.e(last - 1)) <= drop_tolerance<Real> * std::abs(B.d(last))) {
    B.e(last - 1) = 0;
    return true;
  }
  Real mu = std::abs(B.d(0));
  smallest = mu;
  for (index_t i = 0; i < last; ++i) {
    const Real off = std::abs(B.e(i));
    if (off <= drop_tolerance<Real> * mu) {
      B.e(i) = 0;
      return true;
    }
    mu = std::abs(B.d(i + 1)) * (mu / (mu + off));
    smallest = std::min(smallest, mu);
  }
  return false;
}

// Returns the shift of the next sweep; 0 when a shift would spoil small singular values or when
// it would not be seen.
template <class Real>
Real choose_shift(const Block<Real>& B, Real smallest) {
  Real largest = std::abs(B.d(0));
  for (index_t i = 1; i < B.size; ++i) {
    largest = std::max({largest, std::abs(B.d(i)), std::abs(B.e(i - 1))});
  }
  const Real size = static_cast<Real>(B.size);
  if (size * shift_tolerance<Real> * (smallest / largest) <= eps<Real>) return 0;
  const index_t last = B.size - 1;
  const Real shift = smaller_of_two(B.d(last - 1), B.e(last - 1), B.d(last));
  const Real ratio = shift / std::abs(B.d(0));
  return ratio * ratio < eps<Real> ? 0 : shift;
}

// One sweep without shift: every entry keeps its relative accuracy.
template <class Real>
void zero_shift_sweep(const Block<Real>& B,
                      kernels::PlaneRotation<Real>* left,
                      kernels::PlaneRotation<Real>* right) {
  const index_t last = B.size - 1;
  Givens<Real> turn{1, 0, 0};
  Givens<Real> old{1, 0, 0};
  for (index_t i = 0; i < last; ++i) {
    turn = annihilate(B.d(i) * turn.c, B.e(i));
    if (i > 0) B.e(i - 1) = old.s * turn.r;
    old = annihilate(old.c * turn.r, B.d(i + 1) * turn.s);
    B.d(i) = old.r;
    if (right != nullptr) right[i] = {turn.c, turn.s};
    if (left != nullptr) left[i] = {old.c, old.s};
  }
  const Real h = B.d(last) * turn.c;
  B.d(last) = h * old.c;
  B.e(last - 1) = h * old.s;
}

// One sweep of the bulge from the top to the bottom.
template <class Real>
void shifted_sweep(const Block<Real>& B,
                   Real shift,
                   kernels::PlaneRotation<Real>* left,
                   kernels::PlaneRotation<Real>* right) {
  const index_t last = B.size - 1;
  const Real d0 = B.d(0);
  Real f = (std::abs(d0) - shift) * (std::copysign(Real{1}, d0) + shift / d0);
  Real g = B.e(0);
  for (index_t i = 0; i < last; ++i) {
    const Givens<Real> r = annihilate(f, g);
    if (i > 0) B.e(i - 1) = r.r;
    const Real d = B.d(i);
    const Real e = B.e(i);
    const Real next = B.d(i + 1);
    const Real e_turned = r.c * e - r.s * d;
    const Givens<Real> l = annihilate(r.c * d + r.s * e, r.s * next);
    B.d(i) = l.r;
    f = l.c * e_turned + l.s * (r.c * next);
    B.d(i + 1) = l.c * (r.c * next) - l.s * e_turned;
    if (i + 1 < last) {
      g = l.s * B.e(i + 1);
      B.e(i + 1) *= l.c;
    }
    if (right != nullptr) right[i] = {r.c, r.s};
    if (left != nullptr) left[i] = {l.c, l.s};
  }
  B.e(last - 1) = f;
}

// Reduces B to a diagonal. Returns false if that takes too many steps.
template <class Real>
bool diagonalize(std::span<Real> d,
                 std::span<Real> e,
                 Wave<Real>& left,
                 Wave<Real>& right,
                 const Context& context) {
  const auto n = static_cast<index_t>(d.size());
  // Entries that underflow would keep an iteration busy without effect.
  const Real tiny = std::numeric_limits<Real>::min();
  const double most_steps = 12.0 * static_cast<double>(n) * static_cast<double>(n) + 100;
  double steps = 0;
  index_t old_low = n;
  index_t old_high = -1;
  bool backwards = false;
  for (index_t high = n - 1; high > 0;) {
    core::throw_if_stopped(context);
    index_t low = high;
    while (low > 0 && std::abs(e[static_cast<std::size_t>(low - 1)]) > tiny) --low;
    if (low > 0) e[static_cast<std::size_t>(low - 1)] = 0;
    if (low == high) {
      --high;
      continue;
    }
    Real* const d_low = d.data() + low;
    Real* const d_high = d.data() + high;
    if (low > old_high || high < old_low) backwards = std::abs(*d_low) < std::abs(*d_high);
    old_low = low;
    old_high = high;

    const index_t size = high - low + 1;
    const Block<Real> B = backwards ? Block<Real>{d_high, e.data() + high - 1, -1, size}
                                    : Block<Real>{d_low, e.data() + low, 1, size};
    Real smallest = 0;
    if (deflate(B, smallest)) continue;
    steps += static_cast<double>(size);
    if (!(steps <= most_steps)) return false;

    const Real shift = choose_shift(B, smallest);
    auto* const of_left =
        (backwards ? right : left).begin_chain(backwards ? high : low, B.step, size - 1);
    auto* const of_right =
        (backwards ? left : right).begin_chain(backwards ? high : low, B.step, size - 1);
    if (shift == 0) {
      zero_shift_sweep(B, of_left, of_right);
    } else {
      shifted_sweep(B, shift, of_left, of_right);
    }
  }
  left.flush();
  right.flush();
  return true;
}

// Returns the power of two that brings the entries away from overflow, or tiny ones from underflow
// as far as the largest allows: 0 as a rule. Nothing if an entry is not finite.
template <class Real>
std::optional<int> choose_scale(std::span<const Real> d, std::span<const Real> e) {
  using Limits = std::numeric_limits<Real>;
  Real largest = 0;
  Real smallest = Limits::max();
  for (const std::span<const Real> part : {d, e}) {
    for (const Real x : part) {
      if (!std::isfinite(x)) return std::nullopt;
      largest = std::max(largest, std::abs(x));
      if (x != 0) smallest = std::min(smallest, std::abs(x));
    }
  }
  int exponent = 0;
  std::frexp(largest, &exponent);
  constexpr int highest = Limits::max_exponent - 8;
  const bool tiny = smallest < Limits::min() / (eps<Real> * eps<Real>);
  return largest > 0 && (tiny || exponent > highest) ? highest - exponent : 0;
}

}  // namespace

template <std::floating_point Real>
bool bidiagonal_qr(std::span<Real> d,
                   std::span<Real> e,
                   MatrixView<Real> X,
                   MatrixView<Real> Y,
                   const Context& context) {
  const auto n = static_cast<index_t>(d.size());
  if (n == 0) return true;
  const std::optional<int> exponent = choose_scale<Real>(d, e);
  if (!exponent) return false;
  if (*exponent != 0) {
    for (Real& x : d) x = std::ldexp(x, *exponent);
    for (Real& x : e) x = std::ldexp(x, *exponent);
  }

  Wave<Real> left(n, X);
  Wave<Real> right(n, Y);
  if (!diagonalize(d, e, left, right, context)) return false;

  for (index_t j = 0; j < n; ++j) {
    Real& value = d[static_cast<std::size_t>(j)];
    if (std::signbit(value)) {
      value = -value;
      for (index_t i = 0; i < Y.rows; ++i) Y(i, j) = -Y(i, j);
    }
    if (*exponent != 0) value = std::ldexp(value, -*exponent);
  }

  std::vector<index_t> order(d.size());
  std::iota(order.begin(), order.end(), index_t{0});
  std::stable_sort(order.begin(), order.end(), [&](index_t i, index_t j) {
    return d[static_cast<std::size_t>(i)] > d[static_cast<std::size_t>(j)];
  });
  std::sort(d.begin(), d.end(), std::greater<>());
  permute_columns<Real>(X, order);
  permute_columns<Real>(Y, order);
  return true;
}

template bool bidiagonal_qr(
    std::span<float>, std::span<float>, MatrixView<float>, MatrixView<float>, const Context&);
template bool bidiagonal_qr(
    std::span<double>, std::span<double>, MatrixView<double>, MatrixView<double>, const Context&);

}  // namespace eckart::factor
