// tests/cases/closed_forms.hpp - matrices whose singular values are known from a formula, and
// the classical ill-conditioned ones.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <utility>
#include <vector>

#include "eckart/sparse_matrix.hpp"

namespace eckart::cases {

// Real entries in long double, before they are rounded to a scalar.
struct Table {
  index_t rows = 0;
  index_t cols = 0;
  std::vector<long double> values;  // column-major

  Table(index_t m, index_t n)
      : rows(m), cols(n), values(static_cast<std::size_t>(m) * static_cast<std::size_t>(n)) {}
  // Entry (i, j), from 0, is entry(i, j).
  Table(index_t m, index_t n, const std::function<long double(index_t, index_t)>& entry)
      : Table(m, n) {
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < m; ++i) (*this)(i, j) = entry(i, j);
    }
  }
  long double& operator()(index_t i, index_t j) {
    return values[static_cast<std::size_t>(i + j * rows)];
  }
  long double operator()(index_t i, index_t j) const {
    return values[static_cast<std::size_t>(i + j * rows)];
  }
};

struct Known {
  Table A;
  std::vector<long double> sigma;  // falling; empty when there is no formula
};

inline std::vector<long double> falling(std::vector<long double> values) {
  std::sort(values.begin(), values.end(), std::greater<>());
  return values;
}

inline constexpr long double pi = std::numbers::pi_v<long double>;

inline long double binomial(index_t n, index_t k) {
  long double result = 1;
  for (index_t i = 1; i <= k; ++i) {
    result = result * static_cast<long double>(n - k + i) / static_cast<long double>(i);
  }
  return std::round(result);
}

// Rows: the pairs of {0..v-1}; columns: the k-subsets; 1 where the pair lies in the subset.
// Three distinct singular values, from the Johnson scheme:
// sigma_i^2 = C(k-i, 2-i) C(v-2-i, k-2), with multiplicities 1, v-1, v(v-3)/2.
template <Scalar T>
SparseMatrix<T> bibd(index_t v, index_t k) {
  std::vector<Triplet<T>> entries;
  std::vector<index_t> subset(static_cast<std::size_t>(k));
  for (index_t i = 0; i < k; ++i) subset[static_cast<std::size_t>(i)] = i;
  index_t col = 0;
  for (bool more = true; more; ++col) {
    for (std::size_t b = 1; b < subset.size(); ++b) {
      for (std::size_t a = 0; a < b; ++a) {
        entries.push_back({subset[b] * (subset[b] - 1) / 2 + subset[a], col, T(1)});
      }
    }
    // The next subset in colexicographic order: raise the first element that can be raised.
    std::size_t at = 0;
    while (at + 1 < subset.size() && subset[at] + 1 == subset[at + 1]) ++at;
    ++subset[at];
    for (std::size_t i = 0; i < at; ++i) subset[i] = static_cast<index_t>(i);
    more = subset.back() < v;
  }
  return from_triplets<T>(v * (v - 1) / 2, col, std::move(entries));
}
inline std::vector<long double> bibd_sigma(index_t v, index_t k) {
  std::vector<long double> sigma;
  const index_t multiplicity[] = {1, v - 1, v * (v - 3) / 2};
  for (index_t i = 0; i < 3; ++i) {
    const long double value = std::sqrt(binomial(k - i, 2 - i) * binomial(v - 2 - i, k - 2));
    sigma.insert(sigma.end(), static_cast<std::size_t>(multiplicity[i]), value);
  }
  return sigma;
}

// Companion matrix of the truncated exponential series, scaled: n - 2 singular values are
// exactly 1, the others solve s1^2 + sn^2 = 1 + sum a^2, s1 sn = |a_n|. LAPACK's values-only and
// full paths disagree on its small ones by 19 digits.
inline Known companion_demo(index_t n) {
  Known known{Table(n, n), std::vector<long double>(static_cast<std::size_t>(n), 1.0L)};
  // c_j = 1 / j!; the first row is -c_j / c_n in rising powers: a_j = n! / (n - j)!.
  long double sum = 1;
  long double a = 1;
  for (index_t j = 0; j < n; ++j) {
    a *= static_cast<long double>(n - j);
    known.A(0, j) = -static_cast<long double>(static_cast<double>(a));
    sum += known.A(0, j) * known.A(0, j);
    if (j > 0) known.A(j, j - 1) = 1;
  }
  const long double last = std::abs(known.A(0, n - 1));
  const long double largest = std::sqrt((sum + std::sqrt(sum * sum - 4 * last * last)) / 2);
  known.sigma.front() = largest;
  known.sigma.back() = last / largest;
  return known;
}

// First row ones, mu below the diagonal: sqrt(n + mu^2), then mu. A Gram matrix loses mu.
inline Known lauchli(index_t n, long double mu) {
  Known known{Table(n + 1, n), std::vector<long double>(static_cast<std::size_t>(n), mu)};
  for (index_t j = 0; j < n; ++j) {
    known.A(0, j) = 1;
    known.A(j + 1, j) = mu;
  }
  known.sigma.front() = std::sqrt(static_cast<long double>(n) + mu * mu);
  return known;
}

// Symmetric tridiagonal Toeplitz: |a + 2 b cos(j pi / (n + 1))|.
inline Known toeplitz_tridiagonal(index_t n, long double a, long double b) {
  Known known{Table(n, n, [&](index_t i, index_t j) {
                return i == j ? a : i - j == 1 || j - i == 1 ? b : 0.0L;
              }), {}};
  for (index_t j = 1; j <= n; ++j) {
    const long double angle = pi * static_cast<long double>(j) / static_cast<long double>(n + 1);
    known.sigma.push_back(std::abs(a + 2 * b * std::cos(angle)));
  }
  known.sigma = falling(known.sigma);
  return known;
}

