// tests/cases/registry.hpp - every dense case in one list, so that a solver meets all of them
// with one loop.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "eckart/matrix.hpp"
#include "tests/cases/closed_forms.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/oracles/wide.hpp"

namespace eckart::cases {

// A finite matrix whose singular values are representable.
template <Scalar T>
struct Case {
  std::string name;
  Matrix<T> A;
  // The exact singular values up to the rounding of A to T; empty when no formula gives them.
  std::vector<long double> sigma;
};

// Returns the table rounded to T. For complex T row i and column j are turned by powers of the
// imaginary unit, which is exact and leaves the singular values alone.
template <Scalar T>
Matrix<T> to_matrix(const Table& table) {
  Matrix<T> A(table.rows, table.cols);
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      const auto x = static_cast<real_t<T>>(table(i, j));
      if constexpr (is_complex<T>) {
        const T turned[] = {{x, 0}, {0, x}, {-x, 0}, {0, -x}};
        A(i, j) = turned[(7 * i + 5 * j + 3) % 4];
      } else {
        A(i, j) = x;
      }
    }
  }
  return A;
}

// Returns A times a power of two: exact unless it leaves the normal range.
template <Scalar T>
Matrix<T> scaled(const Matrix<T>& A, int exponent) {
  const auto part = [&](real_t<T> x) { return std::ldexp(x, exponent); };
  Matrix<T> B(A.rows(), A.cols());
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      if constexpr (is_complex<T>) {
        B(i, j) = {part(A(i, j).real()), part(A(i, j).imag())};
      } else {
        B(i, j) = part(A(i, j));
      }
    }
  }
  return B;
}

namespace detail {

template <Scalar T>
class Registry {
 public:
  std::vector<Case<T>> take() { return std::move(cases_); }

  void add(std::string name, Matrix<T> A, std::vector<long double> sigma = {}) {
    for (index_t j = 0; j < A.cols(); ++j) {
      for (index_t i = 0; i < A.rows(); ++i) {
        if (!oracles::finite(A(i, j))) return;  // beyond the range of this scalar
      }
    }
    cases_.push_back({std::move(name), std::move(A), std::move(sigma)});
  }
  void add(std::string name, const Known& known) {
    add(std::move(name), to_matrix<T>(known.A), known.sigma);
  }
  void add(std::string name, const Table& table) { add(std::move(name), to_matrix<T>(table)); }

  void add_spectrum(const std::string& name, index_t m, index_t n,
                    std::vector<long double> sigma) {
    Factored<T> made = prescribed<T>(m, n, sigma, static_cast<std::uint64_t>(100 * m + n));
    sigma.resize(static_cast<std::size_t>(std::min(m, n)));
    add(name + " " + std::to_string(m) + "x" + std::to_string(n), std::move(made.A),
        std::move(sigma));
  }

