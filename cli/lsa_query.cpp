// eckart lsa query, similar, terms and topics: what a model knows.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "eckart/io/lsa_file.hpp"
#include "exit_code.hpp"
#include "lsa.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

// Texts in memory.
class ListedDocuments : public DocumentSource {
 public:
  explicit ListedDocuments(const std::vector<Document>& documents) : documents_(documents) {}
  bool next(Document& document) override {
    if (at_ == documents_.size()) return false;
    document = documents_[at_++];
    return true;
  }
  const TextRepairs& repairs() const override { return repairs_; }

 private:
  const std::vector<Document>& documents_;
  std::size_t at_ = 0;
  TextRepairs repairs_;
};

ordered_json hits_json(const LsaModel& model, const std::vector<Hit>& hits) {
  ordered_json array = ordered_json::array();
  for (const Hit& hit : hits) {
    array.push_back({{"document", std::string(model.names[hit.index])},
                     {"number", hit.index + 1},
                     {"cosine", hit.score},
                     {"lead", std::string(model.leads[hit.index])}});
  }
  return array;
}

// The first two lines of a text that is cut at blanks.
std::vector<std::string> folded(const std::string& text, std::size_t width) {
  constexpr std::size_t most = 2;
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size() && lines.size() < most;) {
    std::size_t end = std::min(at + width, text.size());
    if (end < text.size()) {
      const std::size_t blank = text.rfind(' ', end);
      if (blank != std::string::npos && blank > at) end = blank;
      while (end > at && (text[end] & 0xC0) == 0x80) --end;
    }
    if (end == at) break;
    lines.push_back(text.substr(at, end - at));
    at = std::min(text.size(), text.find_first_not_of(' ', end));
  }
  return lines;
}

std::string hits_text(const LsaModel& model, const std::vector<Hit>& hits, const Session& session) {
  std::string text = fmt::format("  {:>6}  {}\n", "cosine", "document");
  const auto width = static_cast<std::size_t>(std::max(20, session.terminal.columns - 10));
  for (const Hit& hit : hits) {
    const std::string name(model.names[hit.index]);
    text += fmt::format("  {:>6.3f}  {}\n", hit.score, session.terminal.bold(printable(name)));
    for (const std::string& line : folded(printable(model.leads[hit.index]), width)) {
      text += fmt::format("          {}\n", session.terminal.dim(line));
    }
  }
  return text;
}

// Drops hits without any likeness: they are in the list because it had room.
void drop_unlike(std::vector<Hit>& hits) {
  std::erase_if(hits, [](const Hit& hit) { return !(hit.score > 0); });
}

index_t find_document(const LsaModel& model, const std::string& name) {
  if (name.starts_with('#')) {
    index_t number = 0;
    for (const char c : name.substr(1)) {
      number = c >= '0' && c <= '9' && number < (index_t{1} << 50) ? number * 10 + (c - '0') : -1;
      if (number < 0) break;
    }
    if (number >= 1 && number <= model.document_count()) return number - 1;
    throw UsageError(fmt::format("there is no document {}; the model has #1 to #{}", name,
                                 model.document_count()));
  }
  std::vector<index_t> parts;
  for (index_t j = 0; j < model.document_count(); ++j) {
    if (model.names[j] == name) return j;
    if (model.names[j].find(name) != std::string_view::npos) parts.push_back(j);
  }
  if (parts.size() == 1) return parts[0];
  if (parts.empty()) {
    throw UsageError(
        fmt::format("no document is called '{}'; the first is called {}, and #N is "
                    "the one of that number",
                    name, std::string(model.names[0])));
  }
  std::string known;
  for (std::size_t i = 0; i < std::min<std::size_t>(5, parts.size()); ++i) {
    known += (i > 0 ? ", " : "") + std::string(model.names[parts[i]]);
  }
  throw UsageError(fmt::format("'{}' is part of the names of {}: {}{}", name,
                               counted(static_cast<index_t>(parts.size()), "document"), known,
                               parts.size() > 5 ? ", ..." : ""));
}

struct Answer {
  Document query;
  std::vector<std::string> unknown;
  std::vector<Hit> hits;
};

std::string answer_text(const LsaModel& model,
                        const Answer& answer,
                        bool one,
                        const Session& session) {
  std::string text;
  if (!one) {
    text += fmt::format("query    {}: {}\n", printable(answer.query.name),
                        printable(answer.query.text.substr(0, answer.query.text.find('\n'))));
  }
  if (!answer.unknown.empty()) {
    text +=
        fmt::format("unknown  {}\n", printable(fmt::format("{}", fmt::join(answer.unknown, ", "))));
  }
  if (answer.hits.empty()) return text + "nothing is like it\n";
  return text + hits_text(model, answer.hits, session);
}

}  // namespace

