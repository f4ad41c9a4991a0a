// A derivation as text, Markdown and HTML.
#include <string_view>

#include "eckart/apps/explain.hpp"

namespace eckart {
namespace {

constexpr const char* page_title = "The singular value decomposition by hand";

// The page as it lies on a desk: one column, wide matrices scroll by themselves, prints in black.
constexpr std::string_view page_head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The singular value decomposition by hand</title>
<style>
:root { color-scheme: light dark; --ink: #1c2330; --paper: #fdfcf9; --rule: #d8d3c6;
  --accent: #0b5c8a; --note: #f1ede1; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e3da; --paper: #171a20; --rule: #3b404b; --accent: #7fc0e6; --note: #22262e; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 "Source Serif 4", Charter, Georgia, "DejaVu Serif", serif; }
main { max-width: 54rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1.5rem; text-wrap: balance; }
ol.steps { list-style: none; counter-reset: step; margin: 0; padding: 0; }
ol.steps > li { counter-increment: step; border-top: 1px solid var(--rule);
  padding: 1.1rem 0 .6rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .6rem; }
h2::before { content: counter(step) "."; color: var(--accent); margin-right: .5em; }
p { margin: .6rem 0; max-width: 46rem; }
.remark { background: var(--note); border-left: .25rem solid var(--accent);
  padding: .6rem .9rem; }
.formula { overflow-x: auto; overflow-y: hidden; margin: .8rem 0; padding: .2rem 0; }
.formula:focus-visible { outline: 2px solid var(--accent); }
math { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", "DejaVu Math TeX Gyre",
  math; font-size: 1.05em; }
mtd { padding: .25em .45em; }
sup { font-size: .7em; line-height: 0; }
math + math { margin-top: .6rem; }
@media print {
  :root { --ink: #000; --paper: #fff; --note: #fff; --accent: #000; --rule: #999; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  .formula { overflow: visible; break-inside: avoid; }
  h2 { break-after: avoid; }
}
</style>
</head>
<body>
<main>
)";

// Wider formulas are cut, so that they fit a page.
constexpr std::size_t page_columns = 80;

std::string gathered(const Formula& formula) {
  const std::vector<Formula> lines = broken(formula, page_columns);
  if (lines.size() == 1) return formula_latex(formula);
  std::string text = "\\begin{gathered}\n";
  for (const Formula& line : lines) text += formula_latex(line) + " \\\\\n";
  return text + "\\end{gathered}";
}

std::string lines_of(const Formula& formula) {
  std::string text;
  for (const Formula& line : broken(formula, page_columns)) text += formula_mathml(line, true);
  return text;
}

}  // namespace

std::string derivation_text(const Derivation& derivation, std::size_t columns) {
  std::string text;
  std::size_t count = 0;
  for (const DerivationStep& step : derivation.steps) {
    text += count == 0 ? "" : "\n";
    text += std::to_string(++count) + ". " + step.title + "\n";
    for (const Paragraph& paragraph : step.paragraphs) {
      text += "\n";
      switch (paragraph.kind) {
        case Paragraph::Kind::prose:
          text += sentence_text(paragraph.content, columns);
          break;
        case Paragraph::Kind::remark: {
          Formula noted = paragraph.content;
          noted.parts.insert(noted.parts.begin(), words("Note: "));
          text += sentence_text(noted, columns);
          break;
        }
        case Paragraph::Kind::formula:
          text += formula_text(paragraph.content, columns);
          break;
      }
    }
  }
  return text;
}

std::string derivation_markdown(const Derivation& derivation) {
  std::string text = "# " + std::string(page_title) + "\n";
  std::size_t count = 0;
  for (const DerivationStep& step : derivation.steps) {
    text += "\n## " + std::to_string(++count) + ". " + step.title + "\n";
    for (const Paragraph& paragraph : step.paragraphs) {
      switch (paragraph.kind) {
        case Paragraph::Kind::prose:
          text += "\n" + sentence_markdown(paragraph.content) + "\n";
          break;
        case Paragraph::Kind::remark:
          text += "\n> " + sentence_markdown(paragraph.content) + "\n";
          break;
        case Paragraph::Kind::formula:
          text += "\n$$\n" + gathered(paragraph.content) + "\n$$\n";
          break;
      }
    }
  }
  return text;
}

std::string derivation_html(const Derivation& derivation) {
  std::string text(page_head);
  text += "<h1>" + std::string(page_title) + "</h1>\n<ol class=\"steps\">\n";
  for (const DerivationStep& step : derivation.steps) {
    text += "<li>\n<h2>" + sentence_html(sentence(step.title)) + "</h2>\n";
    for (const Paragraph& paragraph : step.paragraphs) {
      switch (paragraph.kind) {
        case Paragraph::Kind::prose:
          text += "<p>" + sentence_html(paragraph.content) + "</p>\n";
          break;
        case Paragraph::Kind::remark:
          text +=
              "<p class=\"remark\" role=\"note\">" + sentence_html(paragraph.content) + "</p>\n";
          break;
        case Paragraph::Kind::formula:
          // Focus lets a keyboard scroll a wide one.
          text += "<div class=\"formula\" tabindex=\"0\" role=\"group\" aria-label=\"Formula\">" +
                  lines_of(paragraph.content) + "</div>\n";
          break;
      }
    }
    text += "</li>\n";
  }
  return text + "</ol>\n</main>\n</body>\n</html>\n";
}

}  // namespace eckart
