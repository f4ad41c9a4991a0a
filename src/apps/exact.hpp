// Exact numbers: fractions, a + b √r, and decimals of so many digits that none shown is in doubt.
#pragma once

#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "eckart/types.hpp"

namespace eckart::exact {

namespace mp = boost::multiprecision;

using Integer = mp::number<mp::cpp_int_backend<>, mp::et_off>;
using Rational = mp::number<mp::cpp_rational_backend, mp::et_off>;
// Eigenvalues of a Gram matrix of six columns of doubles may differ by hundreds of orders.
using Decimal = mp::number<mp::cpp_bin_float<1000>, mp::et_off>;

// a + b √r with r a whole number that is no square; r does not count where b = 0.
struct Surd {
  Rational a = 0, b = 0;
  Integer r = 0;

  Surd() = default;
  Surd(Rational whole) : a(std::move(whole)) {}  // NOLINT: every fraction is one
  Surd(Rational whole, Rational factor, Integer radicand)
      : a(std::move(whole)), b(std::move(factor)), r(std::move(radicand)) {}

  bool rational() const { return b == 0; }
  friend bool operator==(const Surd& x, const Surd& y) {
    return x.a == y.a && x.b == y.b && (x.b == 0 || x.r == y.r);
  }
};

// REQUIRES, for the four operations: one r, where neither operand is rational.
Surd operator+(const Surd& x, const Surd& y);
Surd operator-(const Surd& x, const Surd& y);
Surd operator*(const Surd& x, const Surd& y);
Surd operator/(const Surd& x, const Surd& y);

Decimal to_decimal(const Rational& x);
Decimal to_decimal(const Surd& x);
inline const Decimal& to_decimal(const Decimal& x) { return x; }

// Returns the double as the fraction that it is.
// REQUIRES: x is finite
Rational fraction_of(double x);

// Returns the fraction that a person would write for x: with a denominator up to 10^4, or with at
// most six decimals, and few enough digits that this is no accident; nothing if there is none.
std::optional<Rational> simple_fraction(double x);

// Returns the nearest whole number.
Integer nearest(const Decimal& x);

// n = square² · rest. Prime factors above 20000 may stay in the rest, unless what remains is a
// square.
struct SquareFactor {
  Integer square, rest;
};
// REQUIRES: n > 0
SquareFactor extract_square(Integer n);

// √q = factor · √r.
struct Root {
  Rational factor;
  Integer r;  // 1: the root is rational
};
// REQUIRES: q >= 0
Root root_of(const Rational& q);

// Returns √x as a sum of at most two terms factor · √r, largest first, where there is one;
// √(a + b√r) = √p ± √q with p, q = (a ± √(a² - b²r))/2 needs a² - b²r to be a square.
// REQUIRES: x >= 0
std::optional<std::vector<Root>> plain_root(const Surd& x);

// A dense matrix by rows.
template <class F>
struct Table {
  std::size_t rows = 0, cols = 0;
  std::vector<F> entries;

  Table() = default;
  Table(std::size_t m, std::size_t n) : rows(m), cols(n), entries(m * n) {}
  F& operator()(std::size_t i, std::size_t j) { return entries[i * cols + j]; }
  const F& operator()(std::size_t i, std::size_t j) const { return entries[i * cols + j]; }
};

template <class F>
Table<F> transpose(const Table<F>& A) {
  Table<F> B(A.cols, A.rows);
  for (std::size_t i = 0; i < A.rows; ++i) {
    for (std::size_t j = 0; j < A.cols; ++j) B(j, i) = A(i, j);
  }
  return B;
}

template <class F>
Table<F> multiply(const Table<F>& A, const Table<F>& B) {
  Table<F> C(A.rows, B.cols);
  for (std::size_t i = 0; i < A.rows; ++i) {
    for (std::size_t j = 0; j < B.cols; ++j) {
      F sum{};
      for (std::size_t l = 0; l < A.cols; ++l) sum = sum + A(i, l) * B(l, j);
      C(i, j) = sum;
    }
  }
  return C;
}

}  // namespace eckart::exact
