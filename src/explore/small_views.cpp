// The views of small matrices: 2 x 2, and the derivation by hand.
#include <nlohmann/json.hpp>

#include "eckart/apps/explain.hpp"
#include "eckart/error.hpp"
#include "eckart/io/matrix_file.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/operators.hpp"
#include "eckart/svd.hpp"
#include "explore/views.hpp"

namespace eckart::explore {
namespace {

using nlohmann::ordered_json;

ordered_json paragraph_json(const Paragraph& p) {
  if (p.kind == Paragraph::Kind::formula) {
    return {{"kind", "formula"},
            {"html", formula_mathml(p.content, true)},
            {"latex", formula_latex(p.content)}};
  }
  return {{"kind", p.kind == Paragraph::Kind::remark ? "remark" : "prose"},
          {"html", sentence_html(p.content)}};
}

// The real entries of what was typed.
Matrix<double> typed_matrix(const std::string& text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  // Anything else would name a file.
  require(start != std::string::npos && text[start] == '[',
          "expected rows of numbers in brackets, such as [[3,2],[2,3]]");
  const AnyMatrix typed = io::read_matrix(text);
  const auto* real = std::get_if<DenseMatrix<double>>(&typed);
  require(real != nullptr, "a derivation by hand is for real matrices");
  Matrix<double> A(real->rows(), real->cols());
  for (index_t i = 0; i < A.rows(); ++i) {
    for (index_t j = 0; j < A.cols(); ++j) A(i, j) = (*real)(i, j);
  }
  return A;
}

}  // namespace

Response answer_two(const Question& question, Context& context) {
  const Matrix<double> A = question.matrix("matrix", 2, 2);
  require(A.rows() == 2 && A.cols() == 2, "the matrix of this view is 2 x 2");
  const auto op = make_operator<double>(A.view());
  const SvdResult<double> result = svd(*op, {.vectors = Vectors::full}, context);
  return answer_with({{"U", rows_json(result.U.view())},
                      {"sigma", result.sigma},
                      {"V", rows_json(result.V.view())},
                      {"report", ordered_json::parse(io::to_json(result.report, -1))}});
}

Response answer_explain(const Question& question, Context& context) {
  const Matrix<double> A = typed_matrix(question.text("matrix", 4096));
  const Derivation d = explain(A.view(), context);
  ordered_json steps = ordered_json::array();
  for (const DerivationStep& step : d.steps) {
    ordered_json paragraphs = ordered_json::array();
    for (const Paragraph& p : step.paragraphs) paragraphs.push_back(paragraph_json(p));
    steps.push_back({{"title", step.title}, {"paragraphs", std::move(paragraphs)}});
  }
  return answer_with({{"rows", A.rows()},
                      {"cols", A.cols()},
                      {"exact", d.exact},
                      {"rank", d.rank},
                      {"sigma", d.sigma},
                      {"U", rows_json(d.U.view())},
                      {"V", rows_json(d.V.view())},
                      {"value_difference", d.value_difference},
                      {"markdown", derivation_markdown(d)},
                      {"steps", std::move(steps)}});
}

}  // namespace eckart::explore