std::vector<Document> read_queries(const std::string& path) {
  const auto source = io::open_text({path}, {.otherwise = io::TextFormat::lines});
  std::vector<Document> queries;
  for (Document document; source->next(document);) queries.push_back(document);
  if (queries.empty()) throw IoError(path, "holds no query; expected one each line");
  return queries;
}

SparseMatrix<double> query_counts(const LsaModel& model, const std::vector<Document>& queries) {
  SparseMatrix<double> counts;
  counts.rows = static_cast<index_t>(queries.size());
  counts.cols = model.term_count();
  Tokenizer tokenizer(model.rules);
  std::vector<index_t> found;
  for (const Document& query : queries) {
    found.clear();
    for (const std::string_view term : tokenizer.terms(query.text)) {
      if (const index_t i = find_sorted(model.terms, term); i >= 0) found.push_back(i);
    }
    std::sort(found.begin(), found.end());
    for (const index_t term : found) {
      const bool again =
          counts.stored_entries() > counts.offsets.back() && counts.columns.back() == term;
      if (again) {
        counts.values.back() += 1;
      } else {
        counts.columns.push_back(term);
        counts.values.push_back(1);
      }
    }
    counts.offsets.push_back(counts.stored_entries());
  }
  return counts;
}

std::vector<std::string> unknown_terms(const LsaModel& model, std::string_view text) {
  Tokenizer tokenizer(model.rules);
  std::vector<std::string> unknown;
  for (const std::string_view term : tokenizer.terms(text)) {
    if (find_sorted(model.terms, term) >= 0) continue;
    if (std::find(unknown.begin(), unknown.end(), term) == unknown.end())
      unknown.emplace_back(term);
  }
  return unknown;
}

int run_lsa_query(const LsaCommandOptions& o) {
  if (o.words.empty() == o.queries.empty()) {
    throw UsageError("lsa query: say what to look for, in words or with --file");
  }
  Session session(o.run);
  const LsaModel model = io::read_lsa(o.model);
  std::vector<Document> queries;
  if (o.queries.empty()) {
    queries.push_back({"1", fmt::format("{}", fmt::join(o.words, " "))});
  } else {
    queries = read_queries(o.queries);
  }
  const auto start = std::chrono::steady_clock::now();
  const SparseMatrix<double> counts = query_counts(model, queries);
  auto found =
      o.plain ? matching_documents(model, counts, o.count, session.context)
              : nearest_documents(model, fold_queries(model, counts), o.count, session.context);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ordered_json array = ordered_json::array();
  std::string text;
  for (std::size_t q = 0; q < queries.size(); ++q) {
    drop_unlike(found[q]);
    const Answer answer{queries[q], unknown_terms(model, queries[q].text), std::move(found[q])};
    if (session.json) {
      array.push_back({{"name", answer.query.name},
                       {"query", answer.query.text},
                       {"unknown", answer.unknown},
                       {"hits", hits_json(model, answer.hits)}});
    } else {
      if (q > 0) text += "\n";
      text += answer_text(model, answer, queries.size() == 1, session);
    }
    found[q] = answer.hits;
  }
  if (session.json) {
    write_json({{"schema", 1}, {"seconds", seconds}, {"queries", array}});
  } else {
    write_stdout(session.terminal.text(text));
  }
  return queries.size() == 1 && found[0].empty() ? exit_not_met : exit_met;
}

int run_lsa_similar(const LsaCommandOptions& o) {
  Session session(o.run);
  const LsaModel model = io::read_lsa(o.model);
  const index_t document = find_document(model, fmt::format("{}", fmt::join(o.words, " ")));
  auto hits = nearest_documents(model, document_coordinates(model, document), o.count + 1,
                                session.context)[0];
  std::erase_if(hits, [&](const Hit& hit) { return hit.index == document; });
  if (static_cast<index_t>(hits.size()) > o.count) hits.pop_back();
  drop_unlike(hits);
  const std::string name(model.names[document]);
  if (session.json) {
    write_json({{"schema", 1},
                {"document", name},
                {"number", document + 1},
                {"hits", hits_json(model, hits)}});
  } else if (hits.empty()) {
    write_stdout(printable(name) + " is like nothing: none of its terms is in the model\n");
  } else {
    write_stdout(session.terminal.text("like     " + printable(name) + "\n" +
                                       hits_text(model, hits, session)));
  }
  return hits.empty() ? exit_not_met : exit_met;
}

