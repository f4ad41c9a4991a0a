// Weights of terms: Dumais, Behavior Research Methods 23(2):229-236, 1991 (log, entropy); Salton,
// Buckley, Information Processing and Management 24(5):513-523, 1988 (tf-idf); Robertson,
// Zaragoza, Foundations and Trends in Information Retrieval 3(4):333-389, 2009 (BM25).
#include "eckart/text/weighting.hpp"

#include <cmath>

#include "eckart/error.hpp"

namespace eckart {
namespace {

constexpr double saturation = 1.2, length_share = 0.75;  // k1 and b of BM25

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

double local_weight(Weighting weighting, double count, double relative_length) {
  switch (weighting) {
    case Weighting::log:
    case Weighting::log_entropy:
      return std::log2(1 + count);
    case Weighting::bm25:
      return count * (saturation + 1) /
             (count + saturation * (1 - length_share + length_share * relative_length));
    default:
      return count;
  }
}

// 1 + sum p ln p / ln n, with sum p ln p = (sum tf ln tf) / gf - ln gf.
double entropy_weight(double total, double total_log, double documents) {
  if (documents < 2 || total == 0) return 1;
  const double sum = total_log / total - std::log(total);
  // Spread evenly over all documents a term says nothing; rounding must not make that negative.
  return std::max(0.0, 1 + sum / std::log(documents));
}

}  // namespace

std::vector<double> global_weights(const SparseMatrix<double>& counts, Weighting weighting) {
  const std::size_t terms = at(counts.cols);
  std::vector<double> global(terms, 1.0);
  if (weighting == Weighting::tf || weighting == Weighting::log) return global;
  std::vector<double> documents(terms), total(terms), total_log(terms);
  for (std::size_t p = 0; p < counts.values.size(); ++p) {
    const std::size_t term = at(counts.columns[p]);
    const double count = counts.values[p];
    documents[term] += 1;
    total[term] += count;
    if (count > 1) total_log[term] += count * std::log(count);
  }
  const auto n = static_cast<double>(counts.rows);
  for (std::size_t t = 0; t < terms; ++t) {
    if (weighting == Weighting::tf_idf) {
      global[t] = 1 + std::log((1 + n) / (1 + documents[t]));
    } else if (weighting == Weighting::bm25) {
      global[t] = std::log(1 + (n - documents[t] + 0.5) / (documents[t] + 0.5));
    } else {
      global[t] = entropy_weight(total[t], total_log[t], n);
    }
  }
  return global;
}

void apply_weights(SparseMatrix<double>& counts,
                   std::span<const double> lengths,
                   const TermWeights& weights) {
  require(static_cast<index_t>(weights.global.size()) == counts.cols,
          "there are " + std::to_string(weights.global.size()) + " global weights for " +
              std::to_string(counts.cols) + " terms");
  require(lengths.empty() || static_cast<index_t>(lengths.size()) == counts.rows,
          "there are " + std::to_string(lengths.size()) + " lengths for " +
              std::to_string(counts.rows) + " documents");
  for (index_t d = 0; d < counts.rows; ++d) {
    const bool mean = lengths.empty() || !(weights.mean_length > 0);
    const double relative = mean ? 1 : lengths[at(d)] / weights.mean_length;
    double squares = 0;
    for (std::size_t p = at(counts.offsets[at(d)]); p < at(counts.offsets[at(d) + 1]); ++p) {
      double& entry = counts.values[p];
      entry =
          local_weight(weights.weighting, entry, relative) * weights.global[at(counts.columns[p])];
      squares += entry * entry;
    }
    if (weights.weighting != Weighting::tf_idf || !(squares > 0)) continue;
    const double scale = 1 / std::sqrt(squares);
    for (std::size_t p = at(counts.offsets[at(d)]); p < at(counts.offsets[at(d) + 1]); ++p) {
      counts.values[p] *= scale;
    }
  }
}

const char* to_string(Weighting weighting) {
  switch (weighting) {
    case Weighting::tf:
      return "tf";
    case Weighting::log:
      return "log";
    case Weighting::tf_idf:
      return "tf-idf";
    case Weighting::log_entropy:
      return "log-entropy";
    case Weighting::bm25:
      return "bm25";
  }
  return "?";
}

Weighting weighting_from_string(const std::string& name) {
  for (const Weighting weighting : {Weighting::tf, Weighting::log, Weighting::tf_idf,
                                    Weighting::log_entropy, Weighting::bm25}) {
    if (name == to_string(weighting)) return weighting;
  }
  throw InvalidArgument("there is no weighting '" + name +
                        "'; expected tf, log, tf-idf, log-entropy or bm25");
}

}  // namespace eckart
