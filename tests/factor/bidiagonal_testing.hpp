// Bidiagonal matrices that are hard in different ways, and the judge of their decompositions.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "eckart/matrix.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/oracles/reference_svd.hpp"
#include "tests/oracles/svd_check.hpp"

namespace eckart::factor {

template <class Real>
struct NamedBidiagonal {
  std::string name;
  std::vector<Real> d;
  std::vector<Real> e;

  index_t size() const { return static_cast<index_t>(d.size()); }
};

// Entry i of the diagonal is diagonal(i), of the superdiagonal above(i).
template <class Real, class Diagonal, class Above>
NamedBidiagonal<Real> bidiagonal(std::string name, index_t n, Diagonal diagonal, Above above) {
  NamedBidiagonal<Real> B{std::move(name), {}, {}};
  for (index_t i = 0; i < n; ++i) {
    B.d.push_back(static_cast<Real>(diagonal(i)));
    if (i + 1 < n) B.e.push_back(static_cast<Real>(above(i)));
  }
  return B;
}

// What a Gaussian n x n matrix becomes: entries of the chi distributions of n - i and n - i - 1
// degrees of freedom.
template <class Real>
NamedBidiagonal<Real> of_gaussian(index_t n, double scale = 1, std::uint64_t seed = 5) {
  cases::Random random(seed);
  const auto chi = [&](index_t freedom) {
    double sum = 0;
    for (index_t k = 0; k < std::min<index_t>(freedom, 64); ++k) {
      const double x = random.normal();
      sum += x * x;
    }
    return scale * std::sqrt(sum * static_cast<double>(freedom) /
                             static_cast<double>(std::min<index_t>(freedom, 64)));
  };
  return bidiagonal<Real>(
      "of a Gaussian", n, [&](index_t i) { return chi(n - i); },
      [&](index_t i) { return chi(n - i - 1); });
}

template <class Real>
std::vector<NamedBidiagonal<Real>> hard_bidiagonals(index_t n) {
  using Limits = std::numeric_limits<Real>;
  const double ulp = Limits::epsilon();
  const double huge = std::sqrt(static_cast<double>(Limits::max())) *
                      std::sqrt(static_cast<double>(Limits::max())) * 1e-4;
  const double tiny = static_cast<double>(Limits::min()) * 1e4;
  const double wide = sizeof(Real) == 8 ? 300 : 36;
  const double length = static_cast<double>(std::max<index_t>(n, 1));
  cases::Random random(17 + static_cast<std::uint64_t>(n));
  const auto normal = [&](double scale) {
    return [&, scale](index_t) { return scale * random.normal(); };
  };
  const auto constant = [](double x) { return [x](index_t) { return x; }; };
  const auto falling = [length](double digits, double factor) {
    return [=](index_t i) {
      return factor * std::pow(10.0, -digits * static_cast<double>(i) / length);
    };
  };
  const auto rising = [&, n](double digits, double factor) {
    return [=](index_t i) { return falling(digits, factor)(n - 1 - i); };
  };
  const auto log_uniform = [&](index_t) { return std::pow(ulp, 4 * random.uniform() - 2); };
  const auto every = [](index_t step, double x, double otherwise) {
    return [=](index_t i) { return i % step == 0 ? x : otherwise; };
  };
  std::vector<NamedBidiagonal<Real>> all = {
      of_gaussian<Real>(n),
      bidiagonal<Real>("graded downwards", n, falling(15, 1), falling(15, 0.5)),
      bidiagonal<Real>("graded upwards", n, rising(15, 1), rising(15, 0.5)),
      bidiagonal<Real>("graded over the whole range", n, falling(wide, 1), falling(wide, 1)),
      bidiagonal<Real>("clustered", n, every(3, 1, 1e-4), normal(1e-10)),
      bidiagonal<Real>("all equal", n, constant(3), constant(0)),
      bidiagonal<Real>("of ones", n, constant(1), constant(1)),
      bidiagonal<Real>("zeros on the diagonal", n, every(3, 0, 1), normal(1)),
      bidiagonal<Real>("zeros above the diagonal", n, normal(1), every(4, 0, 1)),
      bidiagonal<Real>("identity and noise", n, constant(1), normal(2.8e-17)),
      bidiagonal<Real>("noise", n, normal(2.8e-17), normal(2.8e-17)),
      bidiagonal<Real>(
          "Wilkinson", n,
          [=](index_t i) { return std::abs((length - 1) / 2 - static_cast<double>(i)); },
          constant(1)),
      bidiagonal<Real>(
          "glued Wilkinson", n,
          [](index_t i) { return std::abs(10 - static_cast<double>(i % 21)) + 1e-3; },
          [](index_t i) { return i % 21 == 20 ? 1e-7 : 1.0; }),
      bidiagonal<Real>("log-uniform", n, log_uniform, log_uniform),
      bidiagonal<Real>(
          "repeated blocks", n, [](index_t i) { return 1 + static_cast<double>(i % 5); },
          [](index_t i) { return i % 5 == 4 ? 1e-9 : 0.3; }),
      // Poles in clusters whose gaps shrink to rounding: where secular solvers have failed.
      bidiagonal<Real>(
          "secular stress", n,
          [](index_t i) {
            const double k = static_cast<double>(i % 9);
            return i % 2 == 0 ? 1.36863e-4 + 2e-9 * std::pow(0.25, k) : 1.69e-5 + 1e-8 * k;
          },
          [](index_t i) { return i % 7 == 3 ? 6.3e-5 : 1e-12; }),
      bidiagonal<Real>("zero", n, constant(0), constant(0)),
      bidiagonal<Real>("nilpotent", n, constant(0), constant(1)),
      bidiagonal<Real>(
          "one large entry", n, [n](index_t i) { return i == n / 2 ? 1.0 : 1e-8; }, normal(1e-8)),
      of_gaussian<Real>(n, tiny),
      of_gaussian<Real>(n, huge / (4 * length)),
      of_gaussian<Real>(n, static_cast<double>(Limits::denorm_min()) * 1e3),
  };
  if (n > 0) {
    all.push_back(of_gaussian<Real>(n));
    all.back().name = "singular at the end, signs";
    all.back().d.back() = 0;
    for (std::size_t i = 0; i < all.back().d.size(); i += 2) all.back().d[i] *= -1;
  }
  return all;
}

// LAPACK's ratios; all of them are to be at most 5.
struct Ratios {
  double residual = 0;  // max(|B y - s x|, |B^T x - s y|) / (n (|B| eps + smallest number))
  double orthogonality_X = 0;
  double orthogonality_Y = 0;
  bool ordered = false;

