// What U, Σ and V make together: signs, the product, and the sum of its terms.
#include <fmt/format.h>

#include <algorithm>

#include "apps/derivation_steps.hpp"

namespace eckart::exact {
namespace {

const Formula A = symbol("A"), equals = sign("="), about = sign("≈");

bool all_rational(const HandSvd& svd, std::size_t k) {
  return svd.exact_input && svd.eigenvalue(k).exact && svd.eigenvalue(k).exact->rational();
}

// base + factor · σ u vᵀ for triplet k, with base A or zero. Where λ is a fraction so are the
// entries, as σ u vᵀ = (A w) wᵀ / wᵀw.
Formula with_term(const HandSvd& svd, std::size_t k, bool base, int factor) {
  std::vector<Formula> entries;
  const Direction& v = svd.V[k];
  for (std::size_t i = 0; i < svd.A.rows; ++i) {
    for (std::size_t j = 0; j < svd.A.cols; ++j) {
      if (all_rational(svd, k)) {
        Rational product = 0;
        for (std::size_t l = 0; l < svd.A.cols; ++l) product += svd.A(i, l) * (*v.exact)[l].a;
        product *= factor * (*v.exact)[j].a / v.norm2.a;
        entries.push_back(formula_of(base ? Rational(svd.A(i, j) + product) : product));
      } else {
        const Decimal sigma = mp::sqrt(svd.eigenvalue(k).value);
        const Decimal product = factor * sigma * svd.U[k].unit[i] * v.unit[j];
        entries.push_back(formula_of(base ? Decimal(to_decimal(svd.A(i, j)) + product) : product,
                                     digits_in_matrices));
      }
    }
  }
  return matrix(std::move(entries), svd.A.cols);
}

Formula numbers(const std::vector<int>& entries, std::size_t cols) {
  std::vector<Formula> parts;
  for (const int entry : entries) parts.push_back(formula_of(Integer(entry)));
  return matrix(std::move(parts), cols);
}

Formula sigma_matrix(const HandSvd& svd) {
  std::vector<Formula> entries;
  for (std::size_t i = 0; i < svd.A.rows; ++i) {
    for (std::size_t j = 0; j < svd.A.cols; ++j) {
      Formula entry = number("0");
      if (i == j) {
        constexpr std::size_t longest = 18;
        entry = sigma_formula(svd.eigenvalue(i));
        if (text_width(plain(entry)) > longest || !svd.eigenvalue(i).exact) {
          entry = formula_of(mp::sqrt(svd.eigenvalue(i).value), digits_in_matrices);
        }
      }
      entries.push_back(std::move(entry));
    }
  }
  return matrix(std::move(entries), svd.A.cols);
}

bool all_shown_exactly(const HandSvd& svd) {
  const auto exact = [](const std::vector<Direction>& columns) {
    return std::all_of(columns.begin(), columns.end(), shows_exactly);
  };
  return exact(svd.U) && exact(svd.V);
}

}  // namespace

void write_signs(const HandSvd& svd, Derivation& d) {
  Writer w(d, "Why U does not come from AAᵀ");
  w.say(
      "The columns of U are eigenvectors of AAᵀ too. Taking them from there, apart from V, goes "
      "wrong: an eigenvector may be turned round, u or −u, and nothing in AAᵀ tells which one "
      "belongs to v. Take");
  w.show({symbol("D"), equals, numbers({3, 0, 0, -2}, 2), sign(","), transposed(symbol("D")),
          symbol("D"), equals, symbol("D"), transposed(symbol("D")), equals,
          numbers({9, 0, 0, 4}, 2)});
  w.say(
      "Both products have the eigenvectors (1, 0) and (0, 1). With these in U and in V the product "
      "has +2 where D has −2:");
  w.show({numbers({1, 0, 0, 1}, 2), numbers({3, 0, 0, 2}, 2), transposed(numbers({1, 0, 0, 1}, 2)),
          equals, numbers({3, 0, 0, 2}, 2), sign("≠"), symbol("D")});
  w.say("The rule {} gives {}, with the sign that is needed.",
        {row({symbol("u"), equals, symbol("D"), symbol("v"), sign("/"), symbol("σ")}),
         row({at("u", 1), equals, column_formula({number("0"), number("−1")})})});
  if (svd.rank == 0) return;
  w.say("For your matrix: with {} in the place of {}, U, Σ and V would multiply to",
        {row({sign("−"), at("u", 0)}), at("u", 0)});
  w.show({with_term(svd, 0, true, -2), sign("≠"), A});
}

void write_assembly(const HandSvd& svd, Derivation& d) {
  Writer w(d, "Put together");
  w.say("The u are the columns of U, the v the rows of Vᵀ, the σ the diagonal of Σ:");
  w.show({A, equals, symbol("U"), symbol("Σ"), transposed(symbol("V")),
          all_shown_exactly(svd) ? equals : about, columns_formula(svd.U, false), sigma_matrix(svd),
          columns_formula(svd.V, true)});
}

void write_check(const HandSvd& svd, Derivation& d) {
  Writer w(d, "Check: multiply it out");
  if (svd.rank == 0) {
    w.say("Σ is zero, and so is UΣVᵀ: it is A.");
    return;
  }
  if (svd.rank == 1) {
    w.say("Only one σ is not zero, so that the product UΣVᵀ is a single matrix of rank 1:");
  } else {
    w.say(
        "The product UΣVᵀ is a sum of {} matrices of rank 1, one for each σ that is not zero. The "
        "first k of them add up to the best approximation of A by a matrix of rank k (Eckart and "
        "Young):",
        {number(std::to_string(svd.rank))});
  }
  std::vector<Formula> sum, terms;
  bool rational = true;
  for (std::size_t k = 0; k < svd.rank; ++k) {
    rational = rational && all_rational(svd, k);
    if (k > 0) {
      sum.push_back(sign("+"));
      terms.push_back(sign("+"));
    }
    for (const Formula& part : {at("σ", k), at("u", k), transposed(at("v", k))}) {
      sum.push_back(part);
    }
    terms.push_back(with_term(svd, k, false, 1));
  }
  sum.push_back(rational ? equals : about);
  sum.insert(sum.end(), terms.begin(), terms.end());
  w.show(sum);
  if (d.exact) {
    w.say("In exact arithmetic, square roots included, the sum is A, entry for entry:");
  } else {
    w.say("Carried out with a thousand digits, the sum agrees with A to more than a hundred:");
  }
  w.show({symbol("U"), symbol("Σ"), transposed(symbol("V")), equals,
          matrix_formula(svd.A, svd.exact_input), equals, A});
}

}  // namespace eckart::exact
