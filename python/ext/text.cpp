// Latent semantic analysis: models of texts, as eckart.LatentSemanticAnalysis keeps them.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arrays.hpp"
#include "decompose.hpp"
#include "eckart/apps/lsa.hpp"
#include "eckart/error.hpp"
#include "eckart/io/lsa_file.hpp"
#include "eckart/io/report_json.hpp"
#include "run.hpp"

namespace eckart::python {
namespace {

// The strings of a tuple, which nobody can change while the interpreter lock is away.
class TupleDocuments : public DocumentSource {
 public:
  // Documents are called by names or, where there are none, by their numbers from 1.
  TupleDocuments(const nb::tuple& texts, std::vector<std::string> names)
      : names_(std::move(names)) {
    for (const nb::handle text : texts) {
      Py_ssize_t bytes = 0;
      const char* data = PyUnicode_AsUTF8AndSize(text.ptr(), &bytes);
      if (data == nullptr) throw nb::python_error();
      texts_.emplace_back(data, static_cast<std::size_t>(bytes));
    }
    require(names_.empty() || names_.size() == texts_.size(),
            "there are " + std::to_string(names_.size()) + " names for " +
                std::to_string(texts_.size()) + " documents");
  }

  bool next(Document& document) override {
    if (at_ == texts_.size()) return false;
    document.name = names_.empty() ? std::to_string(at_ + 1) : names_[at_];
    document.text = texts_[at_++];
    const auto nul = std::count(document.text.begin(), document.text.end(), '\0');
    if (nul > 0) {
      if (repairs_.documents++ == 0) repairs_.first = document.name;
      repairs_.nul_bytes += nul;
      std::replace(document.text.begin(), document.text.end(), '\0', ' ');
    }
    return true;
  }
  const TextRepairs& repairs() const override { return repairs_; }
  bool brief() const {
    std::size_t bytes = 0;
    for (const std::string_view text : texts_) bytes += text.size();
    return bytes < 100'000;
  }