  bool pass() const {
    return ordered && residual <= 5 && orthogonality_X <= 5 && orthogonality_Y <= 5;
  }
};

inline std::ostream& operator<<(std::ostream& out, const Ratios& r) {
  return out << "residual " << r.residual << ", orthogonality " << r.orthogonality_X << ", "
             << r.orthogonality_Y << (r.ordered ? "" : ", NOT ORDERED");
}

// Judges the triplets [first, first + X.cols).
template <class Real>
Ratios judge(const NamedBidiagonal<Real>& B,
             const std::vector<Real>& sigma,
             MatrixView<const Real> X,
             MatrixView<const Real> Y,
             index_t first = 0) {
  using Wide = oracles::wide_real_t<Real>;
  const auto wide = [](const std::vector<Real>& x, index_t i) {
    return i >= 0 && i < static_cast<index_t>(x.size())
               ? static_cast<Wide>(x[static_cast<std::size_t>(i)])
               : Wide{0};
  };
  const auto at = [](MatrixView<const Real> Q, index_t i, index_t j) {
    return i >= 0 && i < Q.rows ? static_cast<Wide>(Q(i, j)) : Wide{0};
  };
  const index_t n = B.size();
  Wide norm = 0;
  for (index_t i = 0; i < n; ++i) {
    norm = std::max(norm, std::abs(wide(B.d, i)) + std::abs(wide(B.e, i - 1)));
  }
  const Wide eps = std::numeric_limits<Real>::epsilon();
  const Wide length = static_cast<Wide>(std::max<index_t>(n, 1));
  const Wide unit =
      length * (norm * eps + static_cast<Wide>(std::numeric_limits<Real>::denorm_min()));
  Wide residual = 0;
  for (index_t j = 0; j < X.cols; ++j) {
    Wide right = 0;
    Wide left = 0;
    const Wide s = wide(sigma, first + j);
    for (index_t i = 0; i < n; ++i) {
      const Wide r =
          (wide(B.d, i) * at(Y, i, j) + wide(B.e, i) * at(Y, i + 1, j) - s * at(X, i, j)) / unit;
      const Wide l =
          (wide(B.d, i) * at(X, i, j) + wide(B.e, i - 1) * at(X, i - 1, j) - s * at(Y, i, j)) /
          unit;
      right += r * r;
      left += l * l;
    }
    residual = oracles::worst(residual, std::sqrt(oracles::worst(right, left)));
  }
  Ratios ratios;
  ratios.residual = static_cast<double>(residual);
  ratios.orthogonality_X =
      static_cast<double>(oracles::orthogonality_defect<Real>(X) / (length * eps));
  ratios.orthogonality_Y =
      static_cast<double>(oracles::orthogonality_defect<Real>(Y) / (length * eps));
  ratios.ordered =
      static_cast<index_t>(sigma.size()) == n && oracles::ordered_and_not_negative<Real>(sigma);
  return ratios;
}

template <class Real>
Matrix<Real> identity_matrix(index_t n) {
  Matrix<Real> I(n, n);
  for (index_t i = 0; i < n; ++i) I(i, i) = 1;
  return I;
}

// Returns the largest relative error of the values that are normal numbers, as a multiple of n eps,
// against Jacobi rotations in 113 bits.
template <class Real>
double relative_error(const NamedBidiagonal<Real>& B, const std::vector<Real>& sigma) {
  const std::size_t n = B.d.size();
  oracles::QuadMatrix A(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    A(i, i) = static_cast<oracles::Quad>(B.d[i]);
    if (i + 1 < n) A(i, i + 1) = static_cast<oracles::Quad>(B.e[i]);
  }
  const auto exact = oracles::reference_singular_values(std::move(A));
  const auto floor = static_cast<oracles::Quad>(std::numeric_limits<Real>::min());
  long double largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const oracles::Quad size = exact[i] > floor ? exact[i] : floor;
    const auto error =
        static_cast<long double>((static_cast<oracles::Quad>(sigma[i]) - exact[i]) / size);
    largest = oracles::worst(largest, std::abs(error));
  }
  return static_cast<double>(largest /
                             (static_cast<long double>(n) *
                              static_cast<long double>(std::numeric_limits<Real>::epsilon())));
}

}  // namespace eckart::factor