 private:
  std::vector<Case<T>> cases_;
};

template <Scalar T>
void add_shapes(Registry<T>& registry) {
  const std::pair<index_t, index_t> shapes[] = {
      {1, 1},   {1, 5},   {5, 1},   {2, 1},   {1, 40},  {40, 1},  {3, 3},   {10, 16}, {16, 10},
      {54, 30}, {55, 30}, {56, 30}, {30, 56}, {30, 54}, {33, 32}, {32, 33}, {120, 5}, {5, 120}};
  for (const auto& [m, n] : shapes) {
    registry.add_spectrum("even spectrum", m, n, even_spectrum(std::min(m, n), 0.1L));
  }
  for (const auto& [m, n] : {std::pair<index_t, index_t>{0, 0}, {0, 3}, {3, 0}, {0, 1}, {1, 0}}) {
    registry.add("empty " + std::to_string(m) + "x" + std::to_string(n), zeros(m, n));
    registry.add("zero", zeros(m + 2, n + 1));
  }
}

template <Scalar T>
void add_degenerate(Registry<T>& registry) {
  registry.add("[[-3]]", diagonal({-3}));
  registry.add("[[-0]]", diagonal({-0.0L}));
  for (const auto& [m, n] : {std::pair<index_t, index_t>{6, 4}, {4, 6}, {5, 5}, {40, 40}}) {
    registry.add("identity", identity(m, n));
    registry.add("zeros", zeros(m, n));
    registry.add("ones", ones(m, n));
  }
  registry.add("diag(1,-3,2)", diagonal({1, -3, 2}));
  registry.add("diag with zeros", diagonal({0, 4, 0, 0, -7, 1e-3L}));
  registry.add_spectrum("rank 3", 20, 12, {5, 2, 1});
  registry.add_spectrum("rank 1", 9, 31, {1});
  registry.add("one-hot design", Table(24, 7, [](index_t i, index_t j) {
    return j == 0 || j == 1 + i % 6 ? 1.0L : 0.0L;  // intercept and six dummies: rank 6
  }));
  registry.add("repeated columns", Table(12, 8, [](index_t i, index_t j) {
    return std::sin(static_cast<long double>(3 * i + 5 * (j / 2) + 1));
  }));
  registry.add("zero rows and columns", Table(14, 9, [](index_t i, index_t j) {
    return i % 3 == 0 || j % 4 == 1 ? 0.0L : std::cos(static_cast<long double>(i * i + 2 * j));
  }));
  registry.add("identity plus noise", Table(30, 30, [](index_t i, index_t j) {
    return i == j ? 1.0L : 2.8e-17L * std::sin(static_cast<long double>(i + 31 * j));
  }));
}

template <Scalar T>
void add_closed_forms(Registry<T>& registry) {
  registry.add("tridiagonal", toeplitz_tridiagonal(40, 2, -1));
  registry.add("tridiagonal, even order", toeplitz_tridiagonal(31, 0, 1));
  registry.add("bidiagonal ones", bidiagonal_ones(50));
  registry.add("circulant", circulant({3, -1, 4, -1, 5, -9, 2, -6, 5, -3, 5}));
  registry.add("lauchli 1e-9", lauchli(12, 1e-9L));
  registry.add("lauchli sqrt(eps)", lauchli(12, std::sqrt(oracles::epsilon<T>())));
  for (const index_t n : {20, 26, 40}) {
    registry.add("companion_demo " + std::to_string(n), companion_demo(n));
  }
  registry.add("hilbert 12", hilbert(12));
  registry.add("cauchy 20", cauchy(20));
  registry.add("kahan 40", kahan(40, 1.2L));
  registry.add("vandermonde 40x15", vandermonde(40, 15));
  registry.add("grcar 40", grcar(40));
  registry.add("frank 18", frank(18));
  registry.add("wilkinson 21", wilkinson(21));
  registry.add("wilkinson 21, three glued", Table(63, 63, [](index_t i, index_t j) {
    if (i / 21 == j / 21) return wilkinson(21)(i % 21, j % 21);
    return i - j == 1 || j - i == 1 ? 1e-8L : 0.0L;
  }));
  registry.add("identity over sparse rows", Table(72, 36, [](index_t i, index_t j) {
    if (i == j) return 1.0L;
    if (i < 36) return (5 * i + 3 * j) % 17 == 0 ? (i % 2 == 0 ? 0.1L : -0.1L) : 0.0L;
    return std::sin(static_cast<long double>(i * i + 7 * j));
  }));
  registry.add("pascal 20", pascal(20));
  registry.add("prolate 40", prolate(40, 0.25L));
  registry.add("bidiagonal, log-uniform", Table(30, 30, [](index_t i, index_t j) {
    if (i != j && j != i + 1) return 0.0L;
    Random random(static_cast<std::uint64_t>(40 * i + j));
    const long double log_ulp = std::log(static_cast<long double>(oracles::epsilon<T>()));
    return std::exp(2 * log_ulp * (1 - 2 * static_cast<long double>(random.uniform())));
  }));
}

template <Scalar T>
void add_spectra(Registry<T>& registry) {
  const long double ulp = oracles::epsilon<T>();
  for (const auto& [m, n] : {std::pair<index_t, index_t>{40, 40}, {40, 24}, {24, 60}, {70, 30}}) {
    const index_t k = std::min(m, n);
    registry.add_spectrum("even to ulp", m, n, even_spectrum(k, ulp));
    registry.add_spectrum("geometric to ulp", m, n, geometric_spectrum(k, ulp));
    registry.add_spectrum("clustered at ulp", m, n, clustered_spectrum(k, ulp));
  }
  registry.add_spectrum("beyond 1e16", 30, 30, geometric_spectrum(30, 1e-20L));
  std::vector<long double> nearly_equal(30, 1.0L);
  nearly_equal[0] += 3 * ulp;
  registry.add_spectrum("all equal but one", 30, 30, nearly_equal);
  std::vector<long double> two_clusters(10, 1.0L);
  two_clusters.insert(two_clusters.end(), 10, 1 - 1e-4L);
  registry.add_spectrum("two clusters 1e-4 apart", 25, 20, two_clusters);
  std::vector<long double> steps;  // ten plateaus of several values each
  for (const int count : {13, 12, 10, 5, 9, 2, 6, 4}) {
    const long double value = 0.957394L - 0.00009L * static_cast<long double>(steps.size()) / 8;
    steps.insert(steps.end(), static_cast<std::size_t>(count), value);
  }
  registry.add_spectrum("plateaus", 61, 61, steps);
}

template <Scalar T>
void add_scales(Registry<T>& registry) {
  using Limits = std::numeric_limits<real_t<T>>;
  const int lowest = Limits::min_exponent;   // 2^(lowest - 1) is the smallest normal number
  const int highest = Limits::max_exponent;  // 2^highest overflows
  for (const auto& [m, n] : {std::pair<index_t, index_t>{8, 6}, {20, 20}, {12, 30}}) {
    Factored<T> made = prescribed<T>(m, n, even_spectrum(std::min(m, n), 0.1L), 7);
    const auto wide_sigma = even_spectrum(std::min(m, n), 0.1L);
    for (const int exponent : {lowest - 1 + Limits::digits, lowest / 2, highest / 2,
                               highest - Limits::digits, highest - 2}) {
      std::vector<long double> sigma = wide_sigma;
      for (long double& s : sigma) s = std::ldexp(s, exponent);
      registry.add("scaled by 2^" + std::to_string(exponent), scaled(made.A, exponent), sigma);
    }
    // Subnormal entries: their rounding is an absolute error, and no formula is left.
    for (const int down : {2, Limits::digits / 2, Limits::digits - 2}) {
      registry.add("subnormal by 2^-" + std::to_string(down), scaled(made.A, lowest - down));
    }
  }
  const long double tiny = static_cast<long double>(Limits::denorm_min());
  registry.add("smallest number", diagonal({tiny}));
  registry.add("few smallest numbers", Table(4, 3, [=](index_t i, index_t j) {
    return (i + 2 * j) % 3 == 0 ? tiny : 0.0L;
  }));
  registry.add("[min, 0]", Table(1, 2, [](index_t, index_t j) {
    return j == 0 ? static_cast<long double>(Limits::min()) : 0.0L;
  }));
  // Eigen's test of intermediate overflow; the shift brings it to the range of T.
  const int shift = highest - std::numeric_limits<double>::max_exponent;
  const long double large[] = {
      4.4331978442502944e307L,  -5.8585363752028680e307L, 6.4527017443412964e307L,
      3.7841695601406358e307L,  2.4331702789740617e306L,  -3.5235707140272905e307L,
      -8.7190887618028355e307L, -7.3453213709232193e307L, -2.4367363684472105e307L};
  Known near_overflow{Table(3, 3, [&](index_t i, index_t j) {
                        return std::ldexp(large[3 * i + j], shift);
                      }),
                      {1.1989613128669096e308L, 9.7464586398393478e307L, 4.4246360770547190e307L}};
  for (long double& s : near_overflow.sigma) s = std::ldexp(s, shift);
  registry.add("near overflow", near_overflow);
}

}  // namespace detail

