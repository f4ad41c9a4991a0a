#include "apps/exact_formula.hpp"

#include <algorithm>

namespace eckart::exact {
namespace {

// Entries longer than this make a matrix unreadable.
constexpr std::size_t longest_entry = 15, longest_whole = 24;

std::size_t length_of(const Formula& f) { return text_width(plain(f)); }

Formula negative_if(bool negative, Formula f) {
  if (!negative) return f;
  if (f.kind == Formula::Kind::number) return number("−" + f.text);
  return row({sign("−"), std::move(f)});
}

Rational absolute(const Rational& q) { return q < 0 ? Rational(-q) : q; }

// whole · √r, at least one of them shown.
Formula multiple_of_root(const Integer& whole, const Integer& r) {
  if (r == 1) return formula_of(whole);
  Formula under = root(formula_of(r));
  return whole == 1 ? under : row({formula_of(whole), std::move(under)});
}

// w / √n2 as a person writes it: 2/√5, −1/(3√2).
Formula over_root(const Integer& w, const Integer& n2) {
  const SquareFactor parts = extract_square(n2);
  const Rational q(w, parts.square);
  const Integer above = mp::numerator(q), below = mp::denominator(q);
  if (parts.rest == 1 || w == 0) return formula_of(q);
  return negative_if(
      w < 0, fraction(formula_of(Integer(mp::abs(above))), multiple_of_root(below, parts.rest)));
}

Formula over(Formula above, const Integer& below) {
  return below == 1 ? above : fraction(std::move(above), formula_of(below));
}

void append_term(std::vector<Formula>& terms, bool negative, Formula term) {
  if (terms.empty()) {
    terms.push_back(negative_if(negative, std::move(term)));
    return;
  }
  terms.push_back(sign(negative ? "−" : "+"));
  terms.push_back(std::move(term));
}

Formula entry_formula(const Rational& q, bool exact) {
  return exact ? formula_of(q) : formula_of(to_decimal(q), digits_in_matrices);
}

}  // namespace

std::size_t text_width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string plain(const Formula& f) {
  std::string text = sentence_text(row({f}), std::string::npos);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Formula formula_of(const Integer& n) {
  return negative_if(n < 0, number(Integer(mp::abs(n)).str()));
}

Formula formula_of(const Rational& q) {
  const Integer n = mp::numerator(absolute(q));
  return negative_if(q < 0, over(formula_of(n), mp::denominator(q)));
}

Formula formula_of(const Surd& x) {
  if (x.rational()) return formula_of(x.a);
  const Integer below = mp::lcm(mp::denominator(x.a), mp::denominator(x.b));
  const Rational whole = x.a * Rational(below), factor = x.b * Rational(below);
  const Formula surd = multiple_of_root(mp::numerator(absolute(factor)), x.r);
  if (whole == 0) return negative_if(factor < 0, over(surd, below));
  std::vector<Formula> terms{formula_of(mp::numerator(whole))};
  append_term(terms, factor < 0, surd);
  return over(row(std::move(terms)), below);
}

Formula formula_of(const Root& x) {
  const Formula above = multiple_of_root(mp::numerator(absolute(x.factor)), x.r);
  return negative_if(x.factor < 0, over(above, mp::denominator(x.factor)));
}

Formula formula_of(const Decimal& x, int digits) {
  if (x == 0) return number("0");
  // "d.ddddde+XX"
  const std::string text = Decimal(mp::abs(x)).str(digits - 1, std::ios_base::scientific);
  const std::size_t mark = text.find('e');
  const int exponent = std::stoi(text.substr(mark + 1));
  std::string mantissa = text.substr(0, 1);
  if (mark > 2) mantissa += text.substr(2, mark - 2);
  mantissa.erase(mantissa.find_last_not_of('0') + 1);
  const auto length = static_cast<int>(mantissa.size());
  const auto at = [](int i) { return static_cast<std::size_t>(i); };
  if (exponent >= -5 && exponent < 0) {
    return negative_if(x < 0, number("0." + std::string(at(-exponent - 1), '0') + mantissa));
  }
  if (exponent >= 0 && exponent < 12) {
    if (length <= exponent + 1) {
      return negative_if(x < 0, number(mantissa + std::string(at(exponent + 1 - length), '0')));
    }
    mantissa.insert(at(exponent + 1), ".");
    return negative_if(x < 0, number(mantissa));
  }
  if (length > 1) mantissa.insert(1, ".");
  const Formula ten = power(number("10"), formula_of(Integer(exponent)));
  return row({number((x < 0 ? "−" : "") + mantissa), sign("·"), ten});
}

Formula root_formula(const Surd& x) {
  const auto terms = plain_root(x);
  if (!terms) return root(formula_of(x));
  if (terms->size() == 1) return formula_of(terms->front());
  // One denominator for both.
  const Root &p = (*terms)[0], &q = (*terms)[1];
  const Integer below = mp::lcm(mp::denominator(p.factor), mp::denominator(q.factor));
  std::vector<Formula> sum;
  for (const Root& term : *terms) {
    const Rational whole = absolute(term.factor) * Rational(below);
    append_term(sum, term.factor < 0, multiple_of_root(mp::numerator(whole), term.r));
  }
  return over(row(std::move(sum)), below);
}

Formula formula_of(const Polynomial& p, bool exact) {
  std::vector<Formula> terms;
  for (std::size_t i = p.size(); i-- > 0;) {
    if (p[i] == 0) continue;
    const Formula factor = exact ? formula_of(absolute(p[i]))
                                 : formula_of(to_decimal(absolute(p[i])), digits_of_values);
    Formula term = i == 1 ? symbol("λ") : power(symbol("λ"), number(std::to_string(i)));
    if (i == 0) {
      term = factor;
    } else if (p[i] != 1 && p[i] != -1) {
      term = row({factor, term});
    }
    append_term(terms, p[i] < 0, std::move(term));
  }
  return row(std::move(terms));
}

Formula formula_of(const std::vector<Power>& factors, bool exact) {
  std::vector<Formula> product;
  for (const Power& factor : factors) {
    const bool is_lambda = factor.base.size() == 2 && factor.base[0] == 0;
    Formula base =
        is_lambda ? symbol("λ") : row({sign("("), formula_of(factor.base, exact), sign(")")});
    const auto exponent = number(std::to_string(factor.exponent));
    if (factor.exponent == 1) {
      product.push_back(std::move(base));
    } else if (is_lambda) {
      product.push_back(power(std::move(base), exponent));
    } else {
      base.parts.back() = power(sign(")"), exponent);
      product.push_back(std::move(base));
    }
  }
  return row(std::move(product));
}

Formula matrix_formula(const Table<Rational>& A, bool exact) {
  std::vector<Formula> entries;
  for (const Rational& q : A.entries) entries.push_back(entry_formula(q, exact));
  return matrix(std::move(entries), A.cols);
}

Formula column_formula(std::vector<Formula> entries) {
  const std::size_t count = entries.size();
  return transposed(matrix(std::move(entries), count));
}

bool shows_exactly(const Direction& d) {
  if (!d.exact || !d.norm2.rational()) return false;
  return std::all_of(d.exact->begin(), d.exact->end(), [&](const Surd& x) {
    return x.rational() &&
           length_of(over_root(mp::numerator(x.a), mp::numerator(d.norm2.a))) <= longest_entry;
  });
}

bool shows_whole(const Direction& d) {
  return d.exact && std::all_of(d.exact->begin(), d.exact->end(), [](const Surd& x) {
           return length_of(formula_of(x)) <= longest_whole;
         });
}

Formula unit_entry(const Direction& d, std::size_t i) {
  if (!shows_exactly(d)) return formula_of(d.unit[i], digits_in_matrices);
  return over_root(mp::numerator((*d.exact)[i].a), mp::numerator(d.norm2.a));
}

Formula unit_column(const Direction& d) {
  std::vector<Formula> entries;
  for (std::size_t i = 0; i < d.unit.size(); ++i) entries.push_back(unit_entry(d, i));
  return column_formula(std::move(entries));
}

Formula whole_column(const Direction& d) {
  std::vector<Formula> entries;
  for (const Surd& x : *d.exact) entries.push_back(formula_of(x));
  return column_formula(std::move(entries));
}

Formula columns_formula(const std::vector<Direction>& columns, bool transposed) {
  const std::size_t rows = columns.empty() ? 0 : columns.front().unit.size();
  std::vector<Formula> entries;
  const std::size_t outer = transposed ? columns.size() : rows;
  const std::size_t inner = transposed ? rows : columns.size();
  for (std::size_t i = 0; i < outer; ++i) {
    for (std::size_t j = 0; j < inner; ++j) {
      entries.push_back(transposed ? unit_entry(columns[i], j) : unit_entry(columns[j], i));
    }
  }
  return matrix(std::move(entries), inner);
}

}  // namespace eckart::exact
