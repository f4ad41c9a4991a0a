#include "eckart/apps/formula.hpp"

#include <gtest/gtest.h>

namespace eckart {
namespace {

const Formula half = fraction(number("1"), number("2"));

TEST(Formula, BecomesLatex) {
  EXPECT_EQ(formula_latex(row({symbol("λ"), sign("="), half})), "\\lambda =\\frac{1}{2}");
  EXPECT_EQ(formula_latex(transposed(symbol("A"))), "A^{\\mathsf{T}}");
  EXPECT_EQ(formula_latex(power(row({sign("("), symbol("x"), sign(")")}), number("2"))),
            "{(x)}^{2}");
  EXPECT_EQ(formula_latex(index(symbol("σ"), number("1"))), "\\sigma _{1}");
  EXPECT_EQ(formula_latex(root(number("5"))), "\\sqrt{5}");
  EXPECT_EQ(formula_latex(matrix({number("1"), number("2"), number("3"), number("−4")}, 2)),
            "\\begin{bmatrix}1 & 2 \\\\ 3 & -4\\end{bmatrix}");
}

TEST(Formula, BecomesMathml) {
  EXPECT_EQ(formula_mathml(half, false), "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>");
  EXPECT_EQ(formula_mathml(number("−3"), true),
            "<math display=\"block\"><mrow><mo>−</mo><mn>3</mn></mrow></math>");
  EXPECT_EQ(formula_mathml(matrix({symbol("a"), symbol("b")}, 1), false),
            "<math><mrow><mo>[</mo><mtable><mtr><mtd><mi>a</mi></mtd></mtr><mtr><mtd><mi>b</mi>"
            "</mtd></mtr></mtable><mo>]</mo></mrow></math>");
}

TEST(Formula, FactorsStandApartWhereOneIsAMatrix) {
  const Formula M = matrix({number("1")}, 1);
  EXPECT_NE(formula_mathml(row({M, symbol("w")}), false).find("<mspace"), std::string::npos);
  EXPECT_EQ(formula_mathml(row({symbol("A"), symbol("w")}), false).find("<mspace"),
            std::string::npos);
}

TEST(Formula, SentencesMixWordsAndFormulas) {
  const Formula s = sentence("If {} < 1 & {}, then", {symbol("x"), half});
  EXPECT_EQ(sentence_markdown(s), "If $x$ < 1 & $\\frac{1}{2}$, then");
  EXPECT_EQ(sentence_html(s),
            "If <math><mi>x</mi></math> &lt; 1 &amp; <math><mfrac><mn>1</mn><mn>2</mn></mfrac>"
            "</math>, then");
  EXPECT_EQ(sentence_text(s, 80), "If x < 1 & 1/2, then\n");
}

TEST(Formula, ARaisedTIsMadeOfAnElementInHtml) {
  EXPECT_EQ(sentence_html(sentence("AᵀA")), "A<sup>T</sup>A");
}

}  // namespace
}  // namespace eckart
