// eckart explain: the SVD of a small matrix as it is derived by hand.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "convert.hpp"
#include "eckart/apps/explain.hpp"
#include "eckart/io/result_folder.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

// A float32 0.1 means 0.1, as its shortest text says.
Matrix<double> doubles_of(const AnyMatrix& matrix) {
  Matrix<double> dense = to_dense<double>(matrix);
  if (!single_precision(matrix)) return dense;
  const Matrix<float> single = to_dense<float>(matrix);
  for (index_t i = 0; i < dense.rows() * dense.cols(); ++i) {
    dense.data()[i] = as_doubles(std::vector<float>{single.data()[i]}).front();
  }
  return dense;
}

ordered_json rows_of(const Matrix<double>& M) {
  ordered_json rows = ordered_json::array();
  for (index_t i = 0; i < M.rows(); ++i) {
    ordered_json row = ordered_json::array();
    for (index_t j = 0; j < M.cols(); ++j) row.push_back(M(i, j));
    rows.push_back(row);
  }
  return rows;
}

ordered_json paragraph_json(const Paragraph& p) {
  if (p.kind == Paragraph::Kind::formula) {
    return {{"kind", "formula"},
            {"text", formula_text(p.content, 80)},
            {"latex", formula_latex(p.content)},
            {"mathml", formula_mathml(p.content, true)}};
  }
  return {{"kind", p.kind == Paragraph::Kind::remark ? "remark" : "prose"},
          {"text", sentence_text(p.content, std::string::npos)},
          {"markdown", sentence_markdown(p.content)},
          {"html", sentence_html(p.content)}};
}

ordered_json derivation_json(const Derivation& d, const MatrixFacts& facts) {
  ordered_json object = {{"schema", 1},
                         {"matrix", to_json(facts)},
                         {"exact", d.exact},
                         {"rank", d.rank},
                         {"sigma", d.sigma}};
  for (const Formula& root : d.roots) object["sigma_latex"].push_back(formula_latex(root));
  object["U"] = rows_of(d.U);
  object["V"] = rows_of(d.V);
  object["value_difference"] = d.value_difference;
  object["vector_difference"] = d.vector_difference;
  for (const DerivationStep& step : d.steps) {
    ordered_json paragraphs = ordered_json::array();
    for (const Paragraph& p : step.paragraphs) paragraphs.push_back(paragraph_json(p));
    object["steps"].push_back({{"title", step.title}, {"paragraphs", paragraphs}});
  }
  return object;
}

// Without UTF-8 matrices keep their shape, if not their alignment.
std::string ascii_of(std::string text) {
  static constexpr std::pair<std::string_view, std::string_view> spellings[] = {
      {"⎡", "["},    {"⎢", "["},  {"⎣", "["},   {"⎤", "]"},  {"⎥", "]"},  {"⎦", "]"},  {"ᵀ", "^T"},
      {"Σ", "S"},    {"σ", "s"},  {"λ", "l"},   {"ε", "e"},  {"ä", "ae"}, {"⟶", "->"}, {"≠", "/="},
      {"≈", "~"},    {"≥", ">="}, {"…", "..."}, {"−", "-"},  {"·", "*"},  {"×", "x"},  {"‖", "||"},
      {"√", "sqrt"}, {"⁻", "^-"}, {"⁰", "^0"},  {"¹", "^1"}, {"²", "^2"}, {"³", "^3"}, {"⁴", "^4"},
      {"⁵", "^5"},   {"⁶", "^6"}, {"⁷", "^7"},  {"⁸", "^8"}, {"⁹", "^9"}, {"₀", "0"},  {"₁", "1"},
      {"₂", "2"},    {"₃", "3"},  {"₄", "4"},   {"₅", "5"},  {"₆", "6"}};
  for (const auto& [glyph, spelling] : spellings) {
    for (std::size_t at = text.find(glyph); at != std::string::npos;
         at = text.find(glyph, at + spelling.size())) {
      text.replace(at, glyph.size(), spelling);
    }
  }
  return "s stands for sigma, l for lambda, S for the matrix Sigma, e for epsilon.\n\n" + text;
}

std::string document(const Derivation& d, const ExplainOptions& o, const Session& session) {
  if (o.format == "html") return derivation_html(d);
  if (o.format == "markdown") return derivation_markdown(d);
  const std::string text =
      derivation_text(d, static_cast<std::size_t>(std::max(40, session.terminal.columns)));
  return o.file.empty() && !session.terminal.utf8 ? ascii_of(text) : text;
}

void check_request(const ExplainOptions& o) {
  if (o.run.output.json && o.format != "text") {
    throw UsageError(
        "--json and --format each say what is written; the JSON holds text, LaTeX and MathML");
  }
  if (o.run.output.json && !o.file.empty()) {
    throw UsageError("--json goes to standard output; leave -o out, or redirect it");
  }
  if (o.file.empty()) {
    if (o.force) throw UsageError("--force is for -o: it says that OUT may be replaced");
    return;
  }
  check_target(o.file, o.force, false);
  check_not_input(o.file, {o.run.input});
}

}  // namespace

int run_explain(const ExplainOptions& o) {
  check_request(o);
  Session session(o.run);
  const AnyMatrix matrix = load_matrix(o.run);
  const MatrixFacts facts = facts_of(matrix, o.run.input);
  if (complex_valued(matrix)) {
    throw UsageError(facts.source +
                     " is complex; a derivation by hand is for real matrices (eckart svd takes "
                     "both)");
  }
  if (std::max(facts.rows, facts.cols) > largest_explained ||
      std::min(facts.rows, facts.cols) < 1) {
    throw UsageError(fmt::format(
        "{} is {} x {}; a derivation by hand is for 1 to {} rows and columns (eckart svd takes any "
        "size)",
        facts.source, facts.rows, facts.cols, largest_explained));
  }
  try {
    const Matrix<double> dense = doubles_of(matrix);
    const Derivation d = explain(dense.view(), session.context);
    session.progress.clear();
    if (session.json) {
      write_json(derivation_json(d, facts));
    } else if (o.file.empty()) {
      write_stdout(document(d, o, session));
    } else {
      check_free(o.file, o.force);
      io::write_text(o.file, document(d, o, session));
      write_stdout(fmt::format("file     {}: {} steps\n", printable(o.file), d.steps.size()));
    }
  } catch (const NonFiniteInput& error) {
    throw IoError(facts.source, error.what());
  }
  return exit_met;
}

}  // namespace eckart::cli
