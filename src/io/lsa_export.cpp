// Models for other programs.
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "eckart/io/lsa_file.hpp"
#include "io/atomic_file.hpp"

namespace eckart::io {
namespace {

using nlohmann::ordered_json;

ordered_json list(StringsView strings) {
  ordered_json array = ordered_json::array();
  for (index_t i = 0; i < strings.size(); ++i) array.push_back(std::string(strings[i]));
  return array;
}

ordered_json rows(MatrixView<const float> columns) {
  ordered_json array = ordered_json::array();
  for (index_t j = 0; j < columns.cols; ++j) {
    array.push_back(std::vector<float>(columns.column(j), columns.column(j) + columns.rows));
  }
  return array;
}

}  // namespace

void write_word2vec(const std::string& path, const LsaModel& model, bool documents) {
  const StringsView names = documents ? model.names : model.terms;
  const MatrixView<const float> vectors = documents ? model.Vt : model.Ut;
  AtomicFile file(path);
  file.write(fmt::format("{} {}\n", names.size(), model.rank()));
  std::string line;
  for (index_t i = 0; i < names.size(); ++i) {
    line = names[i];
    for (char& c : line) {
      if (static_cast<unsigned char>(c) <= ' ') c = '_';
    }
    if (line.empty()) line = "_";
    for (index_t t = 0; t < model.rank(); ++t) {
      fmt::format_to(std::back_inserter(line), " {:.6g}",
                     model.sigma[static_cast<std::size_t>(t)] * double{vectors(t, i)});
    }
    line += '\n';
    file.write(line);
  }
  file.commit();
}

std::string lsa_json(const LsaModel& model) {
  const ordered_json object = {
      {"schema", 1},
      {"tokens", to_string(model.rules.tokens)},
      {"stop_words", model.rules.stop_words},
      {"stemmer", model.rules.stemmer},
      {"ngrams", model.rules.ngrams},
      {"weighting", to_string(model.weights.weighting)},
      {"mean_length", model.weights.mean_length},
      {"fitted_documents", model.fitted_documents},
      {"history", model.history},
      {"frobenius_norm", model.frobenius_norm},
      {"sigma", std::vector<double>(model.sigma.begin(), model.sigma.end())},
      {"terms", list(model.terms)},
      {"global_weights",
       std::vector<double>(model.weights.global.begin(), model.weights.global.end())},
      {"U", rows(model.Ut)},
      {"documents", list(model.names)},
      {"leads", list(model.leads)},
      {"V", rows(model.Vt)}};
  return object.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace eckart::io
