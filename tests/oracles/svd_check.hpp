// tests/oracles/svd_check.hpp - the judge of every singular value decomposition.
// Slow and plain: definitions evaluated by loops in higher precision, nothing of the library
// inside but its types. Every comparison fails on NaN.
#pragma once

#include <cstddef>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "eckart/any_matrix.hpp"
#include "eckart/matrix.hpp"
#include "eckart/sparse_matrix.hpp"
#include "eckart/svd_result.hpp"
#include "tests/oracles/wide.hpp"

namespace eckart::oracles {

// Calls visit(i, j, a_ij) for every stored entry.
template <Scalar T, class Visit>
void for_each_entry(MatrixView<const T> A, const Visit& visit) {
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) visit(i, j, A(i, j));
  }
}
template <Scalar T, class Visit>
void for_each_entry(const SparseMatrix<T>& A, const Visit& visit) {
  for (index_t i = 0; i < A.rows; ++i) {
    const auto first = static_cast<std::size_t>(A.offsets[static_cast<std::size_t>(i)]);
    const auto last = static_cast<std::size_t>(A.offsets[static_cast<std::size_t>(i) + 1]);
    for (std::size_t p = first; p < last; ++p) visit(i, A.columns[p], A.values[p]);
  }
}

// Returns the largest column sum of moduli.
template <Scalar T>
wide_real_t<T> one_norm(MatrixView<const T> A) {
  wide_real_t<T> norm = 0;
  for (index_t j = 0; j < A.cols; ++j) {
    wide_real_t<T> sum = 0;
    for (index_t i = 0; i < A.rows; ++i) sum += std::abs(widen(A(i, j)));
    norm = worst(norm, sum);
  }
  return norm;
}

// Returns ||I - Q^H Q||_1.
template <Scalar T>
wide_real_t<T> orthogonality_defect(MatrixView<const T> Q) {
  wide_real_t<T> norm = 0;
  for (index_t j = 0; j < Q.cols; ++j) {
    wide_real_t<T> sum = 0;
    for (index_t i = 0; i < Q.cols; ++i) {
      wide_t<T> inner = 0;
      for (index_t r = 0; r < Q.rows; ++r) inner += times(conj_of(widen(Q(r, i))), widen(Q(r, j)));
      sum += std::abs(inner - static_cast<wide_real_t<T>>(i == j ? 1 : 0));
    }
    norm = worst(norm, sum);
  }
  return norm;
}

// Returns ||A - U_k S V_k^H||_1 with the k = sigma.size() leading columns of U and V.
template <Scalar T>
wide_real_t<T> reconstruction_defect(MatrixView<const T> A, MatrixView<const T> U,
                                     std::span<const real_t<T>> sigma, MatrixView<const T> V) {
  wide_real_t<T> norm = 0;
  std::vector<wide_t<T>> column(static_cast<std::size_t>(A.rows));
  for (index_t j = 0; j < A.cols; ++j) {
    for (index_t i = 0; i < A.rows; ++i) column[static_cast<std::size_t>(i)] = widen(A(i, j));
    for (std::size_t l = 0; l < sigma.size(); ++l) {
      const auto c = static_cast<index_t>(l);
      const wide_t<T> weight =
          static_cast<wide_real_t<T>>(sigma[l]) * conj_of(widen(V(j, c)));
      for (index_t i = 0; i < A.rows; ++i) {
        column[static_cast<std::size_t>(i)] -= times(widen(U(i, c)), weight);
      }
    }
    wide_real_t<T> sum = 0;
    for (const wide_t<T>& x : column) sum += std::abs(x);
    norm = worst(norm, sum);
  }
  return norm;
}

// Whether the values are finite, never rise, and are positive or +0.0.
template <class R>
bool ordered_and_not_negative(std::span<const R> sigma) {
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    if (!(std::isfinite(sigma[i]) && sigma[i] >= 0) || std::signbit(sigma[i])) return false;
    if (i > 0 && !(sigma[i] <= sigma[i - 1])) return false;
  }
  return true;
}

template <Scalar T>
bool all_finite(MatrixView<const T> A) {
  bool yes = true;
  for_each_entry<T>(A, [&](index_t, index_t, T a) { yes = yes && finite(a); });
  return yes;
}