// Returns every finite dense case whose singular values T can hold.
template <Scalar T>
std::vector<Case<T>> dense_cases() {
  detail::Registry<T> registry;
  detail::add_shapes(registry);
  detail::add_degenerate(registry);
  detail::add_closed_forms(registry);
  detail::add_spectra(registry);
  detail::add_scales(registry);
  return registry.take();
}

// Returns the 81 matrices of order 2 over {0, 1, -1} with their closed form.
template <Scalar T>
std::vector<Case<T>> two_by_two_cases() {
  detail::Registry<T> registry;
  for (int code = 0; code < 81; ++code) {
    const long double a = code % 3 - 1, b = code / 3 % 3 - 1, c = code / 9 % 3 - 1,
                      d = code / 27 - 1;
    registry.add("2x2 number " + std::to_string(code), two_by_two(a, b, c, d));
  }
  return registry.take();
}

// Returns the 6561 matrices of order 2 over {0, +-1, +-5.6e-313, +-4.94e-324, +-4.94e-223}.
inline std::vector<Case<double>> subnormal_table() {
  const long double values[] = {0,           1,           -1,           5.60844e-313L, -5.60844e-313L,
                                4.94e-324L,  -4.94e-324L, 4.94e-223L,   -4.94e-223L};
  detail::Registry<double> registry;
  for (std::size_t code = 0; code < 6561; ++code) {
    registry.add("subnormal table number " + std::to_string(code),
                 two_by_two(values[code % 9], values[code / 9 % 9], values[code / 81 % 9],
                            values[code / 729]));
  }
  return registry.take();
}

