// AᵀA, its eigenvalues and eigenvectors; then U from A v.
#include "apps/hand_svd.hpp"

#include <algorithm>
#include <map>

#include "eckart/error.hpp"

namespace eckart::exact {
namespace {

// The pivot that a person takes: the first that is not zero, by columns.
std::optional<std::pair<std::size_t, std::size_t>> find_pivot(const Table<Surd>& M,
                                                              std::size_t step,
                                                              const std::vector<bool>& used) {
  for (std::size_t j = 0; j < M.cols; ++j) {
    if (used[j]) continue;
    for (std::size_t i = step; i < M.rows; ++i) {
      if (!(M(i, j) == Surd())) return std::pair{i, j};
    }
  }
  return {};
}

// With rounding: the largest.
std::optional<std::pair<std::size_t, std::size_t>> find_pivot(const Table<Decimal>& M,
                                                              std::size_t step,
                                                              const std::vector<bool>& used) {
  std::optional<std::pair<std::size_t, std::size_t>> best;
  for (std::size_t j = 0; j < M.cols; ++j) {
    for (std::size_t i = step; i < M.rows; ++i) {
      if (used[j] || M(i, j) == 0) continue;
      if (!best || mp::abs(M(i, j)) > mp::abs(M(best->first, best->second))) best = {i, j};
    }
  }
  return best;
}

// Returns `dimension` vectors that span the w with M w = 0, by Gauss-Jordan elimination.
template <class F>
std::vector<std::vector<F>> null_space(Table<F> M, std::size_t dimension) {
  std::vector<bool> used(M.cols);
  std::vector<std::size_t> pivots;  // column of the pivot of each row
  while (pivots.size() + dimension < M.cols) {
    const std::size_t step = pivots.size();
    const auto pivot = find_pivot(M, step, used);
    if (!pivot) break;
    const auto [row, col] = *pivot;
    for (std::size_t j = 0; j < M.cols; ++j) std::swap(M(row, j), M(step, j));
    const F lead = M(step, col);
    for (std::size_t j = 0; j < M.cols; ++j) M(step, j) = M(step, j) / lead;
    for (std::size_t i = 0; i < M.rows; ++i) {
      const F factor = M(i, col);
      if (i == step || factor == F{}) continue;
      for (std::size_t j = 0; j < M.cols; ++j) M(i, j) = M(i, j) - factor * M(step, j);
    }
    used[col] = true;
    pivots.push_back(col);
  }
  std::vector<std::vector<F>> basis;
  for (std::size_t free = 0; free < M.cols; ++free) {
    if (used[free]) continue;
    std::vector<F> w(M.cols);
    w[free] = F(1);
    for (std::size_t i = 0; i < pivots.size(); ++i) w[pivots[i]] = F{} - M(i, free);
    basis.push_back(w);
  }
  return basis;
}

template <class F>
F dot(const std::vector<F>& x, const std::vector<F>& y) {
  F sum{};
  for (std::size_t i = 0; i < x.size(); ++i) sum = sum + x[i] * y[i];
  return sum;
}

// Makes the vectors orthogonal, leaving their lengths to be as they come (Gram and Schmidt).
template <class F>
void orthogonalise(std::vector<std::vector<F>>& basis) {
  for (std::size_t k = 1; k < basis.size(); ++k) {
    for (std::size_t l = 0; l < k; ++l) {
      const F share = dot(basis[k], basis[l]) / dot(basis[l], basis[l]);
      for (std::size_t i = 0; i < basis[k].size(); ++i) {
        basis[k][i] = basis[k][i] - share * basis[l][i];
      }
    }
  }
}

// Multiplies w by the fraction that leaves whole numbers without a common divisor.
void clear_fractions(std::vector<Surd>& w) {
  Integer multiple = 1, divisor = 0;
  for (const Surd& x : w) {
    multiple = mp::lcm(multiple, mp::lcm(mp::denominator(x.a), mp::denominator(x.b)));
  }
  for (Surd& x : w) {
    x = x * Surd(Rational(multiple));
    divisor = mp::gcd(divisor, mp::gcd(mp::numerator(x.a), mp::numerator(x.b)));
  }
  for (Surd& x : w) x = x * Surd(Rational(Integer(1), divisor));
}

// The library's rule of signs: the entry of largest modulus is positive, the first on ties.
bool must_turn(const std::vector<Decimal>& w) {
  Decimal largest = 0;
  for (const Decimal& x : w) largest = std::max(largest, Decimal(mp::abs(x)));
  const Decimal tie = largest * Decimal("0.9999999850988388");  // 1 - √eps
  return *std::find_if(w.begin(), w.end(), [&](const Decimal& x) { return mp::abs(x) >= tie; }) < 0;
}

template <class F>
std::vector<Decimal> decimals(const std::vector<F>& w) {
  std::vector<Decimal> result;
  for (const F& x : w) result.push_back(to_decimal(x));
  return result;
}

// Returns w / |w| with its exact form, if that is wanted.
Direction direction(std::vector<Surd> w, bool choose_sign) {
  clear_fractions(w);
  if (choose_sign && must_turn(decimals(w))) {
    for (Surd& x : w) x = Surd() - x;
  }
  Direction d;
  d.norm2 = dot(w, w);
  d.unit = decimals(w);
  const Decimal norm = mp::sqrt(to_decimal(d.norm2));
  for (Decimal& x : d.unit) x /= norm;
  d.exact = std::move(w);
  return d;
}

Direction direction(std::vector<Decimal> w, bool choose_sign) {
  if (choose_sign && must_turn(w)) {
    for (Decimal& x : w) x = -x;
  }
  const Decimal norm = mp::sqrt(dot(w, w));
  for (Decimal& x : w) x /= norm;
  return {{}, {}, std::move(w)};
}

template <class F>
Table<F> as(const Table<Rational>& A) {
  Table<F> B(A.rows, A.cols);
  for (std::size_t i = 0; i < A.entries.size(); ++i) {
    if constexpr (std::same_as<F, Decimal>) {
      B.entries[i] = to_decimal(A.entries[i]);
    } else {
      B.entries[i] = A.entries[i];
    }
  }
  return B;
}

// Appends orthogonal eigenvectors for one eigenvalue to V.
template <class F>
void add_eigenvectors(const HandSvd& svd,
                      const F& lambda,
                      std::size_t multiplicity,
                      std::vector<Direction>& V) {
  Table<F> M = as<F>(svd.AtA);
  for (std::size_t i = 0; i < M.rows; ++i) M(i, i) = M(i, i) - lambda;
  std::vector<std::vector<F>> basis = null_space(std::move(M), multiplicity);
  orthogonalise(basis);
  for (std::vector<F>& w : basis) V.push_back(direction(std::move(w), true));
}

template <class F>
std::vector<F> image(const Table<Rational>& A, const std::vector<F>& w) {
  Table<F> column(w.size(), 1);
  column.entries = w;
  return multiply(as<F>(A), column).entries;
}

// u = A v / σ, and orthogonal vectors of Aᵀu = 0 to complete the basis.
void find_left_vectors(HandSvd& svd) {
  for (std::size_t j = 0; j < svd.rank; ++j) {
    const Direction& v = svd.V[j];
    if (v.exact) {
      svd.U.push_back(direction(image(svd.A, *v.exact), false));
    } else {
      svd.U.push_back(direction(image(svd.A, v.unit), false));
    }
  }
  std::vector<std::vector<Surd>> rest =
      null_space(as<Surd>(transpose(svd.A)), svd.A.rows - svd.rank);
  orthogonalise(rest);
  for (std::vector<Surd>& w : rest) svd.U.push_back(direction(std::move(w), true));
}

// The largest modulus of the entries of QᵀQ - I.
Decimal loss_of_orthogonality(const std::vector<Direction>& Q) {
  Decimal worst = 0;
  for (std::size_t i = 0; i < Q.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const Decimal defect = dot(Q[i].unit, Q[j].unit) - (i == j ? 1 : 0);
      worst = std::max(worst, Decimal(mp::abs(defect)));
    }
  }
  return worst;
}

// Whether Σ (A w) wᵀ / wᵀw = A in exact arithmetic. Terms of one square root add up first.
bool adds_up_exactly(const HandSvd& svd) {
  std::map<Integer, Table<Surd>> sums;
  for (std::size_t k = 0; k < svd.rank; ++k) {
    const std::vector<Surd>& w = *svd.V[k].exact;
    const std::vector<Surd> z = image(svd.A, w);
    const Surd& lambda = *svd.eigenvalue(k).exact;
    Table<Surd>& sum =
        sums.try_emplace(lambda.rational() ? Integer(0) : lambda.r, svd.A.rows, svd.A.cols)
            .first->second;
    for (std::size_t i = 0; i < z.size(); ++i) {
      for (std::size_t j = 0; j < w.size(); ++j) {
        sum(i, j) = sum(i, j) + z[i] * w[j] / svd.V[k].norm2;
      }
    }
  }
  Table<Surd> total(svd.A.rows, svd.A.cols);
  for (const auto& [radicand, sum] : sums) {
    for (std::size_t i = 0; i < total.entries.size(); ++i) {
      if (!sum.entries[i].rational()) return false;
      total.entries[i] = total.entries[i] + sum.entries[i];
    }
  }
  return total.entries == as<Surd>(svd.A).entries;
}

// The largest modulus of the entries of A - UΣVᵀ, relative to σ₁.
Decimal reconstruction_error(const HandSvd& svd) {
  Decimal worst = 0;
  for (std::size_t i = 0; i < svd.A.rows; ++i) {
    for (std::size_t j = 0; j < svd.A.cols; ++j) {
      Decimal sum = -to_decimal(svd.A(i, j));
      for (std::size_t k = 0; k < svd.rank; ++k) {
        sum += mp::sqrt(svd.eigenvalue(k).value) * svd.U[k].unit[i] * svd.V[k].unit[j];
      }
      worst = std::max(worst, Decimal(mp::abs(sum)));
    }
  }
  return svd.rank == 0 ? worst : worst / mp::sqrt(svd.eigenvalue(0).value);
}

void check(HandSvd& svd) {
  const Decimal digits("1e-100");
  if (!(loss_of_orthogonality(svd.V) <= digits && loss_of_orthogonality(svd.U) <= digits &&
        reconstruction_error(svd) <= digits)) {
    throw InvalidArgument(
        "the entries differ by too many orders of magnitude to be explained; expected a ratio of "
        "about 1e100 at most (eckart svd has no such limit)");
  }
  const bool all_exact = std::all_of(svd.eigenvalues.begin(), svd.eigenvalues.end(),
                                     [](const Eigenvalue& e) { return e.exact.has_value(); });
  svd.reconstructed = !all_exact || adds_up_exactly(svd);
}

}  // namespace

