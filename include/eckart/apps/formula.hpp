// eckart/apps/formula.hpp - formulas as small trees, shown as text, LaTeX or MathML.
#pragma once

#include <string>
#include <vector>

namespace eckart {

// A formula, or a sentence with formulas in it. The strings are UTF-8; Greek letters and signs
// stand for themselves: "λ", "−", "·", "≈".
struct Formula {
  enum class Kind {
    words,     // text: plain language
    symbol,    // text: a letter for a number, a vector or a matrix
    number,    // text: decimal digits
    sign,      // text: an operation, a relation or a bracket
    row,       // parts, side by side
    fraction,  // parts[0] / parts[1]
    root,      // √ of parts[0]
    power,     // parts[0] with parts[1] above
    index,     // parts[0] with parts[1] below
    matrix,    // parts by rows, cols in each
  };
  Kind kind = Kind::row;
  std::string text;
  std::vector<Formula> parts;
  std::size_t cols = 0;
};

// Each returns the formula of its name.
Formula words(std::string text);
Formula symbol(std::string letter);
Formula number(std::string digits);
Formula sign(std::string text);
Formula row(std::vector<Formula> parts);
Formula fraction(Formula above, Formula below);
Formula root(Formula of);
Formula power(Formula base, Formula exponent);
Formula index(Formula base, Formula below);
Formula matrix(std::vector<Formula> entries, std::size_t cols);
Formula transposed(Formula base);

// Returns the sentence with its formulas in the place of each {}.
// REQUIRES: as many formulas as there are {}
Formula sentence(const std::string& text, const std::vector<Formula>& formulas = {});

// Returns the formula as lines of text, each ending with a newline: fractions on one line, matrices
// in brackets over several. A row that does not fit continues below, broken in front of a relation
// or an operation.
std::string formula_text(const Formula& formula, std::size_t columns);

// Returns the sentence, its formulas in one line each, broken between words to fit the columns.
std::string sentence_text(const Formula& sentence, std::size_t columns);

// Returns the formula cut into rows that are at most so wide as text, as formula_text cuts it.
std::vector<Formula> broken(const Formula& formula, std::size_t columns);

// Returns LaTeX, with amsmath, to stand between dollars. Words become \text.
std::string formula_latex(const Formula& formula);

// Returns Markdown: words as they are, runs of formulas between dollars.
std::string sentence_markdown(const Formula& sentence);

// Returns a MathML Core element <math>, displayed as a block or in a line of text.
std::string formula_mathml(const Formula& formula, bool block);

// Returns HTML: words escaped, runs of formulas as <math>.
std::string sentence_html(const Formula& sentence);

}  // namespace eckart
