// eckart lsa evaluate and export.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_map>

#include "eckart/apps/retrieval.hpp"
#include "eckart/io/lsa_file.hpp"
#include "eckart/io/result_folder.hpp"
#include "exit_code.hpp"
#include "lsa.hpp"
#include "request.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

// The fields of a line between blanks or tabs.
std::vector<std::string> fields_of(const std::string& line) {
  std::istringstream words(line);
  std::vector<std::string> fields;
  for (std::string word; words >> word;) fields.push_back(word);
  return fields;
}

struct Judgement {
  std::string query, document;
  bool relevant;
};

// Throws IoError naming the line.
Judgement judgement_of(const std::string& path, const Document& line) {
  const std::vector<std::string> fields = fields_of(line.text);
  const auto fail = [&](const std::string& what) {
    throw IoError(
        path, "line " + line.name,
        what + "; expected QUERY DOCUMENT, QUERY DOCUMENT GRADE or QUERY 0 DOCUMENT GRADE");
  };
  if (fields.size() < 2 || fields.size() > 4) {
    fail("has " + counted(static_cast<index_t>(fields.size()), "field"));
  }
  Judgement judgement{fields[0], fields.size() == 4 ? fields[2] : fields[1], true};
  if (fields.size() == 2) return judgement;
  const std::string& grade = fields.back();
  double value = 0;
  const auto [end, error] = std::from_chars(grade.data(), grade.data() + grade.size(), value);
  if (error != std::errc() || end != grade.data() + grade.size()) {
    fail("the grade '" + grade + "' is no number");
  }
  judgement.relevant = value > 0;
  return judgement;
}

struct Judgements {
  std::vector<std::vector<index_t>> relevant;  // of each query, sorted
  index_t unknown_queries = 0, unknown_documents = 0;
};

Judgements read_judgements(const std::string& path,
                           const LsaModel& model,
                           const std::vector<Document>& queries) {
  std::unordered_map<std::string, index_t> document_of, query_of;
  for (index_t j = 0; j < model.document_count(); ++j) {
    document_of.emplace(std::string(model.names[j]), j);
  }
  for (std::size_t q = 0; q < queries.size(); ++q) {
    query_of.emplace(queries[q].name, static_cast<index_t>(q));
  }
  Judgements result;
  result.relevant.resize(queries.size());
  const auto source = io::open_text({path}, {.format = io::TextFormat::lines});
  for (Document line; source->next(line);) {
    if (line.text.find_first_not_of(" \t") == std::string::npos) continue;
    const Judgement judgement = judgement_of(path, line);
    if (!judgement.relevant) continue;
    const auto query = query_of.find(judgement.query);
    const auto document = document_of.find(judgement.document);
    if (query == query_of.end()) {
      // A first line of names is no judgement.
      result.unknown_queries += line.name == "1" ? 0 : 1;
    } else if (document == document_of.end()) {
      ++result.unknown_documents;
    } else {
      result.relevant[static_cast<std::size_t>(query->second)].push_back(document->second);
    }
  }
  for (auto& list : result.relevant) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return result;
}

RetrievalScores scores_of(const std::vector<std::vector<Hit>>& found, const Judgements& judged) {
  std::vector<std::vector<index_t>> rankings(found.size());
  for (std::size_t q = 0; q < found.size(); ++q) {
    for (const Hit& hit : found[q]) rankings[q].push_back(hit.index);
  }
  return score_rankings(rankings, judged.relevant);
}

ordered_json to_json(const RetrievalScores& s) {
  return {{"map", s.average_precision},
          {"precision_5", s.precision_5},
          {"precision_10", s.precision_10},
          {"ndcg_10", s.ndcg_10},
          {"recall_100", s.recall_100}};
}

std::string line_of(const std::string& name, const RetrievalScores& s) {
  return fmt::format("  {:<14}  {:>7.4f}  {:>7.4f}  {:>7.4f}  {:>7.4f}  {:>10.4f}\n", name,
                     s.average_precision, s.precision_5, s.precision_10, s.ndcg_10, s.recall_100);
}

// V of a model by rows, m x k or n x k, as the result folder wants it.
Matrix<float> transposed(MatrixView<const float> At) {
  Matrix<float> A = Matrix<float>::uninitialized(At.cols, At.rows);
  for (index_t i = 0; i < At.cols; ++i) {
    for (index_t t = 0; t < At.rows; ++t) A(i, t) = At(t, i);
  }
  return A;
}

