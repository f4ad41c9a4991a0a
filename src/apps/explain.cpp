// The derivation by hand: AᵀA, its eigenvalues, V, U = A v / σ, and the check.
#include "eckart/apps/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "apps/derivation_steps.hpp"
#include "eckart/error.hpp"

namespace eckart {
namespace exact {
namespace {

const Formula A = symbol("A"), U = symbol("U"), V = symbol("V"), S = symbol("Σ"), I = symbol("I"),
              At = transposed(A), equals = sign("="), about = sign("≈");

Formula norm_of(Formula x) { return row({sign("‖"), std::move(x), sign("‖")}); }
Formula squared_norm(Formula x) { return power(norm_of(std::move(x)), number("2")); }

std::string counted(std::size_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// Whether the formula of a number says all, without a decimal beside it.
bool plainly_rational(const Formula& f) { return plain(f).find("√") == std::string::npos; }

std::size_t values_of(const HandSvd& svd) { return std::min(svd.A.rows, svd.A.cols); }

void write_task(const HandSvd& svd, Derivation& d) {
  Writer w(d, "What is wanted");
  const std::size_t m = svd.A.rows, n = svd.A.cols;
  w.show({A, equals, matrix_formula(svd.A, svd.exact_input)});
  const auto size = [](std::size_t rows, std::size_t cols) {
    return row({number(std::to_string(rows)), sign("×"), number(std::to_string(cols))});
  };
  w.say(
      "A is {}. We look for a square matrix U ({}) and a square matrix V ({}), the columns of each "
      "perpendicular to one another and of length 1, and for numbers {} on the diagonal of a "
      "matrix "
      "Σ ({}) that is zero elsewhere, such that",
      {size(m, n), size(m, m), size(n, n),
       row({at("σ", 0), sign("≥"), at("σ", 1), sign("≥"), symbol("…"), sign("≥"), number("0")}),
       size(m, n)});
  w.show({A, equals, U, S, transposed(V)});
  const bool fractions =
      svd.exact_input && std::any_of(svd.A.entries.begin(), svd.A.entries.end(),
                                     [](const Rational& q) { return mp::denominator(q) != 1; });
  if (fractions) {
    w.remark("The entries that are not whole were read as fractions: 0.1 as 1/10, 0.333… as 1/3.");
  }
  if (!svd.exact_input) {
    w.remark(
        "These entries are not simple fractions, so what follows shows decimals: ten digits, and "
        "six in matrices. The calculation behind them carries a thousand, so every digit shown is "
        "right.");
  }
}

void write_products(const HandSvd& svd, Derivation& d) {
  Writer w(d, "Multiply: AᵀA and AAᵀ");
  w.say("Suppose that A = UΣVᵀ. Then U cancels from AᵀA, because UᵀU = I:");
  w.show({At, A, equals, V, transposed(S), transposed(U), U, S, transposed(V), equals, V, sign("("),
          transposed(S), S, sign(")"), transposed(V)});
  w.say(
      "So the columns of V are eigenvectors of AᵀA, and its eigenvalues are the squares of the "
      "singular values. Likewise the columns of U are eigenvectors of AAᵀ. Here they are:");
  constexpr std::size_t largest_product = 3;
  if (std::max(svd.A.rows, svd.A.cols) <= largest_product) {
    const Formula left = matrix_formula(transpose(svd.A), svd.exact_input),
                  right = matrix_formula(svd.A, svd.exact_input);
    w.show({At, A, equals, left, right, equals, matrix_formula(svd.AtA, svd.exact_input)});
    w.show({A, At, equals, right, left, equals, matrix_formula(svd.AAt, svd.exact_input)});
  } else {
    w.show({At, A, equals, matrix_formula(svd.AtA, svd.exact_input)});
    w.show({A, At, equals, matrix_formula(svd.AAt, svd.exact_input)});
  }
  w.say(
      "Both are symmetric, and no eigenvalue is negative: {} for every eigenvector v of length 1.",
      {row({symbol("λ"), equals, transposed(symbol("v")), At, A, symbol("v"), equals,
            squared_norm(row({A, symbol("v")}))})});
}

void write_polynomial(const HandSvd& svd, Derivation& d) {
  Writer w(d, "The characteristic polynomial");
  const std::size_t n = svd.A.cols;
  w.say("A number λ is an eigenvalue of AᵀA exactly if {}. {}",
        {row({symbol("det"), sign("("), symbol("λ"), I, sign("−"), At, A, sign(")"), equals,
              number("0")}),
         words(n == 1   ? "Of a 1 × 1 matrix that is λ minus its entry:"
               : n == 2 ? "Of a 2 × 2 matrix that is λ² − (trace) λ + (determinant):"
                        : "The trace stands, with a minus, behind the highest power, and the "
                          "determinant, up to sign, at the end:")});
  const Formula whole = formula_of(svd.polynomial, svd.exact_input);
  const auto determinant = [&](const Formula& first, const Formula& second) {
    return std::vector<Formula>{symbol("det"), sign("("), symbol("λ"), I,     sign("−"),
                                first,         second,    sign(")"),   equals};
  };
  std::vector<Formula> shown = determinant(At, A);
  shown.insert(shown.end(), whole.parts.begin(), whole.parts.end());
  if (svd.exact_input) {
    const Formula product = formula_of(svd.factors, true);
    if (plain(product) != plain(whole) && plain(product) != "(" + plain(whole) + ")") {
      shown.push_back(equals);
      shown.push_back(product);
    }
  }
  w.show(shown);
  if (svd.A.rows != svd.A.cols) {
    std::vector<Formula> other = determinant(A, At);
    const Formula polynomial = formula_of(characteristic_polynomial(svd.AAt), svd.exact_input);
    other.insert(other.end(), polynomial.parts.begin(), polynomial.parts.end());
    w.say("That of AAᵀ differs by a power of λ only, so that both have the same nonzero roots:");
    w.show(other);
  } else {
    w.say("AAᵀ has the same polynomial.");
  }
}

// λ₁ = λ₂ = …
std::vector<Formula> chain(const char* letter, std::size_t first, std::size_t count) {
  std::vector<Formula> parts;
  for (std::size_t i = 0; i < count; ++i) {
    parts.push_back(at(letter, first + i));
    parts.push_back(equals);
  }
  return parts;
}

void write_values(const HandSvd& svd, Derivation& d) {
  Writer w(d, "Eigenvalues and singular values");
  w.say("The roots are the eigenvalues; the singular values are their square roots.");
  std::size_t first = 0;
  bool decimals = false;
  for (const Eigenvalue& e : svd.eigenvalues) {
    std::vector<Formula> shown = chain("λ", first, e.multiplicity);
    const Formula digits = formula_of(e.value, digits_of_values);
    if (e.exact) {
      const Formula exact = formula_of(*e.exact);
      shown.push_back(exact);
      if (!e.exact->rational()) shown.insert(shown.end(), {about, digits});
    } else {
      shown.back() = about;
      shown.push_back(digits);
      decimals = true;
    }
    const std::size_t last = std::min(first + e.multiplicity, values_of(svd));
    if (last > first) {
      shown.push_back(sign("⟶"));
      const std::vector<Formula> roots = chain("σ", first, last - first);
      shown.insert(shown.end(), roots.begin(), roots.end());
      const Formula sigma = sigma_formula(e);
      if (!e.exact) shown.back() = about;
      shown.push_back(sigma);
      if (e.exact && !plainly_rational(sigma)) {
        shown.insert(shown.end(), {about, formula_of(mp::sqrt(e.value), digits_of_values)});
      }
    }
    w.show(shown);
    first += e.multiplicity;
  }
  if (decimals && svd.exact_input) {
    w.remark(
        "One factor of the polynomial has degree three or more and no root that is a fraction. "
        "Formulas for such roots are long where they exist at all, so that these are decimals, "
        "right to the last digit shown.");
  }
  if (svd.A.cols > svd.A.rows) {
    w.say(
        "AᵀA has {} eigenvalues, but a matrix with {} has no more singular values than that: with "
        "more columns than rows, the last eigenvalues are always zero.",
        {number(std::to_string(svd.A.cols)), words(counted(svd.A.rows, "row"))});
  }
  if (svd.rank == 0) {
    w.say("Every singular value is zero: the rank of A is 0.");
  } else {
    w.say("{} not zero: the rank of A is {}.",
          {words(svd.rank == 1 ? "One singular value is"
                               : fmt::format("There are {} singular values that are", svd.rank)),
           number(std::to_string(svd.rank))});
  }
}

// v = w / ‖w‖ with what is known of w.
void show_unit(Writer& w, const char* letter, std::size_t j, const Direction& v) {
  std::vector<Formula> shown;
  if (v.exact && shows_whole(v) && !(v.norm2 == Surd(Rational(1)))) {
    const Formula length = root_formula(v.norm2);
    shown = {symbol("w"),          equals, whole_column(v), sign(","),
             norm_of(symbol("w")), equals, length,          sign("⟶")};
  }
  shown.push_back(at(letter, j));
  shown.push_back(shows_exactly(v) ? equals : about);
  shown.push_back(unit_column(v));
  w.show(shown);
}

// AᵀA - λI for one eigenvalue; nothing if it would not fit.
std::vector<Formula> shifted_matrix(const HandSvd& svd, const Eigenvalue& e) {
  constexpr std::size_t longest = 16;
  std::vector<Formula> entries;
  for (std::size_t i = 0; i < svd.AtA.rows; ++i) {
    for (std::size_t j = 0; j < svd.AtA.cols; ++j) {
      if (e.exact) {
        const Surd entry = Surd(svd.AtA(i, j)) - (i == j ? *e.exact : Surd());
        entries.push_back(formula_of(entry));
        if (text_width(plain(entries.back())) > longest) return {};
      } else {
        const Decimal entry = to_decimal(svd.AtA(i, j)) - (i == j ? e.value : Decimal(0));
        entries.push_back(formula_of(entry, digits_in_matrices));
      }
    }
  }
  return {matrix(std::move(entries), svd.AtA.cols)};
}

void write_right_vectors(const HandSvd& svd, Derivation& d) {
  Writer w(d, "V: the eigenvectors of AᵀA");
  w.say(
      "For each eigenvalue solve {} by elimination. Every multiple of a solution is one; divide it "
      "by its length, and choose its sign: Eckart makes the largest entry of each v positive.",
      {row({sign("("), At, A, sign("−"), symbol("λ"), I, sign(")"), symbol("w"), equals,
            number("0")})});
  std::size_t j = 0;
  for (const Eigenvalue& e : svd.eigenvalues) {
    const Formula lambda = e.exact ? formula_of(*e.exact) : formula_of(e.value, digits_of_values);
    w.say("{}{}",
          {row({symbol("λ"), e.exact ? equals : about, lambda}),
           words(e.multiplicity == 1
                     ? ":"
                     : fmt::format(" is a root {} times, so there are {} perpendicular solutions. "
                                   "Many choices of them are right; this one comes from "
                                   "elimination, made perpendicular (Gram and Schmidt):",
                                   e.multiplicity, e.multiplicity))});
    if (std::vector<Formula> shifted = shifted_matrix(svd, e); !shifted.empty()) {
      w.show({shifted.front(), symbol("w"), equals, number("0")});
    }
    for (std::size_t k = 0; k < e.multiplicity; ++k, ++j) show_unit(w, "v", j, svd.V[j]);
  }
}

void write_left_vectors(const HandSvd& svd, Derivation& d) {
  Writer w(d, "U: divide A v by σ");
  const std::size_t m = svd.A.rows;
  if (svd.rank > 0) {
    w.say(
        "From A = UΣVᵀ follows AV = UΣ, column by column {}. So {} for every σ that is not zero. "
        "It has length 1, because {}, and these u are perpendicular because the v are.",
        {row({A, symbol("v"), equals, symbol("σ"), symbol("u")}),
         row({symbol("u"), equals, A, symbol("v"), sign("/"), symbol("σ")}),
         row({squared_norm(row({A, symbol("v")})), equals, symbol("λ"), equals,
              power(symbol("σ"), number("2"))})});
  }
  for (std::size_t j = 0; j < svd.rank; ++j) {
    const Direction& u = svd.U[j];
    w.show({at("u", j), equals, fraction(row({A, at("v", j)}), at("σ", j)),
            shows_exactly(u) ? equals : about, unit_column(u)});
  }
  if (svd.rank == m) return;
  if (svd.rank == 0) {
    w.say(
        "No singular value is left to divide by: A is zero, and any perpendicular vectors of "
        "length "
        "1 will do for U.");
  } else {
    w.say(
        "U needs {}, and {} found. The rest must be perpendicular to those, and that is to say "
        "to every column of A: they solve {}. Which perpendicular solutions are taken does not "
        "matter, as they meet zeros of Σ.",
        {words(counted(m, "column")),
         words(svd.rank == 1 ? "one is" : fmt::format("{} are", svd.rank)),
         row({At, symbol("u"), equals, number("0")})});
  }
  for (std::size_t j = svd.rank; j < m; ++j) show_unit(w, "u", j, svd.U[j]);
}

Matrix<double> to_doubles(const std::vector<Direction>& columns, std::size_t rows) {
  Matrix<double> Q(static_cast<index_t>(rows), static_cast<index_t>(columns.size()));
  for (std::size_t j = 0; j < columns.size(); ++j) {
    for (std::size_t i = 0; i < rows; ++i) {
      Q(static_cast<index_t>(i), static_cast<index_t>(j)) = columns[j].unit[i].convert_to<double>();
    }
  }
  return Q;
}

void validate(MatrixView<const double> matrix) {
  const auto fits = [](index_t size) { return size >= 1 && size <= largest_explained; };
  require(fits(matrix.rows) && fits(matrix.cols),
          fmt::format("the matrix is {} x {}; a derivation by hand is for 1 to {} rows and columns "
                      "(eckart svd takes any size)",
                      matrix.rows, matrix.cols, largest_explained));
  for (index_t j = 0; j < matrix.cols; ++j) {
    for (index_t i = 0; i < matrix.rows; ++i) {
      if (!std::isfinite(matrix(i, j))) throw NonFiniteInput(i, j, matrix(i, j));
    }
  }
}

}  // namespace

Formula sigma_formula(const Eigenvalue& e) {
  constexpr std::size_t longest = 40;
  if (e.exact) {
    Formula exact = root_formula(*e.exact);
    if (text_width(plain(exact)) <= longest) return exact;
  }
  return formula_of(mp::sqrt(e.value), digits_of_values);
}

}  // namespace exact

Derivation explain(MatrixView<const double> matrix, Context& context) {
  using namespace exact;
  validate(matrix);
  const HandSvd svd = svd_by_hand(matrix);
  Derivation d;
  d.exact_input = svd.exact_input;
  d.exact = svd.exact_input && svd.reconstructed &&
            std::all_of(svd.eigenvalues.begin(), svd.eigenvalues.end(),
                        [](const Eigenvalue& e) { return e.exact.has_value(); });
  d.rank = static_cast<index_t>(svd.rank);
  for (std::size_t i = 0; i < values_of(svd); ++i) {
    d.sigma.push_back(mp::sqrt(svd.eigenvalue(i).value).convert_to<double>());
    d.roots.push_back(sigma_formula(svd.eigenvalue(i)));
  }
  d.U = to_doubles(svd.U, svd.A.rows);
  d.V = to_doubles(svd.V, svd.A.cols);
  write_task(svd, d);
  write_products(svd, d);
  write_polynomial(svd, d);
  write_values(svd, d);
  write_right_vectors(svd, d);
  write_left_vectors(svd, d);
  write_signs(svd, d);
  write_assembly(svd, d);
  write_check(svd, d);
  write_warning(d, context);
  write_comparison(svd, matrix, d, context);
  return d;
}

}  // namespace eckart
