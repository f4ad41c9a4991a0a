#include "apps/lsa_storage.hpp"

#include <cmath>

namespace eckart::apps {

void append(Strings& all, StringsView more) {
  for (index_t i = 0; i < more.size(); ++i) all.add(more[i]);
}

void append_entries(LsaStorage& storage, const SparseMatrix<double>& weighted) {
  const index_t before = storage.entry_offsets.back();
  for (std::size_t d = 1; d < weighted.offsets.size(); ++d) {
    storage.entry_offsets.push_back(before + weighted.offsets[d]);
  }
  for (const index_t term : weighted.columns) {
    storage.entry_terms.push_back(static_cast<std::int32_t>(term));
  }
  for (const double weight : weighted.values) {
    storage.entry_weights.push_back(static_cast<float>(weight));
  }
}

float length_or_zero(double length, std::span<const double> sigma) {
  constexpr double negligible = 1e-6;
  return length > negligible * sigma[0] ? static_cast<float>(length) : 0;
}

void adopt(LsaModel& model, std::unique_ptr<LsaStorage> storage) {
  const std::shared_ptr<LsaStorage> shared = std::move(storage);
  LsaStorage& s = *shared;
  const index_t k = s.Vt.rows(), n = s.Vt.cols();
  s.document_lengths.resize(static_cast<std::size_t>(n));
  for (index_t j = 0; j < n; ++j) {
    double squares = 0;
    for (index_t t = 0; t < k; ++t) {
      const double coordinate = s.sigma[static_cast<std::size_t>(t)] * double{s.Vt(t, j)};
      squares += coordinate * coordinate;
    }
    s.document_lengths[static_cast<std::size_t>(j)] = length_or_zero(std::sqrt(squares), s.sigma);
  }
  model.terms = s.terms.view();
  model.names = s.names.view();
  model.leads = s.leads.view();
  model.weights.global = s.global;
  model.sigma = s.sigma;
  model.Ut = std::as_const(s.Ut).view();
  model.Vt = std::as_const(s.Vt).view();
  model.document_lengths = s.document_lengths;
  model.entry_offsets = s.entry_offsets;
  model.entry_terms = s.entry_terms;
  model.entry_weights = s.entry_weights;
  model.owner = shared;
}

}  // namespace eckart::apps
