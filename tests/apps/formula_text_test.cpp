#include <gtest/gtest.h>

#include <sstream>

#include "eckart/apps/formula.hpp"

namespace eckart {
namespace {

std::string line_of(const Formula& f) {
  std::string text = formula_text(f, 200);
  return text.substr(4, text.size() - 5);
}

const Formula two_by_two = matrix({number("1"), number("−20"), number("3"), number("4")}, 2);

TEST(FormulaText, MatricesAreDrawnInBrackets) {
  EXPECT_EQ(formula_text(row({symbol("A"), sign("="), two_by_two}), 80),
            "    A = ⎡ 1  −20 ⎤\n"
            "        ⎣ 3    4 ⎦\n");
  EXPECT_EQ(formula_text(transposed(matrix({number("1"), number("2"), number("3")}, 1)), 80),
            "    ⎡ 1 ⎤ᵀ\n"
            "    ⎢ 2 ⎥\n"
            "    ⎣ 3 ⎦\n");
  EXPECT_EQ(formula_text(matrix({number("7")}, 1), 80), "    [ 7 ]\n");
}

TEST(FormulaText, MatricesOfDifferentHeightsShareABaseline) {
  const Formula three = matrix({number("1"), number("2"), number("3")}, 1);
  EXPECT_EQ(formula_text(row({three, two_by_two, sign("="), symbol("B")}), 80),
            "    ⎡ 1 ⎤\n"
            "    ⎢ 2 ⎥ ⎡ 1  −20 ⎤ = B\n"
            "    ⎣ 3 ⎦ ⎣ 3    4 ⎦\n");
}

TEST(FormulaText, SignsAreSpacedAsInPrint) {
  EXPECT_EQ(line_of(row({symbol("a"), sign("="), sign("−"), symbol("b")})), "a = −b");
  EXPECT_EQ(line_of(row({symbol("a"), sign("−"), symbol("b")})), "a − b");
  EXPECT_EQ(line_of(row({sign("("), sign("−"), symbol("b"), sign(")"), sign("−"), symbol("c")})),
            "(−b) − c");
}

TEST(FormulaText, BracketsAppearWhereTheyAreNeeded) {
  const Formula sum = row({symbol("a"), sign("+"), symbol("b")});
  EXPECT_EQ(line_of(fraction(sum, number("2"))), "(a + b)/2");
  EXPECT_EQ(line_of(root(sum)), "√(a + b)");
  EXPECT_EQ(line_of(power(sum, number("2"))), "(a + b)²");
  EXPECT_EQ(line_of(row({fraction(number("1"), number("2")), symbol("λ")})), "(1/2)λ");
  EXPECT_EQ(line_of(power(symbol("x"), symbol("q"))), "x^q");
  EXPECT_EQ(line_of(power(row({sign("‖"), symbol("v"), sign("‖")}), number("2"))), "‖v‖²");
}

TEST(FormulaText, WideRowsAreBrokenBetweenTermsAndNothingIsLost) {
  std::vector<Formula> parts{symbol("S"), sign("=")};
  for (int i = 0; i < 12; ++i) {
    if (i > 0) parts.push_back(sign(i % 2 == 0 ? "+" : "−"));
    parts.push_back(number(std::to_string(100 + i)));
  }
  const std::string text = formula_text(row(parts), 40);
  std::istringstream lines(text);
  std::string line, flat;
  int count = 0;
  for (; std::getline(lines, line); ++count) {
    EXPECT_LE(line.size(), 60u);
    flat += line;
  }
  EXPECT_GT(count, 1);
  for (int i = 0; i < 12; ++i) EXPECT_NE(flat.find(std::to_string(100 + i)), std::string::npos);
  std::erase(flat, ' ');
  EXPECT_TRUE(flat.starts_with("S=100−101+102−103")) << flat;
}

TEST(FormulaText, BrokenRowsHoldAllParts) {
  const std::vector<Formula> lines =
      broken(row({symbol("A"), sign("="), two_by_two, two_by_two, two_by_two}), 30);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].parts.size() + lines[1].parts.size(), 5u);
}

TEST(FormulaText, SentencesAreBrokenBetweenWords) {
  EXPECT_EQ(sentence_text(sentence("one two {} three", {symbol("λ")}), 9), "one two λ\nthree\n");
}

}  // namespace
}  // namespace eckart
