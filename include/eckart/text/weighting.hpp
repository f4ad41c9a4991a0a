// eckart/text/weighting.hpp - how much a term says about a document.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "eckart/sparse_matrix.hpp"
#include "eckart/types.hpp"

namespace eckart {

// An entry is a local weight of the count tf of a term in a document, times a global weight of the
// term. n documents, df of them hold the term, which occurs gf times; p = tf / gf.
enum class Weighting {
  tf,           // tf
  log,          // log2(1 + tf)
  tf_idf,       // tf (1 + ln((1 + n) / (1 + df))), documents scaled to length one
  log_entropy,  // log2(1 + tf) (1 + sum_j p_j ln p_j / ln n)
  // tf 2.2 / (tf + 1.2 (0.25 + 0.75 l)) ln(1 + (n - df + 0.5) / (df + 0.5)), where l is the length
  // of the document over the mean length
  bm25,
};
const char* to_string(Weighting weighting);
// Throws InvalidArgument naming the known ones.
Weighting weighting_from_string(const std::string& name);

// What a weighting learns from the documents that a model is fitted to. Documents and queries that
// come later are weighted by the same.
struct TermWeights {
  Weighting weighting = Weighting::log_entropy;
  double mean_length = 0;               // of the documents, in terms
  std::span<const double> global = {};  // m
};

// Returns the global weight of each term: of the columns of counts, documents x terms. Ones for tf
// and log; with a single document the entropy is that of a term in one document, weight one.
// Cost: one look at the counts.
std::vector<double> global_weights(const SparseMatrix<double>& counts, Weighting weighting);

// Replaces the counts of documents (rows) by weights. lengths: of the documents, in terms; empty:
// all of mean length, as queries are taken.
// Throws InvalidArgument if sizes do not agree.
void apply_weights(SparseMatrix<double>& counts,
                   std::span<const double> lengths,
                   const TermWeights& weights);

}  // namespace eckart
