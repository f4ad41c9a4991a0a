// Arrays that a model owns while it is not a mapped file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "eckart/apps/lsa.hpp"

namespace eckart::apps {

struct LsaStorage {
  Strings terms, names, leads;
  std::vector<double> global, sigma;
  Matrix<float> Ut, Vt;
  std::vector<float> document_lengths;
  std::vector<index_t> entry_offsets = {0};
  std::vector<std::int32_t> entry_terms;
  std::vector<float> entry_weights;
};

// Lets the model look at the arrays and keep them alive. The lengths of the documents are computed
// from sigma and Vt.
void adopt(LsaModel& model, std::unique_ptr<LsaStorage> storage);

// Returns the length of a document's or term's coordinates, or 0 if they are rounding errors: what
// is orthogonal to all k directions is near to nothing.
float length_or_zero(double length, std::span<const double> sigma);

// Appends the rows of a weighted matrix, documents x terms.
void append_entries(LsaStorage& storage, const SparseMatrix<double>& weighted);

void append(Strings& all, StringsView more);

}  // namespace eckart::apps
