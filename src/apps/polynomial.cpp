// Characteristic polynomials, and their roots by factors of low degree.
#include "apps/polynomial.hpp"

#include <algorithm>

namespace eckart::exact {
namespace {

Decimal evaluate(const Polynomial& p, const Decimal& x) {
  Decimal sum = 0;
  for (std::size_t i = p.size(); i-- > 0;) sum = sum * x + to_decimal(p[i]);
  return sum;
}

Polynomial derivative(const Polynomial& p) {
  Polynomial d;
  for (std::size_t i = 1; i < p.size(); ++i) d.push_back(p[i] * static_cast<std::int64_t>(i));
  return d;
}

void drop_leading_zeros(Polynomial& p) {
  while (!p.empty() && p.back() == 0) p.pop_back();
}

// Returns the quotient and leaves the remainder in p.
Polynomial divide(Polynomial& p, const Polynomial& by) {
  Polynomial quotient;
  if (p.size() < by.size()) return quotient;
  quotient.assign(p.size() - by.size() + 1, 0);
  for (std::size_t shift = quotient.size(); shift-- > 0;) {
    const Rational factor = p[shift + by.size() - 1] / by.back();
    quotient[shift] = factor;
    for (std::size_t i = 0; i < by.size(); ++i) p[shift + i] -= factor * by[i];
  }
  drop_leading_zeros(p);
  return quotient;
}

Polynomial quotient(Polynomial p, const Polynomial& by) { return divide(p, by); }

bool divides(const Polynomial& by, Polynomial p) {
  divide(p, by);
  return p.empty();
}

void make_monic(Polynomial& p) {
  const Rational lead = p.back();
  for (Rational& c : p) c /= lead;
}

Polynomial common_divisor(Polynomial p, Polynomial q) {
  while (!q.empty()) {
    divide(p, q);
    std::swap(p, q);
    if (!q.empty()) make_monic(q);
  }
  make_monic(p);
  return p;
}

// Returns the factors of p that have simple roots each, with their multiplicity (Yun).
std::vector<Power> square_free_factors(const Polynomial& p) {
  std::vector<Power> factors;
  Polynomial repeated = common_divisor(p, derivative(p));
  Polynomial simple = quotient(p, repeated);
  for (std::size_t multiplicity = 1; simple.size() > 1; ++multiplicity) {
    const Polynomial next = common_divisor(simple, repeated);
    const Polynomial here = quotient(simple, next);
    if (here.size() > 1) factors.push_back({here, multiplicity});
    repeated = quotient(repeated, next);
    simple = next;
  }
  return factors;
}

// Returns the simple positive roots of p, falling: Newton's method from 0 on what is left of p when
// the roots found are divided out, which is done in the formula and never in the coefficients
// (Maehly). All roots are real, so that the steps never pass the smallest.
std::vector<Decimal> simple_roots(const Polynomial& p) {
  const Decimal enough("1e-450");
  const Polynomial slope = derivative(p);
  std::vector<Decimal> roots;
  while (roots.size() + 1 < p.size()) {
    Decimal x = 0;
    for (int step = 0; step < 10000; ++step) {
      Decimal poles = 0;
      for (const Decimal& root : roots) {
        if (x == root) x *= Decimal(1) + Decimal("1e-500");
        poles += 1 / (x - root);
      }
      const Decimal value = evaluate(p, x);
      if (value == 0) break;
      const Decimal change = value / (evaluate(slope, x) - value * poles);
      x -= change;
      if (mp::abs(change) <= enough * mp::abs(x)) break;
    }
    roots.push_back(x);
  }
  std::sort(roots.rbegin(), roots.rend());
  return roots;
}

Rational rounded_to(const Decimal& x, const Integer& denominator) {
  return Rational(nearest(x * Decimal(denominator)), denominator);
}

// λ² - s λ + q: the roots s/2 ± √(s²/4 - q).
void add_quadratic(const Power& factor, Roots& found) {
  const Rational half = -factor.base[1] / 2;
  const Root root = root_of(half * half - factor.base[0]);
  for (const int sign : {1, -1}) {
    const Surd value(half, sign * root.factor, root.r);
    found.eigenvalues.push_back({value, to_decimal(value), factor.exponent});
  }
  found.factors.push_back(factor);
}

// Splits a factor with simple roots into those of degree one, of degree two, and the rest.
void split(Power factor, bool exact, const Integer& denominator, Roots& found) {
  std::vector<Decimal> roots = simple_roots(factor.base);
  const auto take = [&](const Polynomial& part) { factor.base = quotient(factor.base, part); };
  for (std::size_t i = 0; exact && i < roots.size();) {
    const Rational root = rounded_to(roots[i], denominator);
    const Polynomial linear{-root, 1};
    if (!divides(linear, factor.base)) {
      ++i;
      continue;
    }
    take(linear);
    roots.erase(roots.begin() + static_cast<std::ptrdiff_t>(i));
    found.factors.push_back({linear, factor.exponent});
    found.eigenvalues.push_back({Surd(root), to_decimal(root), factor.exponent});
  }
  for (std::size_t i = 0; exact && i < roots.size();) {
    bool paired = false;
    for (std::size_t j = i + 1; j < roots.size() && !paired; ++j) {
      const Polynomial quadratic{rounded_to(roots[i] * roots[j], denominator * denominator),
                                 -rounded_to(roots[i] + roots[j], denominator), 1};
      if (!divides(quadratic, factor.base)) continue;
      paired = true;
      take(quadratic);
      roots.erase(roots.begin() + static_cast<std::ptrdiff_t>(j));
      roots.erase(roots.begin() + static_cast<std::ptrdiff_t>(i));
      add_quadratic({quadratic, factor.exponent}, found);
    }
    if (!paired) ++i;
  }
  for (const Decimal& root : roots) found.eigenvalues.push_back({{}, root, factor.exponent});
  if (!roots.empty()) found.factors.push_back(factor);
}

}  // namespace

Polynomial characteristic_polynomial(const Table<Rational>& G) {
  const std::size_t n = G.rows;
  Polynomial p(n + 1);
  p[n] = 1;
  Table<Rational> M(n, n);
  for (std::size_t k = 1; k <= n; ++k) {
    M = multiply(G, M);
    for (std::size_t i = 0; i < n; ++i) M(i, i) += p[n - k + 1];
    const Table<Rational> GM = multiply(G, M);
    Rational trace = 0;
    for (std::size_t i = 0; i < n; ++i) trace += GM(i, i);
    p[n - k] = -trace / static_cast<std::int64_t>(k);
  }
  return p;
}

Roots factorise(const Polynomial& p, bool exact, const Integer& common_denominator) {
  Roots found;
  const auto zeros = static_cast<std::size_t>(
      std::find_if(p.begin(), p.end(), [](const Rational& c) { return c != 0; }) - p.begin());
  const Polynomial rest(p.begin() + static_cast<std::ptrdiff_t>(zeros), p.end());
  if (rest.size() > 1) {
    for (const Power& factor : square_free_factors(rest)) {
      split(factor, exact, common_denominator, found);
    }
  }
  if (zeros > 0) {
    found.factors.push_back({{0, 1}, zeros});
    found.eigenvalues.push_back({Surd(), 0, zeros});
  }
  std::sort(found.eigenvalues.begin(), found.eigenvalues.end(),
            [](const Eigenvalue& x, const Eigenvalue& y) { return x.value > y.value; });
  return found;
}

}  // namespace eckart::exact