int run_lsa_terms(const LsaCommandOptions& o) {
  Session session(o.run);
  const LsaModel model = io::read_lsa(o.model);
  const std::string word = fmt::format("{}", fmt::join(o.words, " "));
  Tokenizer tokenizer(model.rules);
  const std::vector<std::string_view>& terms = tokenizer.terms(word);
  // Of several words the run of all of them, where the model has n-grams.
  const auto wanted = std::max_element(terms.begin(), terms.end(), [](auto a, auto b) {
    return std::count(a.begin(), a.end(), ' ') < std::count(b.begin(), b.end(), ' ');
  });
  const index_t term = wanted == terms.end() ? -1 : find_sorted(model.terms, *wanted);
  if (term < 0) {
    throw UsageError("'" + word + "' is no term of the model: it was in too few of its documents");
  }
  auto hits = nearest_terms(model, term_coordinates(model, term), o.count + 1, session.context)[0];
  std::erase_if(hits, [&](const Hit& hit) { return hit.index == term; });
  if (static_cast<index_t>(hits.size()) > o.count) hits.pop_back();
  ordered_json array = ordered_json::array();
  std::string text = "like     " + printable(std::string(model.terms[term])) + "\n";
  for (const Hit& hit : hits) {
    const std::string found(model.terms[hit.index]);
    array.push_back({{"term", found}, {"cosine", hit.score}});
    text += fmt::format("  {:>6.3f}  {}\n", hit.score, printable(found));
  }
  if (session.json) {
    write_json({{"schema", 1}, {"term", std::string(model.terms[term])}, {"hits", array}});
  } else {
    write_stdout(session.terminal.text(text));
  }
  return exit_met;
}

namespace {

struct TopicWord {
  std::string term;
  double weight;
};

// The terms of the largest coordinates of one sign, largest first.
std::vector<TopicWord> topic_words(const LsaModel& model, index_t topic, double sign) {
  constexpr std::size_t most = 8;
  std::vector<index_t> order(static_cast<std::size_t>(model.term_count()));
  std::iota(order.begin(), order.end(), 0);
  const auto weight = [&](index_t i) { return sign * double{model.Ut(topic, i)}; };
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(most, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](index_t a, index_t b) {
    const double x = weight(a), y = weight(b);
    // What a hostile file holds need not be a number.
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
    return x != y ? x > y : a < b;
  });
  // A word that weighs a tenth of the first says little of the topic.
  double largest = 0;
  for (index_t i = 0; i < model.term_count(); ++i) {
    largest = std::max(largest, std::abs(double{model.Ut(topic, i)}));
  }
  std::vector<TopicWord> words;
  for (auto it = order.begin(); it != end; ++it) {
    if (weight(*it) > 0.1 * largest) {
      words.push_back({std::string(model.terms[*it]), sign * weight(*it)});
    }
  }
  return words;
}

ordered_json words_json(const std::vector<TopicWord>& words) {
  ordered_json array = ordered_json::array();
  for (const TopicWord& word : words) {
    array.push_back({{"term", word.term}, {"weight", word.weight}});
  }
  return array;
}

std::string words_text(const std::vector<TopicWord>& words) {
  std::string text;
  for (const TopicWord& word : words) text += (text.empty() ? "" : " ") + printable(word.term);
  return text;
}

}  // namespace

int run_lsa_topics(const LsaCommandOptions& o) {
  Session session(o.run);
  const LsaModel model = io::read_lsa(o.model);
  const double whole = model.frobenius_norm * model.frobenius_norm;
  ordered_json array = ordered_json::array();
  std::string text = fmt::format("  {:>5}  {:>10}  {:>8}\n", "topic", "σ", "energy");
  double sum = 0;
  for (index_t t = 0; t < std::min(o.count, model.rank()); ++t) {
    const double sigma = model.sigma[static_cast<std::size_t>(t)];
    const double share = sigma * sigma / whole;
    sum += share;
    const auto plus = topic_words(model, t, 1), minus = topic_words(model, t, -1);
    array.push_back({{"topic", t + 1},
                     {"sigma", sigma},
                     {"energy", share},
                     {"plus", words_json(plus)},
                     {"minus", words_json(minus)}});
    text += fmt::format("  {:>5}  {:>10.5g}  {:>8}  + {}\n", t + 1, sigma, percent(share),
                        words_text(plus));
    if (!minus.empty()) text += fmt::format("  {:>27}  − {}\n", "", words_text(minus));
  }
  if (session.json) {
    write_json({{"schema", 1}, {"energy", sum}, {"topics", array}});
  } else {
    write_stdout(session.terminal.text(text));
  }
  return exit_met;
}

}  // namespace eckart::cli