// Ones on the diagonal and above it: 2 cos(j pi / (2 n + 1)).
inline Known bidiagonal_ones(index_t n) {
  Known known{Table(n, n, [](index_t i, index_t j) { return i == j || j == i + 1 ? 1.0L : 0.0L; }),
              {}};
  for (index_t j = 1; j <= n; ++j) {
    known.sigma.push_back(2 * std::cos(pi * static_cast<long double>(j) /
                                       static_cast<long double>(2 * n + 1)));
  }
  return known;
}

// Circulant of the given first column: the moduli of its discrete Fourier transform.
inline Known circulant(const std::vector<long double>& column) {
  const auto n = static_cast<index_t>(column.size());
  Known known{Table(n, n, [&](index_t i, index_t j) {
                return column[static_cast<std::size_t>((i - j + n) % n)];
              }), {}};
  for (index_t f = 0; f < n; ++f) {
    long double re = 0;
    long double im = 0;
    for (index_t t = 0; t < n; ++t) {
      const long double angle =
          2 * pi * static_cast<long double>(f * t % n) / static_cast<long double>(n);
      re += column[static_cast<std::size_t>(t)] * std::cos(angle);
      im -= column[static_cast<std::size_t>(t)] * std::sin(angle);
    }
    known.sigma.push_back(std::hypot(re, im));
  }
  known.sigma = falling(known.sigma);
  return known;
}

// Ones everywhere: sqrt(m n), then zeros.
inline Known ones(index_t m, index_t n) {
  Known known{Table(m, n, [](index_t, index_t) { return 1.0L; }),
              std::vector<long double>(static_cast<std::size_t>(std::min(m, n)))};
  if (!known.sigma.empty()) known.sigma[0] = std::sqrt(static_cast<long double>(m * n));
  return known;
}

inline Known identity(index_t m, index_t n) {
  return {Table(m, n, [](index_t i, index_t j) { return i == j ? 1.0L : 0.0L; }),
          std::vector<long double>(static_cast<std::size_t>(std::min(m, n)), 1.0L)};
}

inline Known zeros(index_t m, index_t n) {
  return {Table(m, n), std::vector<long double>(static_cast<std::size_t>(std::min(m, n)))};
}

inline Known diagonal(const std::vector<long double>& entries) {
  const auto n = static_cast<index_t>(entries.size());
  Known known{Table(n, n), {}};
  for (index_t i = 0; i < n; ++i) {
    known.A(i, i) = entries[static_cast<std::size_t>(i)];
    known.sigma.push_back(std::abs(entries[static_cast<std::size_t>(i)]));
  }
  known.sigma = falling(known.sigma);
  return known;
}

// [[a, b], [c, d]]: s1^2 + s2^2 = the sum of squares, s1 s2 = |a d - b c|.
inline Known two_by_two(long double a, long double b, long double c, long double d) {
  Known known{Table(2, 2), {}};
  known.A(0, 0) = a;
  known.A(0, 1) = b;
  known.A(1, 0) = c;
  known.A(1, 1) = d;
  const long double plus = std::hypot(a + d, b - c);
  const long double minus = std::hypot(a - d, b + c);
  known.sigma = {(plus + minus) / 2, std::abs(plus - minus) / 2};
  return known;
}

inline Table hilbert(index_t n) {
  return {n, n, [](index_t i, index_t j) { return 1 / static_cast<long double>(i + j + 1); }};
}
inline Table cauchy(index_t n) {  // 1 / (x_i + y_j) with x_i = i^2, y_j = j + 1/2
  return {n, n, [](index_t i, index_t j) {
            return 1 / (static_cast<long double>(i * i + j) + 0.5L);
          }};
}
inline Table kahan(index_t n, long double angle) {  // diag(s^i) (1 on the diagonal, -c above)
  return {n, n, [=](index_t i, index_t j) {
            const long double scale = std::pow(std::sin(angle), static_cast<long double>(i));
            return i == j ? scale : j > i ? -std::cos(angle) * scale : 0.0L;
          }};
}
inline Table vandermonde(index_t m, index_t n) {
  return {m, n, [=](index_t i, index_t j) {
            return std::pow(static_cast<long double>(i + 1) / static_cast<long double>(m),
                            static_cast<long double>(j));
          }};
}
inline Table grcar(index_t n) {  // -1 below the diagonal, 1 on it and on three above
  return {n, n, [](index_t i, index_t j) {
            return i == j + 1 ? -1.0L : j >= i && j <= i + 3 ? 1.0L : 0.0L;
          }};
}
inline Table frank(index_t n) {
  return {n, n, [=](index_t i, index_t j) {
            return j + 1 < i ? 0.0L : static_cast<long double>(n - std::max(i, j));
          }};
}
inline Table wilkinson(index_t n) {  // W_n^+: pairs of values equal to rounding
  return {n, n, [=](index_t i, index_t j) {
            if (i == j) return std::abs(static_cast<long double>(n - 1) / 2 - static_cast<long double>(i));
            return i - j == 1 || j - i == 1 ? 1.0L : 0.0L;
          }};
}
inline Table pascal(index_t n) {
  return {n, n, [](index_t i, index_t j) { return binomial(i + j, i); }};
}
inline Table prolate(index_t n, long double w) {  // Toeplitz sinc: half its spectrum is roundoff
  return {n, n, [=](index_t i, index_t j) {
            if (i == j) return 2 * w;
            const auto d = static_cast<long double>(i > j ? i - j : j - i);
            return std::sin(2 * pi * w * d) / (pi * d);
          }};
}

}  // namespace eckart::cases
