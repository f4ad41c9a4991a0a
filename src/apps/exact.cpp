#include "apps/exact.hpp"

#include <cmath>

namespace eckart::exact {
namespace {

// Of two numbers one may be rational, and then has no radicand of its own.
const Integer& common_radicand(const Surd& x, const Surd& y) { return x.b == 0 ? y.r : x.r; }

// Returns √q if that is a fraction.
std::optional<Rational> rational_root(const Rational& q) {
  if (q < 0) return {};
  const Integer n = mp::sqrt(mp::numerator(q)), d = mp::sqrt(mp::denominator(q));
  if (n * n != mp::numerator(q) || d * d != mp::denominator(q)) return {};
  return Rational(n, d);
}

}  // namespace

Surd operator+(const Surd& x, const Surd& y) {
  return {x.a + y.a, x.b + y.b, common_radicand(x, y)};
}
Surd operator-(const Surd& x, const Surd& y) {
  return {x.a - y.a, x.b - y.b, common_radicand(x, y)};
}
Surd operator*(const Surd& x, const Surd& y) {
  const Integer& r = common_radicand(x, y);
  return {x.a * y.a + x.b * y.b * Rational(r), x.a * y.b + x.b * y.a, r};
}
Surd operator/(const Surd& x, const Surd& y) {
  // By the conjugate; its product with y is zero only if y is, as r is no square.
  const Rational norm = y.a * y.a - y.b * y.b * Rational(y.r);
  return x * Surd(y.a / norm, -y.b / norm, y.r);
}

Decimal to_decimal(const Rational& x) {
  return Decimal(mp::numerator(x)) / Decimal(mp::denominator(x));
}
Decimal to_decimal(const Surd& x) {
  if (x.b == 0) return to_decimal(x.a);
  const Decimal root = to_decimal(x.b) * mp::sqrt(Decimal(x.r));
  const Decimal a = to_decimal(x.a);
  if ((a < 0) == (root < 0) || a == 0) return a + root;
  // a² - b²r over the difference: no digits cancel.
  return to_decimal(Rational(x.a * x.a - x.b * x.b * Rational(x.r))) / (a - root);
}

Rational fraction_of(double x) {
  int exponent = 0;
  const double mantissa = std::frexp(x, &exponent);
  const auto whole = static_cast<std::int64_t>(std::ldexp(mantissa, 53));
  exponent -= 53;
  Integer power = 1;
  power <<= static_cast<unsigned>(std::abs(exponent));
  return exponent < 0 ? Rational(Integer(whole), power) : Rational(Integer(whole) * power);
}

std::optional<Rational> simple_fraction(double x) {
  constexpr double largest = 1e9, most_digits = 1e10, six_decimals = 1e6;
  if (!(std::abs(x) <= largest)) return {};
  if (const double whole = std::round(x * six_decimals); whole / six_decimals == x) {
    return Rational(Integer(static_cast<std::int64_t>(whole)), Integer(1000000));
  }
  // Best approximations by continued fractions.
  constexpr std::int64_t largest_denominator = 10000;
  double rest = std::abs(x);
  std::int64_t p = 1, q = 0, last_p = 0, last_q = 1;
  while (true) {
    const double part = std::floor(rest);
    if (part > most_digits) return {};
    const auto term = static_cast<std::int64_t>(part);
    const std::int64_t next_p = term * p + last_p, next_q = term * q + last_q;
    last_p = p, last_q = q, p = next_p, q = next_q;
    if (q > largest_denominator || static_cast<double>(p) * static_cast<double>(q) > most_digits) {
      return {};
    }
    if (static_cast<double>(p) / static_cast<double>(q) == std::abs(x)) {
      return Rational(Integer(x < 0 ? -p : p), Integer(q));
    }
    if (rest == part) return {};
    rest = 1 / (rest - part);
  }
}

Integer nearest(const Decimal& x) {
  const Decimal rounded = mp::floor(Decimal(x + Decimal(0.5)));
  return rounded.convert_to<Integer>();
}

SquareFactor extract_square(Integer n) {
  SquareFactor found{1, 1};
  for (Integer p = 2; p <= 20000 && p * p * p <= n; ++p) {
    while (n % (p * p) == 0) {
      n /= p * p;
      found.square *= p;
    }
    if (n % p == 0) {
      n /= p;
      found.rest *= p;
    }
  }
  // What is left has two prime factors at most, or factors above the bound.
  if (const Integer root = mp::sqrt(n); root * root == n) {
    found.square *= root;
  } else {
    found.rest *= n;
  }
  return found;
}

Root root_of(const Rational& q) {
  if (q == 0) return {0, 1};
  const Integer d = mp::denominator(q);
  const SquareFactor parts = extract_square(mp::numerator(q) * d);
  return {Rational(parts.square, d), parts.rest};
}

std::optional<std::vector<Root>> plain_root(const Surd& x) {
  if (x.rational()) return std::vector<Root>{root_of(x.a)};
  const std::optional<Rational> root = rational_root(x.a * x.a - x.b * x.b * Rational(x.r));
  if (!root) return {};
  Root p = root_of((x.a + *root) / 2), q = root_of((x.a - *root) / 2);
  if (x.b < 0) q.factor = -q.factor;
  return std::vector<Root>{p, q};
}

}  // namespace eckart::exact
