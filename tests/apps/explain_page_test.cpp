#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "eckart/apps/explain.hpp"

namespace eckart {
namespace {

Derivation golden() {
  Matrix<double> A(2, 2);
  A(0, 0) = A(0, 1) = A(1, 1) = 1;
  return explain(A.view());
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++found;
  }
  return found;
}

TEST(ExplainPage, TextFitsTheColumnsWhereMatricesDo) {
  std::istringstream lines(derivation_text(golden(), 60));
  for (std::string line; std::getline(lines, line);) {
    const auto width =
        std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; });
    // The vectors of surds alone are wider.
    EXPECT_LE(width, 76) << line;
  }
}

TEST(ExplainPage, EveryStepIsInEveryFormat) {
  const Derivation d = golden();
  const std::string text = derivation_text(d), markdown = derivation_markdown(d),
                    html = derivation_html(d);
  EXPECT_EQ(count(markdown, "\n## "), d.steps.size());
  EXPECT_EQ(count(html, "<h2>"), d.steps.size());
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    const std::string heading = std::to_string(i + 1) + ". " + d.steps[i].title + "\n";
    EXPECT_NE(text.find(heading), std::string::npos);
    EXPECT_NE(markdown.find("## " + heading), std::string::npos);
  }
}

TEST(ExplainPage, HtmlStandsAloneAndItsElementsClose) {
  const std::string html = derivation_html(golden());
  for (const char* outside : {"http:", "https:", "src=", "url(", "<script", "@import"}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>"));
  EXPECT_NE(html.find("<html lang=\"en\">"), std::string::npos);
  for (const std::string name : {"math", "mrow", "mfrac", "msqrt", "mtable", "mtr", "mtd", "p",
                                 "li", "div", "h2", "msup", "msub"}) {
    EXPECT_EQ(count(html, "<" + name + ">") + count(html, "<" + name + " "),
              count(html, "</" + name + ">"))
        << name;
  }
}

TEST(ExplainPage, MarkdownFormulasAreBetweenDollars) {
  const std::string markdown = derivation_markdown(golden());
  EXPECT_EQ(count(markdown, "\n$$\n") % 2, 0u);
  EXPECT_NE(markdown.find("\\frac{3+\\sqrt{5}}{2}"), std::string::npos);
  EXPECT_EQ(markdown.find("√\\"), std::string::npos);
}

}  // namespace
}  // namespace eckart