 private:
  std::vector<std::string_view> texts_;
  std::vector<std::string> names_;
  std::size_t at_ = 0;
  TextRepairs repairs_;
};

// Stop words in the form in which text is compared with them.
std::vector<std::string> stop_words_of(const std::vector<std::string>& listed, TokenRule rule) {
  Tokenizer tokenizer({.tokens = rule});
  std::vector<std::string> words;
  for (const std::string& text : listed) {
    for (const std::string_view word : tokenizer.terms(text)) words.emplace_back(word);
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

LsaModel fit(const nb::tuple& texts,
             std::vector<std::string> names,
             const std::string& tokens,
             const std::vector<std::string>& stop_words,
             const std::string& stemmer,
             index_t ngrams,
             index_t min_documents,
             double max_share,
             const std::string& weighting,
             std::optional<index_t> k,
             std::optional<double> energy,
             double accuracy,
             std::uint64_t seed,
             const RunOptions& run_options) {
  LsaOptions options;
  options.rules.tokens = token_rule_from_string(tokens);
  options.rules.stop_words = stop_words_of(stop_words, options.rules.tokens);
  options.rules.stemmer = stemmer;
  options.rules.ngrams = ngrams;
  options.weighting = weighting_from_string(weighting);
  options.rank = {.rank = k, .energy = energy};
  if (accuracy > 0) options.accuracy = accuracy;
  options.seed = seed;
  const CountOptions count_options{.min_documents = min_documents, .max_share = max_share};
  TupleDocuments source(texts, std::move(names));
  return run_for(run_options, source.brief(), [&](Context& context) {
    LsaFit made =
        fit_lsa(count_terms(source, options.rules, count_options, context), options, context);
    made.model.report = io::to_json(made.report, -1);
    return std::move(made.model);
  });
}

// Returns U^T q for each text, b x k. Documents are weighted by their lengths, as those of the fit
// were; queries are taken to be of mean length.
nb::object fold(const LsaModel& model,
                const nb::tuple& texts,
                bool documents,
                const RunOptions& options) {
  TupleDocuments source(texts, {});
  Matrix<double> rows = run_for(options, source.brief(), [&](Context& context) {
    TermCounts counts =
        count_known_terms(source, model.rules, model.terms, {.lead_bytes = 0}, context);
    const std::vector<double> lengths = documents ? counts.lengths : std::vector<double>();
    return fold_queries(model, std::move(counts.counts), lengths);
  });
  const auto k = static_cast<std::size_t>(rows.rows()), b = static_cast<std::size_t>(rows.cols());
  double* data = rows.data();
  const index_t ld = rows.ld();
  return adopt(std::move(rows), data, {b, k}, {ld, 1});
}

nb::list lists_of(const std::vector<std::vector<Hit>>& hits) {
  nb::list lists;
  for (const std::vector<Hit>& one : hits) {
    nb::list list;
    for (const Hit& hit : one) list.append(nb::make_tuple(hit.index, hit.score));
    lists.append(list);
  }
  return lists;
}

using Rows = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

// Returns, for each row of coordinates, (number, cosine) of the nearest documents, or terms.
nb::list nearest(const LsaModel& model,
                 const Rows& rows,
                 bool documents,
                 index_t count,
                 const RunOptions& options) {
  const index_t b = extent(rows, 0), k = extent(rows, 1);
  require(k == model.rank(), "there are " + std::to_string(k) + " coordinates; the model has " +
                                 std::to_string(model.rank()));
  Matrix<double> coordinates = Matrix<double>::uninitialized(k, b);
  for (index_t q = 0; q < b; ++q) {
    std::copy_n(rows.data() + q * k, k, coordinates.view().column(q));
  }
  const index_t compared = documents ? model.document_count() : model.term_count();
  const double work =
      static_cast<double>(compared) * static_cast<double>(k) * static_cast<double>(b);
  return lists_of(run_for(options, brief_dense(work), [&](Context& context) {
    return documents ? nearest_documents(model, coordinates, count, context)
                     : nearest_terms(model, coordinates, count, context);
  }));
}

// Returns the coordinates of a document or term of the model.
nb::object coordinates(const LsaModel& model, index_t number, bool document) {
  Matrix<double> made =
      document ? document_coordinates(model, number) : term_coordinates(model, number);
  double* data = made.data();
  const auto k = static_cast<std::size_t>(made.rows());
  return adopt(std::move(made), data, {k}, {1});
}

nb::str text_of(std::string_view bytes) {
  PyObject* text =
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace");
  if (text == nullptr) throw nb::python_error();
  return nb::steal<nb::str>(text);
}

nb::list list_of(StringsView strings) {
  nb::list list;
  for (index_t i = 0; i < strings.size(); ++i) list.append(text_of(strings[i]));
  return list;
}

// Arrays in the model's own memory, which they keep.
nb::object as_array(const LsaModel& model, MatrixView<const float> A) {
  const auto rows = static_cast<std::size_t>(A.rows), cols = static_cast<std::size_t>(A.cols);
  return adopt(LsaModel(model), A.data, {rows, cols}, {1, A.ld});
}

nb::dict facts(const LsaModel& model) {
  nb::dict answer;
  answer["tokens"] = to_string(model.rules.tokens);
  answer["stop_words"] = model.rules.stop_words;
  answer["stem"] = model.rules.stemmer;
  answer["ngrams"] = model.rules.ngrams;
  answer["weighting"] = to_string(model.weights.weighting);
  answer["frobenius_norm"] = model.frobenius_norm;
  answer["history"] = model.history;
  answer["report"] = model.report;
  return answer;
}

}  // namespace

void bind_texts(nb::module_& module) {
  nb::class_<LsaModel>(module, "LsaModel")
      .def("fold", &fold)
      .def("nearest", &nearest)
      .def("coordinates", &coordinates)
      .def("facts", &facts)
      .def("terms", [](const LsaModel& model) { return list_of(model.terms); })
      .def("names", [](const LsaModel& model) { return list_of(model.names); })
      .def("find", [](const LsaModel& model,
                      const std::string& word) { return find_sorted(model.terms, word); })
      .def("sigma",
           [](const LsaModel& model) {
             return adopt(LsaModel(model), model.sigma.data(), {model.sigma.size()}, {1});
           })
      .def("left", [](const LsaModel& model) { return as_array(model, model.Ut); })
      .def("right", [](const LsaModel& model) { return as_array(model, model.Vt); })
      .def("write",
           [](const LsaModel& model, const std::string& path) { io::write_lsa(path, model); });
  module.def("lsa_fit", &fit);
  module.def("lsa_read", &io::read_lsa);
  module.def("split_terms", [](const LsaModel& model, const std::string& text) {
    Tokenizer tokenizer(model.rules);
    nb::list list;
    for (const std::string_view term : tokenizer.terms(text)) list.append(text_of(term));
    return list;
  });
  module.def("english_stop_words", &english_stop_words);
}

}  // namespace eckart::python