// A matrix with one or more entries that are not finite.
template <Scalar T>
struct NonFiniteCase {
  std::string name;
  Matrix<T> A;
  index_t row;  // the first of them by column, then row
  index_t col;
};

template <Scalar T>
std::vector<NonFiniteCase<T>> nonfinite_cases() {
  const real_t<T> nan = std::numeric_limits<real_t<T>>::quiet_NaN();
  const real_t<T> inf = std::numeric_limits<real_t<T>>::infinity();
  std::vector<NonFiniteCase<T>> cases;
  for (const real_t<T> value : {nan, inf, -inf}) {
    for (index_t place = 0; place < 9; ++place) {
      Matrix<T> A = to_matrix<T>(ones(3, 3).A);
      A(place % 3, place / 3) = value;
      cases.push_back({"3x3 with " + std::to_string(value), std::move(A), place % 3, place / 3});
      if constexpr (is_complex<T>) {
        A = to_matrix<T>(ones(3, 3).A);
        A(place % 3, place / 3) = {1, value};
        cases.push_back({"imaginary part", std::move(A), place % 3, place / 3});
      }
    }
    Matrix<T> A(10, 10);
    A(7, 4) = value;
    cases.push_back({"one in zeros", std::move(A), 7, 4});
    Matrix<T> all(10, 10);
    for (index_t i = 0; i < 100; ++i) all(i % 10, i / 10) = value;
    cases.push_back({"nothing else", std::move(all), 0, 0});
  }
  // Matrices on which widely used libraries never return.
  Matrix<T> A(2, 2);
  A(1, 0) = A(1, 1) = nan;
  cases.push_back({"[[0,0],[nan,nan]]", std::move(A), 1, 0});
  A = Matrix<T>(2, 2);
  A(0, 1) = A(1, 0) = nan;
  A(1, 1) = inf;
  cases.push_back({"[[0,nan],[nan,inf]]", std::move(A), 1, 0});
  A = Matrix<T>(3, 3);
  A(0, 0) = 1;
  A(0, 2) = A(1, 2) = A(2, 2) = nan;
  cases.push_back({"[[1,0,nan],[0,0,nan],[0,0,nan]]", std::move(A), 0, 2});
  return cases;
}

// Returns full(n, n, 0.94 max): its singular value n * 0.94 max is not representable.
template <Scalar T>
Matrix<T> overflowing(index_t n) {
  const long double entry = 0.94L * static_cast<long double>(std::numeric_limits<real_t<T>>::max());
  return to_matrix<T>(Table(n, n, [=](index_t, index_t) { return entry; }));
}

}  // namespace eckart::cases
