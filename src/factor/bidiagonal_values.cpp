// Squares of the entries as a qd array -> dqds transforms; eigenvalues leave at the bottom ->
// roots.

#include "factor/bidiagonal_values.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/parallel.hpp"
#include "eckart/types.hpp"
#include "factor/bidiagonal_qr.hpp"
#include "kernels/qd.hpp"

namespace eckart::factor {
namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

// Whether e, above q in the array, may be dropped: every singular value then keeps its relative
// accuracy. All eigenvalues are at least the shift taken so far; the array from q on has
// eigenvalues of at least below. B changes by sqrt(e), and B B^T by e and sqrt(e q).
bool is_negligible(double e, double q, double below, double shift) {
  constexpr double small = eps / 8;
  return e <= small * small * (shift + below) ||
         (e <= small * shift && std::sqrt(e) * std::sqrt(q) <= small * shift);
}

// The eigenvalues of the qd array of two quotients and a difference, to full relative accuracy.
struct Pair {
  double larger;
  double smaller;
};
Pair eigenvalues_of_two(double q0, double e, double q1) {
  const double high = std::max(q0, q1);
  const double low = std::min(q0, q1);
  const double difference = high - low + e;
  const double larger = (high + low + e + std::sqrt(difference * difference + 4 * low * e)) / 2;
  return {larger, low * (high / larger)};
}

// A sum that keeps the part that rounding cuts off.
struct Sum {
  double high = 0;
  double low = 0;

  void add(double x) {
    const double sum = high + x;
    const double back = sum - high;
    low += (high - (sum - back)) + (x - back);
    high = sum;
  }
  double with(double x) const { return high + (low + x); }
};

// An unreduced qd array, and the shift taken from it so far: the squares of the diagonal (q) and of
// the superdiagonal (e) of a bidiagonal matrix.
struct Segment {
  std::vector<double> q;
  std::vector<double> e;  // one less
  Sum shift;
};

class Dqds {
 public:
  explicit Dqds(const Context& context) : context_(context) {}

  // Returns all eigenvalues in any order, or nothing if they take too many transforms or underflow.
  std::optional<std::vector<double>> eigenvalues(Segment whole) {
    const auto n = static_cast<double>(whole.q.size());
    most_work_ = 30 * n * n + 1000;
    split(whole, 0);
    // An unreduced bidiagonal matrix with zeros on its diagonal has the singular value 0 once.
    const auto zeros = std::count_if(segments_.begin(), segments_.end(), [](const Segment& s) {
      return std::find(s.q.begin(), s.q.end(), 0.0) != s.q.end();
    });
    while (!segments_.empty()) {
      Segment segment = std::move(segments_.back());
      segments_.pop_back();
      if (!reduce(segment)) return std::nullopt;
    }
    constexpr double least = 1e-240;  // below it, parts of an eigenvalue may have underflowed
    const bool lost =
        std::any_of(found_.begin(), found_.end(), [](double x) { return x > 0 && x < least; });
    if (lost || std::count(found_.begin(), found_.end(), 0.0) != zeros) return std::nullopt;
    return std::move(found_);
  }

 private:
  // Cuts a segment wherever e is at most the bound.
  void split(const Segment& s, double bound) {
    auto first = s.q.begin();
    for (auto e = s.e.begin(); first != s.q.end();) {
      const auto cut = std::find_if(e, s.e.end(), [bound](double x) { return x <= bound; });
      const auto last = s.q.begin() + (cut - s.e.begin());
      segments_.push_back({{first, last + 1}, {e, cut}, s.shift});
      first = last + 1;
      e = cut == s.e.end() ? cut : cut + 1;
    }
  }

  // Finds the eigenvalues of a segment from its bottom; if it falls apart, the parts go to
  // segments_.
  bool reduce(Segment& s) {
    // The smaller eigenvalues converge at the bottom.
    if (1.5 * s.q.front() < s.q.back()) {
      std::reverse(s.q.begin(), s.q.end());
      std::reverse(s.e.begin(), s.e.end());
    }
    bool pivots_known = false;
    while (!s.q.empty()) {
      if (take_off(s)) continue;
      core::throw_if_stopped(context_);
      if (!transform(s, pivots_known ? choose_shift(s) : 0)) return false;
      pivots_known = true;
      const double bound = eps * eps / 64 * s.shift.high;
      if (pivots_.least_e <= bound) {
        split(s, bound);
        return true;
      }
    }
    return true;
  }

