// Small collections, and models of them.
#pragma once

#include <string>
#include <vector>

#include "eckart/apps/lsa.hpp"
#include "tests/text/text_testing.hpp"

namespace eckart::testing_support {

inline TermCounts counts_of(const std::vector<std::string>& texts,
                            const TextRules& rules = {},
                            index_t min_documents = 2) {
  Listed source(texts);
  Context context(2);
  return count_terms(source, rules, {.min_documents = min_documents}, context);
}

inline SparseMatrix<double> query_of(const LsaModel& model, const std::vector<std::string>& texts) {
  Listed source(texts);
  Context context(1);
  return count_known_terms(source, model.rules, model.terms, {}, context).counts;
}

// The titles of Deerwester et al. 1990, table 2: c1 to c5 on people and computers, m1 to m4 on
// graphs.
inline std::vector<std::string> deerwester_titles() {
  return {"Human machine interface for Lab ABC computer applications",
          "A survey of user opinion of computer system response time",
          "The EPS user interface management system",
          "System and human system engineering testing of EPS",
          "Relation of user-perceived response time to error measurement",
          "The generation of random, binary, unordered trees",
          "The intersection graph of paths in trees",
          "Graph minors IV: Widths of trees and well-quasi-ordering",
          "Graph minors: A survey"};
}

inline LsaFit deerwester_model(int threads = 2) {
  LsaOptions options;
  options.rules.stop_words = english_stop_words();
  options.weighting = Weighting::tf;
  options.rank.rank = 2;
  options.accuracy = 1e-10;
  Context context(threads);
  return fit_lsa(counts_of(deerwester_titles(), options.rules), options, context);
}

// Eight short documents: four on learning machines and how they are trained, four on cooking.
inline std::vector<std::string> eight_documents() {
  return {"machine learning finds patterns in data with a model",
          "deep learning trains neural networks on large data",
          "neural networks learn by gradient descent on a loss",
          "gradient descent lowers the loss of a machine learning model",
          "bake the bread with flour and yeast in a hot oven",
          "knead flour, water and yeast before you bake",
          "soup needs water, salt and fresh vegetables",
          "roast vegetables with salt in the hot oven"};
}

}  // namespace eckart::testing_support
