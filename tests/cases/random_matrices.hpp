// tests/cases/random_matrices.hpp - seeded random matrices with a prescribed spectrum.
// Its own generator and its own Householder products: nothing that it tests is used to make it.
#pragma once

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "eckart/matrix.hpp"
#include "eckart/sparse_matrix.hpp"
#include "tests/oracles/wide.hpp"

namespace eckart::cases {

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): 64 well-mixed bits per call.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Uniform in (0, 1).
  double uniform() { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1p-53; }
  index_t below(index_t n) { return static_cast<index_t>(uniform() * static_cast<double>(n)); }
  // Standard normal, by Box and Muller.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }
  // Normal in each part.
  template <Scalar T>
  T entry() {
    if constexpr (is_complex<T>) {
      const auto re = static_cast<real_t<T>>(normal());
      return {re, static_cast<real_t<T>>(normal())};
    } else {
      return static_cast<T>(normal());
    }
  }

 private:
  std::uint64_t state_;
};

template <Scalar T>
Matrix<T> gaussian(index_t m, index_t n, std::uint64_t seed) {
  Random random(seed);
  Matrix<T> A(m, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) A(i, j) = random.entry<T>();
  }
  return A;
}

// Column-major, in the arithmetic of the oracles: what a case is made of before rounding.
template <Scalar T>
struct WideMatrix {
  using Wide = oracles::wide_t<T>;
  index_t rows = 0;
  index_t cols = 0;
  std::vector<Wide> values;

  WideMatrix(index_t m, index_t n)
      : rows(m), cols(n), values(static_cast<std::size_t>(m) * static_cast<std::size_t>(n)) {}
  Wide& operator()(index_t i, index_t j) { return values[static_cast<std::size_t>(i + j * rows)]; }
  const Wide& operator()(index_t i, index_t j) const {
    return values[static_cast<std::size_t>(i + j * rows)];
  }
  Matrix<T> rounded() const {
    Matrix<T> A(rows, cols);
    for (index_t j = 0; j < cols; ++j) {
      for (index_t i = 0; i < rows; ++i) A(i, j) = static_cast<T>((*this)(i, j));
    }
    return A;
  }
};

// Returns the first n columns of a product of n random reflectors of length m, n <= m:
// orthonormal to the precision of the oracles.
template <Scalar T>
WideMatrix<T> random_orthonormal(index_t m, index_t n, std::uint64_t seed) {
  using Wide = oracles::wide_t<T>;
  Random random(seed);
  WideMatrix<T> Q(m, n);
  for (index_t j = 0; j < n; ++j) Q(j, j) = 1;
  std::vector<Wide> w(static_cast<std::size_t>(m));
  for (index_t step = 0; step < n; ++step) {
    oracles::wide_real_t<T> square = 0;
    for (Wide& x : w) {
      x = static_cast<Wide>(random.entry<T>());
      square += oracles::squared_modulus(x);
    }
    for (index_t j = 0; j < n; ++j) {  // column <- column - 2 w (w^H column) / (w^H w)
      Wide inner = 0;
      for (index_t i = 0; i < m; ++i) {
        inner += oracles::times(oracles::conj_of(w[static_cast<std::size_t>(i)]), Q(i, j));
      }
      inner *= 2 / square;
      for (index_t i = 0; i < m; ++i) {
        Q(i, j) -= oracles::times(w[static_cast<std::size_t>(i)], inner);
      }
    }
  }
  return Q;
}

// A = U diag(sigma) V^H with known factors, each rounded to T.
template <Scalar T>
struct Factored {
  Matrix<T> A;
  Matrix<T> U;  // m x k
  std::vector<real_t<T>> sigma;
  Matrix<T> V;  // n x k
};

// Returns an m x n matrix with the k = sigma.size() <= min(m, n) singular values given, in
// falling order, between random orthonormal vectors that follow the library's sign rule.
template <Scalar T>
Factored<T> prescribed(index_t m, index_t n, const std::vector<long double>& sigma,
                       std::uint64_t seed) {
  using Real = oracles::wide_real_t<T>;
  const auto k = static_cast<index_t>(sigma.size());
  WideMatrix<T> U = random_orthonormal<T>(m, k, 2 * seed + 1);
  WideMatrix<T> V = random_orthonormal<T>(n, k, 2 * seed + 2);
  WideMatrix<T> A(m, n);
  Factored<T> result;
  for (index_t c = 0; c < k; ++c) {
    index_t pivot = 0;
    for (index_t j = 1; j < n; ++j) {
      if (std::abs(V(j, c)) > std::abs(V(pivot, c))) pivot = j;
    }
    const auto turn = oracles::conj_of(V(pivot, c)) / std::abs(V(pivot, c));
    const auto size = std::abs(V(pivot, c));
    for (index_t j = 0; j < n; ++j) V(j, c) = oracles::times(V(j, c), turn);
    for (index_t i = 0; i < m; ++i) U(i, c) = oracles::times(U(i, c), turn);
    V(pivot, c) = size;
    const auto value = static_cast<Real>(sigma[static_cast<std::size_t>(c)]);
    for (index_t j = 0; j < n; ++j) {
      const auto weight = value * oracles::conj_of(V(j, c));
      for (index_t i = 0; i < m; ++i) A(i, j) += oracles::times(U(i, c), weight);
    }
    result.sigma.push_back(static_cast<real_t<T>>(value));
  }
  result.A = A.rounded();
  result.U = U.rounded();
  result.V = V.rounded();
  return result;
}

// Returns an m x n matrix of about per_row normal entries in each row, columns drawn so that
// some are much busier than others, as in a corpus.
template <Scalar T>
SparseMatrix<T> random_sparse(index_t m, index_t n, index_t per_row, std::uint64_t seed) {
  Random random(seed);
  SparseMatrix<T> A;
  A.rows = m;
  A.cols = n;
  std::vector<index_t> columns;
  for (index_t i = 0; i < m; ++i) {
    columns.clear();
    for (index_t c = 0; c < per_row; ++c) {
      const double u = random.uniform();
      columns.push_back(static_cast<index_t>(u * u * static_cast<double>(n)));
    }
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    for (index_t j : columns) {
      A.columns.push_back(j);
      A.values.push_back(random.entry<T>());
    }
    A.offsets.push_back(static_cast<index_t>(A.columns.size()));
  }
  return A;
}

// Spectra.
inline std::vector<long double> even_spectrum(index_t k, long double smallest) {
  std::vector<long double> sigma;
  for (index_t i = 0; i < k; ++i) {
    const long double t = k > 1 ? static_cast<long double>(i) / static_cast<long double>(k - 1) : 0;
    sigma.push_back(1 - t * (1 - smallest));
  }
  return sigma;
}
inline std::vector<long double> geometric_spectrum(index_t k, long double smallest) {
  std::vector<long double> sigma;
  for (index_t i = 0; i < k; ++i) {
    const long double t = k > 1 ? static_cast<long double>(i) / static_cast<long double>(k - 1) : 0;
    sigma.push_back(std::pow(smallest, t));
  }
  return sigma;
}
inline std::vector<long double> clustered_spectrum(index_t k, long double smallest) {
  std::vector<long double> sigma(static_cast<std::size_t>(k), smallest);
  if (k > 0) sigma[0] = 1;
  return sigma;
}
inline std::vector<long double> power_spectrum(index_t k, long double exponent) {
  std::vector<long double> sigma;
  for (index_t i = 1; i <= k; ++i) sigma.push_back(std::pow(static_cast<long double>(i), -exponent));
  return sigma;
}

}  // namespace eckart::cases