void export_folder(const LsaModel& model, const LsaCommandOptions& o) {
  SvdResult<float> result;
  result.U = transposed(model.Ut);
  result.V = transposed(model.Vt);
  result.sigma.assign(model.sigma.begin(), model.sigma.end());
  // The names of rows and columns are in the report: the folder holds matrices alone.
  ordered_json report = ordered_json::parse(model.report, nullptr, false);
  if (!report.is_object()) report = {{"schema", 1}};
  const auto list = [](StringsView strings) {
    ordered_json array = ordered_json::array();
    for (index_t i = 0; i < strings.size(); ++i) array.push_back(std::string(strings[i]));
    return array;
  };
  report["terms"] = list(model.terms);
  report["documents"] = list(model.names);
  report["global_weights"] =
      std::vector<double>(model.weights.global.begin(), model.weights.global.end());
  report["history"] = model.history;
  io::write_result(o.target, result, o.force, json_text(report));
}

}  // namespace

int run_lsa_evaluate(const LsaCommandOptions& o) {
  if (o.queries.empty()) throw UsageError("lsa evaluate: --queries is required");
  if (o.judgements.empty()) throw UsageError("lsa evaluate: --qrels is required");
  Session session(o.run);
  const LsaModel model = io::read_lsa(o.model);
  std::vector<Document> queries = read_queries(o.queries);
  if (o.number_queries) {
    for (std::size_t q = 0; q < queries.size(); ++q) queries[q].name = std::to_string(q + 1);
  }
  const Judgements judged = read_judgements(o.judgements, model, queries);
  const SparseMatrix<double> counts = query_counts(model, queries);
  const index_t n = model.document_count();
  const RetrievalScores lsa =
      scores_of(nearest_documents(model, fold_queries(model, counts), n, session.context), judged);
  const RetrievalScores plain =
      scores_of(matching_documents(model, counts, n, session.context), judged);
  if (lsa.queries == 0) {
    throw IoError(o.judgements,
                  "judges no document of the model for any of the queries; do the names agree? "
                  "(--number-queries names them by their order)");
  }
  if (!session.quiet && judged.unknown_queries + judged.unknown_documents > 0) {
    warn(fmt::format("{}: {} of other queries and {} of other documents left out", o.judgements,
                     counted(judged.unknown_queries, "judgement"),
                     counted(judged.unknown_documents, "judgement")));
  }
  if (session.json) {
    write_json({{"schema", 1},
                {"queries", lsa.queries},
                {"rank", model.rank()},
                {"lsa", to_json(lsa)},
                {"terms_alone", to_json(plain)}});
    return exit_met;
  }
  std::string text =
      fmt::format("queries  {} of {} with a relevant document\n\n", lsa.queries, queries.size());
  text += fmt::format("  {:<14}  {:>7}  {:>7}  {:>7}  {:>7}  {:>10}\n", "", "MAP", "P@5", "P@10",
                      "nDCG@10", "recall@100");
  text += line_of("terms alone", plain) + line_of(fmt::format("LSA, k = {}", model.rank()), lsa);
  if (plain.average_precision > 0) {
    text += fmt::format("\n  MAP {:+.1f} %\n",
                        100 * (lsa.average_precision / plain.average_precision - 1));
  }
  write_stdout(session.terminal.text(text));
  return exit_met;
}

int run_lsa_export(const LsaCommandOptions& o) {
  if (o.documents && o.export_as != "word2vec") {
    throw UsageError("lsa export: --documents goes with --as word2vec; npy and json hold both");
  }
  check_target(o.target, o.force, false);
  check_not_input(o.target, {o.model});
  Session session(o.run);
  const LsaModel model = io::read_lsa(o.model);
  if (o.export_as == "npy") {
    export_folder(model, o);
  } else if (o.export_as == "json") {
    check_free(o.target, o.force);
    io::write_text(o.target, io::lsa_json(model));
  } else {
    check_free(o.target, o.force);
    io::write_word2vec(o.target, model, o.documents);
  }
  if (session.json) {
    write_json({{"schema", 1}, {"file", o.target}, {"as", o.export_as}});
  } else {
    write_stdout(session.terminal.text(fmt::format(
        "file     {}: {}, {}, {}\n", printable(o.target), counted(model.term_count(), "term"),
        counted(model.document_count(), "document"), counted(model.rank(), "triplet"))));
  }
  return exit_met;
}

}  // namespace eckart::cli