// The documented rule: in each of the count leading columns of V the entry of largest modulus
// is real and positive. Entries that tie up to the root of epsilon may stand for each other:
// vectors of symmetric problems have entries that are equal but for rounding.
template <Scalar T>
bool follows_sign_rule(MatrixView<const T> V, index_t count) {
  for (index_t j = 0; j < count; ++j) {
    wide_real_t<T> largest = 0;
    for (index_t i = 0; i < V.rows; ++i) largest = worst(largest, std::abs(widen(V(i, j))));
    const wide_real_t<T> tie =
        largest * (1 - 2 * std::sqrt(static_cast<wide_real_t<T>>(epsilon<T>())));
    bool found = false;
    for (index_t i = 0; i < V.rows && !found; ++i) {
      found = std::abs(widen(V(i, j))) >= tie && std::real(V(i, j)) > 0 && std::imag(V(i, j)) == 0;
    }
    if (!found) return false;
  }
  return true;
}

// The four numbers, as multiples of what rounding may do (LAPACK's scaling), and the flags.
struct SvdCheck {
  double residual = 0;         // ||A - U S V^H||_1 / (max(m, n) (||A||_1 eps + smallest number))
  double orthogonality_U = 0;  // ||I - U^H U||_1 / (m eps)
  double orthogonality_V = 0;  // ||I - V^H V||_1 / (n eps)
  bool ordered = false;        // finite, falling, >= +0.0
  bool finite = false;
  bool sign_rule = false;
  bool shapes = false;

  bool passes(double limit = 5) const {
    return shapes && finite && ordered && sign_rule && residual <= limit &&
           orthogonality_U <= limit && orthogonality_V <= limit;
  }
};

inline std::ostream& operator<<(std::ostream& out, const SvdCheck& check) {
  return out << "residual " << check.residual << ", orthogonality U " << check.orthogonality_U
             << ", V " << check.orthogonality_V << (check.ordered ? "" : ", NOT ORDERED")
             << (check.finite ? "" : ", NOT FINITE") << (check.sign_rule ? "" : ", SIGN RULE BROKEN")
             << (check.shapes ? "" : ", WRONG SHAPES");
}

// Judges all min(m, n) triplets of A. U and V have min(m, n) columns, or are square.
template <Scalar T>
SvdCheck check_svd(MatrixView<const T> A, MatrixView<const T> U, std::span<const real_t<T>> sigma,
                   MatrixView<const T> V) {
  SvdCheck check;
  const index_t k = std::min(A.rows, A.cols);
  check.shapes = static_cast<index_t>(sigma.size()) == k && U.rows == A.rows && V.rows == A.cols &&
                 (U.cols == k || U.cols == A.rows) && (V.cols == k || V.cols == A.cols);
  if (!check.shapes) return check;
  using Wide = wide_real_t<T>;
  const Wide eps = static_cast<Wide>(epsilon<T>());
  const Wide smallest = static_cast<Wide>(std::numeric_limits<real_t<T>>::denorm_min());
  const auto length = [](index_t n) { return static_cast<Wide>(std::max<index_t>(n, 1)); };
  check.finite = all_finite(U) && all_finite(V);
  check.ordered = ordered_and_not_negative(sigma);
  check.sign_rule = follows_sign_rule(V, k);
  const Wide scale = length(std::max(A.rows, A.cols)) * (one_norm(A) * eps + smallest);
  check.residual = static_cast<double>(reconstruction_defect<T>(A, U, sigma, V) / scale);
  check.orthogonality_U = static_cast<double>(orthogonality_defect(U) / (length(U.rows) * eps));
  check.orthogonality_V = static_cast<double>(orthogonality_defect(V) / (length(V.rows) * eps));
  return check;
}

template <Scalar T>
SvdCheck check_svd(MatrixView<const T> A, const SvdResult<T>& result) {
  return check_svd<T>(A, result.U.view(), result.sigma, result.V.view());
}

// What k triplets of a larger problem are worth.
struct TripletCheck {
  std::vector<double> residuals;  // max(||A v - s u||, ||A^H u - s v||) / sigma_1, each triplet
  double worst_residual = 0;
  double orthogonality = 0;       // max of ||I - U^H U||_1, ||I - V^H V||_1
  bool ordered = false;
  bool finite = false;
  bool sign_rule = false;