  // Takes one or two eigenvalues off the bottom; returns whether it could.
  bool take_off(Segment& s) {
    const std::size_t m = s.q.size();
    const double q = s.q[m - 1];
    if (m == 1 || is_negligible(s.e[m - 2], q, q, s.shift.high)) {
      found_.push_back(s.shift.with(q));
      shorten(s, 1);
      return true;
    }
    const Pair pair = eigenvalues_of_two(s.q[m - 2], s.e[m - 2], q);
    if (m == 2 || is_negligible(s.e[m - 3], s.q[m - 2], pair.smaller, s.shift.high)) {
      found_.push_back(s.shift.with(pair.larger));
      found_.push_back(s.shift.with(pair.smaller));
      shorten(s, 2);
      return true;
    }
    return false;
  }

  static void shorten(Segment& s, std::size_t count) {
    s.q.resize(s.q.size() - count);
    s.e.resize(s.q.empty() ? 0 : s.q.size() - 1);
  }

  // Returns a number that is very likely below the smallest eigenvalue, and close.
  double choose_shift(const Segment& s) const {
    const double last = s.q.back();
    // For x with B x a multiple of the last unit vector and x_last = 1, rest = |x|^2 - 1: its
    // Rayleigh quotient is last / (1 + rest), with a residual of last sqrt(rest) / (1 + rest).
    double rest = 0;
    double square = 1;
    for (std::size_t i = s.e.size(); i > 0 && rest < 0.5; --i) {
      square *= s.e[i - 1] / s.q[i - 1];
      rest += square;
      if (square < 0.01 * rest) break;
    }
    rest *= 1.05;
    if (rest > 0.5) return std::min(pivots_.least, last) / 4;
    const double quotient = last / (1 + rest);
    const double residual = quotient * std::sqrt(rest);
    if (last > pivots_.least) {  // the smallest eigenvalue may belong elsewhere
      const double lower = quotient - residual;
      return lower < pivots_.least ? lower : pivots_.least / 4;
    }
    const double gap = 0.75 * pivots_.least - quotient;
    return quotient - (gap > residual ? residual * (residual / gap) : residual);
  }

  // One transform with the shift, or with a smaller one if that was too large.
  bool transform(Segment& s, double shift) {
    const auto m = static_cast<index_t>(s.q.size());
    next_q_.resize(s.q.size());
    next_e_.resize(s.e.size());
    for (int attempt = 0;; ++attempt) {
      work_ += static_cast<double>(m);
      if (work_ > most_work_) return false;
      pivots_ = kernels::dqds(m, s.q.data(), s.e.data(), shift, next_q_.data(), next_e_.data());
      if (pivots_.least >= 0 && pivots_.last >= 0) break;
      if (shift == 0) return false;
      // If only the last pivot is negative, shift + last is below the smallest eigenvalue.
      const double lower = pivots_.least > 0 ? (shift + pivots_.last) * (1 - 4 * eps) : shift / 4;
      shift = attempt < 3 && lower > 0 ? lower : 0;
    }
    s.shift.add(shift);
    s.q.swap(next_q_);
    s.e.swap(next_e_);
    return true;
  }

  const Context& context_;
  std::vector<Segment> segments_;
  std::vector<double> next_q_;
  std::vector<double> next_e_;
  std::vector<double> found_;
  kernels::QdPivots pivots_;
  double work_ = 0;
  double most_work_ = 0;
};

}  // namespace

template <std::floating_point Real>
bool bidiagonal_values(std::span<Real> d, std::span<Real> e, const Context& context) {
  double largest = 0;
  double smallest = std::numeric_limits<double>::infinity();
  for (const std::span<Real> part : {d, e}) {
    for (const Real x : part) {
      if (!std::isfinite(x)) return false;
      const double size = std::abs(static_cast<double>(x));
      largest = std::max(largest, size);
      if (size > 0) smallest = std::min(smallest, size);
    }
  }
  constexpr double widest_range = 1e140;
  if (largest > 0 && largest / widest_range <= smallest) {
    int exponent = 0;
    std::frexp(largest, &exponent);
    const auto square = [exponent](Real x) {
      const double scaled = std::ldexp(static_cast<double>(x), -exponent);
      return scaled * scaled;
    };
    Segment whole{std::vector<double>(d.size()), std::vector<double>(e.size()), {}};
    std::transform(d.begin(), d.end(), whole.q.begin(), square);
    std::transform(e.begin(), e.end(), whole.e.begin(), square);
    if (auto squares = Dqds(context).eigenvalues(std::move(whole))) {
      std::sort(squares->begin(), squares->end(), std::greater<>());
      std::transform(squares->begin(), squares->end(), d.begin(), [exponent](double x) {
        return static_cast<Real>(std::ldexp(std::sqrt(x), exponent));
      });
      return true;
    }
  }
  return bidiagonal_qr<Real>(d, e, {}, {}, context);
}

template bool bidiagonal_values(std::span<float>, std::span<float>, const Context&);
template bool bidiagonal_values(std::span<double>, std::span<double>, const Context&);

}  // namespace eckart::factor
