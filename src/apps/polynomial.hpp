// Polynomials with rational coefficients whose roots are eigenvalues.
#pragma once

#include <optional>
#include <vector>

#include "apps/exact.hpp"

namespace eckart::exact {

// Coefficients, that of λ^0 first; the last one is 1.
using Polynomial = std::vector<Rational>;

// Returns det(λI - G), by Faddeev and LeVerrier.
// Source: Gantmacher, The Theory of Matrices I, Chapter IV, Section 5.
Polynomial characteristic_polynomial(const Table<Rational>& G);

// One of the powers that a polynomial is the product of.
struct Power {
  Polynomial base;
  std::size_t exponent = 1;
};

struct Eigenvalue {
  std::optional<Surd> exact;  // a fraction, or a + b√r
  Decimal value;
  std::size_t multiplicity = 1;
};

// A polynomial whose roots are real and not negative, by its factors and by its roots.
struct Roots {
  std::vector<Power> factors;
  std::vector<Eigenvalue> eigenvalues;  // falling
};
// Returns both. Factors of degree one and two with rational coefficients are found if exact; their
// roots are then fractions or a + b√r. common_denominator is one of the polynomial's roots, in the
// sense that each, times it, is an algebraic integer.
Roots factorise(const Polynomial& p, bool exact, const Integer& common_denominator);

}  // namespace eckart::exact