HandSvd svd_by_hand(MatrixView<const double> A) {
  const auto m = static_cast<std::size_t>(A.rows), n = static_cast<std::size_t>(A.cols);
  HandSvd svd;
  svd.A = Table<Rational>(m, n);
  const auto fill = [&](auto&& read) {
    for (index_t i = 0; i < A.rows; ++i) {
      for (index_t j = 0; j < A.cols; ++j) {
        const std::optional<Rational> entry = read(A(i, j));
        if (!entry) return false;
        svd.A(static_cast<std::size_t>(i), static_cast<std::size_t>(j)) = *entry;
      }
    }
    return true;
  };
  svd.exact_input = fill(simple_fraction);
  if (!svd.exact_input) fill([](double x) { return std::optional(fraction_of(x)); });

  const Table<Rational> At = transpose(svd.A);
  svd.AtA = multiply(At, svd.A);
  svd.AAt = multiply(svd.A, At);
  svd.polynomial = characteristic_polynomial(svd.AtA);
  Integer denominator = 1;
  for (const Rational& entry : svd.A.entries) {
    denominator = mp::lcm(denominator, mp::denominator(entry));
  }
  Roots roots = factorise(svd.polynomial, svd.exact_input, denominator * denominator);
  svd.factors = std::move(roots.factors);
  svd.eigenvalues = std::move(roots.eigenvalues);
  for (std::size_t i = 0; i < svd.eigenvalues.size(); ++i) {
    const Eigenvalue& e = svd.eigenvalues[i];
    if (e.exact) {
      add_eigenvectors(svd, *e.exact, e.multiplicity, svd.V);
    } else {
      add_eigenvectors(svd, e.value, e.multiplicity, svd.V);
    }
    svd.eigenvalue_of.insert(svd.eigenvalue_of.end(), e.multiplicity, i);
    if (e.value != 0) svd.rank += e.multiplicity;
  }
  find_left_vectors(svd);
  check(svd);
  return svd;
}

}  // namespace eckart::exact