  bool passes(double accuracy) const {
    return finite && ordered && sign_rule && worst_residual <= accuracy &&
           orthogonality <= accuracy;
  }
};

inline std::ostream& operator<<(std::ostream& out, const TripletCheck& check) {
  return out << check.residuals.size() << " triplets, worst residual " << check.worst_residual
             << ", orthogonality " << check.orthogonality
             << (check.ordered ? "" : ", NOT ORDERED") << (check.finite ? "" : ", NOT FINITE")
             << (check.sign_rule ? "" : ", SIGN RULE BROKEN");
}

// Judges k triplets of A, a MatrixView<const T> or a SparseMatrix<T> of m x n. A residual is
// relative to the leading sigma; for a zero leading sigma it is absolute.
template <Scalar T, class Entries>
TripletCheck check_triplets(const Entries& A, index_t m, index_t n, const SvdResult<T>& result) {
  using Wide = wide_real_t<T>;
  TripletCheck check;
  const auto k = static_cast<index_t>(result.sigma.size());
  if (result.U.rows() != m || result.V.rows() != n || result.U.cols() != k ||
      result.V.cols() != k) {
    check.worst_residual = std::numeric_limits<double>::quiet_NaN();
    return check;
  }
  check.finite = all_finite(result.U.view()) && all_finite(result.V.view());
  check.ordered = ordered_and_not_negative<real_t<T>>(result.sigma);
  check.sign_rule = follows_sign_rule(result.V.view(), k);
  check.orthogonality = static_cast<double>(worst(orthogonality_defect(result.U.view()),
                                                  orthogonality_defect(result.V.view())));
  const Wide scale = k > 0 && result.sigma[0] > 0 ? static_cast<Wide>(result.sigma[0]) : Wide(1);
  std::vector<wide_t<T>> left(static_cast<std::size_t>(m));
  std::vector<wide_t<T>> right(static_cast<std::size_t>(n));
  for (index_t c = 0; c < k; ++c) {
    const auto sigma = static_cast<Wide>(result.sigma[static_cast<std::size_t>(c)]);
    for (index_t i = 0; i < m; ++i) left[static_cast<std::size_t>(i)] = -sigma * widen(result.U(i, c));
    for (index_t j = 0; j < n; ++j) right[static_cast<std::size_t>(j)] = -sigma * widen(result.V(j, c));
    for_each_entry(A, [&](index_t i, index_t j, T a) {
      left[static_cast<std::size_t>(i)] += times(widen(a), widen(result.V(j, c)));
      right[static_cast<std::size_t>(j)] += times(conj_of(widen(a)), widen(result.U(i, c)));
    });
    Wide left_sum = 0;
    Wide right_sum = 0;
    for (const auto& x : left) left_sum += squared_modulus(x / scale);
    for (const auto& x : right) right_sum += squared_modulus(x / scale);
    const Wide residual = std::sqrt(worst(left_sum, right_sum));
    check.residuals.push_back(static_cast<double>(residual));
    check.worst_residual = worst(check.worst_residual, static_cast<double>(residual));
  }
  return check;
}

template <Scalar T>
TripletCheck check_triplets(MatrixView<const T> A, const SvdResult<T>& result) {
  return check_triplets<T>(A, A.rows, A.cols, result);
}
template <Scalar T>
TripletCheck check_triplets(const SparseMatrix<T>& A, const SvdResult<T>& result) {
  return check_triplets<T>(A, A.rows, A.cols, result);
}

// Returns max_i |sigma_i - exact_i| / (length (exact_1 eps + smallest number)) over the values
// given, which are to be compared with the leading ones of exact. NaN if there are more.
template <Scalar T>
double value_error_ratio(std::span<const real_t<T>> sigma, std::span<const long double> exact,
                         index_t length) {
  if (sigma.size() > exact.size()) return std::numeric_limits<double>::quiet_NaN();
  if (sigma.empty()) return 0;
  const long double unit =
      exact[0] * static_cast<long double>(epsilon<T>()) +
      static_cast<long double>(std::numeric_limits<real_t<T>>::denorm_min());
  long double ratio = 0;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    ratio = worst(ratio, std::abs(static_cast<long double>(sigma[i]) - exact[i]) /
                             (static_cast<long double>(std::max<index_t>(length, 1)) * unit));
  }
  return static_cast<double>(ratio);
}

}  // namespace eckart::oracles
