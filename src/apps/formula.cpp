#include "eckart/apps/formula.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace eckart {
namespace {

using Kind = Formula::Kind;

struct Spelling {
  std::string_view glyph, latex;
};
constexpr std::array<Spelling, 21> latex_spellings{{{"−", "-"},
                                                    {"·", "\\cdot "},
                                                    {"×", "\\times "},
                                                    {"±", "\\pm "},
                                                    {"≈", "\\approx "},
                                                    {"≠", "\\ne "},
                                                    {"≤", "\\le "},
                                                    {"≥", "\\ge "},
                                                    {"→", "\\to "},
                                                    {"…", "\\dots "},
                                                    {"‖", "\\|"},
                                                    {"λ", "\\lambda "},
                                                    {"σ", "\\sigma "},
                                                    {"Σ", "\\Sigma "},
                                                    {"ε", "\\varepsilon "},
                                                    {"Ũ", "\\tilde U"},
                                                    {"⟶", "\\longrightarrow "},
                                                    {"%", "\\%"},
                                                    {"&", "\\&"},
                                                    {"_", "\\_"},
                                                    {"#", "\\#"}}};

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string latex_of(std::string text) {
  for (const Spelling& s : latex_spellings) text = replace_all(std::move(text), s.glyph, s.latex);
  return text;
}

std::string escaped(std::string text) {
  text = replace_all(std::move(text), "&", "&amp;");
  text = replace_all(std::move(text), "<", "&lt;");
  return replace_all(std::move(text), ">", "&gt;");
}

std::string mathml(const Formula& f);

std::string element(const char* name, const std::string& content) {
  return "<" + std::string(name) + ">" + content + "</" + name + ">";
}

std::string mathml_parts(const Formula& f) {
  std::string content;
  for (const Formula& part : f.parts) content += mathml(part);
  return content;
}

bool holds_matrix(const Formula& f) {
  return f.kind == Kind::matrix || std::any_of(f.parts.begin(), f.parts.end(), holds_matrix);
}

// Factors stand a little apart where one is a matrix, and what follows a comma stands well apart.
std::string mathml_row(const Formula& f) {
  std::string content;
  for (std::size_t i = 0; i < f.parts.size(); ++i) {
    const Formula& part = f.parts[i];
    if (i > 0) {
      const Formula& before = f.parts[i - 1];
      const bool factors = before.kind != Kind::sign && part.kind != Kind::sign;
      if (factors && (holds_matrix(before) || holds_matrix(part))) {
        content += "<mspace width=\"0.25em\"/>";
      } else if (before.text == ",") {
        content += "<mspace width=\"0.8em\"/>";
      }
    }
    content += mathml(part);
  }
  return content;
}

// The letters of matrices and vectors stay upright or slanted as the font has them; T is upright.
std::string mathml(const Formula& f) {
  switch (f.kind) {
    case Kind::words:
      return element("mtext", escaped(f.text));
    case Kind::symbol:
      return f.text == "T" ? "<mi mathvariant=\"normal\">T</mi>" : element("mi", escaped(f.text));
    case Kind::number:
      // A minus inside of a number is a sign of its own.
      if (f.text.starts_with("−")) {
        return element("mrow", element("mo", "−") + element("mn", f.text.substr(3)));
      }
      return element("mn", escaped(f.text));
    case Kind::sign:
      // Brackets in a line keep their size; those of matrices grow.
      return f.text == "‖" || f.text == "(" || f.text == ")"
                 ? "<mo stretchy=\"false\">" + f.text + "</mo>"
                 : element("mo", escaped(f.text));
    case Kind::row:
      return element("mrow", mathml_row(f));
    case Kind::fraction:
      return element("mfrac", mathml_parts(f));
    case Kind::root:
      return element("msqrt", mathml_parts(f));
    case Kind::power:
      return element("msup", mathml_parts(f));
    case Kind::index:
      return element("msub", mathml_parts(f));
    case Kind::matrix: {
      std::string table;
      for (std::size_t i = 0; i < f.parts.size(); i += f.cols) {
        std::string cells;
        for (std::size_t j = 0; j < f.cols; ++j) cells += element("mtd", mathml(f.parts[i + j]));
        table += element("mtr", cells);
      }
      return element("mrow", element("mo", "[") + element("mtable", table) + element("mo", "]"));
    }
  }
  return {};
}

// Calls on_words(text) and on_formula(formula) for the parts of a sentence in turn.
template <class OnWords, class OnFormula>
void for_each_run(const Formula& sentence, OnWords&& on_words, OnFormula&& on_formula) {
  for (const Formula& part : sentence.parts) {
    if (part.kind == Kind::words) {
      on_words(part.text);
    } else {
      on_formula(part);
    }
  }
}

}  // namespace

Formula words(std::string text) { return {Kind::words, std::move(text), {}, 0}; }
Formula symbol(std::string letter) { return {Kind::symbol, std::move(letter), {}, 0}; }
Formula number(std::string digits) { return {Kind::number, std::move(digits), {}, 0}; }
Formula sign(std::string text) { return {Kind::sign, std::move(text), {}, 0}; }
Formula row(std::vector<Formula> parts) { return {Kind::row, {}, std::move(parts), 0}; }
Formula fraction(Formula above, Formula below) {
  return {Kind::fraction, {}, {std::move(above), std::move(below)}, 0};
}
Formula root(Formula of) { return {Kind::root, {}, {std::move(of)}, 0}; }
Formula power(Formula base, Formula exponent) {
  return {Kind::power, {}, {std::move(base), std::move(exponent)}, 0};
}
Formula index(Formula base, Formula below) {
  return {Kind::index, {}, {std::move(base), std::move(below)}, 0};
}
Formula matrix(std::vector<Formula> entries, std::size_t cols) {
  return {Kind::matrix, {}, std::move(entries), cols};
}
Formula transposed(Formula base) { return power(std::move(base), symbol("T")); }

Formula sentence(const std::string& text, const std::vector<Formula>& formulas) {
  Formula result = row({});
  std::size_t begin = 0;
  for (const Formula& formula : formulas) {
    const std::size_t place = text.find("{}", begin);
    if (place > begin) result.parts.push_back(words(text.substr(begin, place - begin)));
    result.parts.push_back(formula);
    begin = place + 2;
  }
  if (begin < text.size()) result.parts.push_back(words(text.substr(begin)));
  return result;
}

std::string formula_latex(const Formula& f) {
  const auto space_after = [](const std::string& comma) { return comma == "," ? "\\quad " : ""; };
  const auto part = [&](std::size_t i) { return formula_latex(f.parts[i]); };
  switch (f.kind) {
    case Kind::words:
      return "\\text{" + f.text + "}";
    case Kind::symbol:
      return f.text == "T" ? "\\mathsf{T}" : latex_of(f.text);
    case Kind::number:
    case Kind::sign:
      return latex_of(f.text) + space_after(f.text);
    case Kind::row: {
      std::string text;
      for (std::size_t i = 0; i < f.parts.size(); ++i) {
        // Else two numbers side by side would read as one.
        const bool digits =
            i > 0 && f.parts[i].kind == Kind::number && f.parts[i - 1].kind == Kind::number;
        text += (digits ? "\\," : "") + part(i);
      }
      return text;
    }
    case Kind::fraction:
      return "\\frac{" + part(0) + "}{" + part(1) + "}";
    case Kind::root:
      return "\\sqrt{" + part(0) + "}";
    case Kind::power: {
      const Kind base = f.parts[0].kind;
      const bool one = base == Kind::symbol || base == Kind::number || base == Kind::matrix;
      return (one ? part(0) : "{" + part(0) + "}") + "^{" + part(1) + "}";
    }
    case Kind::index:
      return part(0) + "_{" + part(1) + "}";
    case Kind::matrix: {
      std::string text = "\\begin{bmatrix}";
      for (std::size_t i = 0; i < f.parts.size(); ++i) {
        if (i > 0) text += i % f.cols == 0 ? " \\\\ " : " & ";
        text += part(i);
      }
      return text + "\\end{bmatrix}";
    }
  }
  return {};
}

std::string sentence_markdown(const Formula& sentence) {
  std::string text;
  for_each_run(
      sentence, [&](const std::string& plain) { text += replace_all(plain, "*", "\\*"); },
      [&](const Formula& formula) { text += "$" + formula_latex(formula) + "$"; });
  return text;
}

std::string formula_mathml(const Formula& formula, bool block) {
  return std::string("<math") + (block ? " display=\"block\">" : ">") + mathml(formula) + "</math>";
}

std::string sentence_html(const Formula& sentence) {
  std::string text;
  for_each_run(
      sentence,  // Fonts often lack a good ᵀ.
      [&](const std::string& plain) { text += replace_all(escaped(plain), "ᵀ", "<sup>T</sup>"); },
      [&](const Formula& formula) { text += formula_mathml(formula, false); });
  return text;
}

}  // namespace eckart
