// Fitting: weights, the truncated SVD of the terms x documents matrix, and what a model keeps.
// Deerwester, Dumais, Furnas, Landauer, Harshman, J. Am. Soc. Inf. Sci. 41(6):391-407, 1990.
#include "eckart/apps/lsa.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/lsa_storage.hpp"
#include "core/parallel.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

using apps::LsaStorage;

// The terms x documents matrix over the documents x terms one.
SparseView<double> by_terms(const SparseMatrix<double>& documents) {
  return {documents.cols,
          documents.rows,
          std::span<const index_t>(documents.offsets),
          std::span<const index_t>(documents.columns),
          documents.values,
          true};
}

Matrix<float> transposed(const Matrix<double>& A) {
  Matrix<float> At = Matrix<float>::uninitialized(A.cols(), A.rows());
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) At(j, i) = static_cast<float>(A(i, j));
  }
  return At;
}

SvdRequest request_of(const LsaOptions& options) {
  SvdRequest request;
  request.rank = options.rank;
  request.accuracy = options.accuracy;
  request.seed = options.seed;
  return request;
}

void check(const TermCounts& counts) {
  require(counts.counts.rows > 0, "there are no documents");
  require(counts.counts.cols > 0,
          "no term is in enough documents and in few enough: lower the least number of documents "
          "(--min-df), or raise the largest share (--max-df)");
  require(counts.counts.cols < (index_t{1} << 31), "there are more than 2^31 terms");
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(std::max<std::size_t>(1, values.size()));
}

double norm_of(const std::vector<double>& values) {
  double squares = 0;
  for (const double value : values) squares += value * value;
  return std::sqrt(squares);
}

std::string counted_documents(index_t count) {
  return std::to_string(count) + (count == 1 ? " document" : " documents");
}

}  // namespace

SparseView<float> LsaModel::entries() const {
  return {document_count(), term_count(), entry_offsets, entry_terms, entry_weights};
}

namespace {

// What the memory cap leaves to the decomposition: the counts and the operator stay beside it.
std::uint64_t cap_beside(double bytes, const Context& context) {
  const std::uint64_t cap = context.memory_cap_bytes();
  if (cap == 0) return 0;
  if (bytes >= static_cast<double>(cap)) {
    throw MemoryLimit("the matrix of weighted terms", static_cast<std::uint64_t>(bytes), cap);
  }
  return cap - static_cast<std::uint64_t>(bytes);
}

double text_bytes(const TermCounts& counts) {
  return static_cast<double>(counts.terms.bytes.size() + counts.names.bytes.size() +
                             counts.leads.bytes.size());
}

// The counts, and the operator over them.
double input_bytes(const SparseMatrix<double>& counts, const LinearOperator<double>& A) {
  return 16 * static_cast<double>(counts.stored_entries()) + static_cast<double>(A.stored_bytes());
}

// Lowers the memory cap of a context while it lives.
class LowerCap {
 public:
  LowerCap(Context& context, std::uint64_t cap)
      : context_(context), before_(context.memory_cap_bytes()) {
    context_.set_memory_cap_bytes(cap);
  }
  ~LowerCap() { context_.set_memory_cap_bytes(before_); }
  LowerCap(const LowerCap&) = delete;
  LowerCap& operator=(const LowerCap&) = delete;

 private:
  Context& context_;
  std::uint64_t before_;
};

}  // namespace

LsaPlan plan_lsa(const TermCounts& counts, const LsaOptions& options, const Context& context) {
  check(counts);
  const auto A = make_operator(by_terms(counts.counts), SparseStorage::both_orientations, context);
  const double input = text_bytes(counts) + input_bytes(counts.counts, *A);
  Context beside(context.threads());
  beside.set_memory_cap_bytes(cap_beside(input, context));
  LsaPlan plan;
  plan.svd = plan_svd(*A, request_of(options), beside);
  const auto m = static_cast<double>(counts.counts.cols);
  const auto n = static_cast<double>(counts.counts.rows);
  const auto k = static_cast<double>(options.rank.rank.value_or(0));
  const double model =
      4 * k * (m + n) + 8 * static_cast<double>(counts.counts.stored_entries()) + 28 * n + 16 * m;
  // The vectors of the decomposition are copied into those of the model when its other memory is
  // free again.
  const double copying = 8 * k * (m + n) + model;
  plan.peak_bytes = std::max(static_cast<double>(counts.facts.peak_bytes),
                             input + std::max(plan.svd.peak_bytes, copying));
  return plan;
}

LsaFit fit_lsa(TermCounts counts, const LsaOptions& options, Context& context) {
  const double text = text_bytes(counts);
  const auto decompose = [&](const SparseMatrix<double>& weighted) {
    const auto A = make_operator(by_terms(weighted), SparseStorage::both_orientations, context);
    const LowerCap beside(context, cap_beside(text + input_bytes(weighted, *A), context));
    return svd(*A, request_of(options), context);
  };
  return fit_lsa(std::move(counts), options, decompose, context);
}

LsaFit fit_lsa(TermCounts counts,
               const LsaOptions& options,
               const LsaDecomposition& decompose,
               Context& context) {
  check(counts);
  auto storage = std::make_unique<LsaStorage>();
  LsaFit fit;
  LsaModel& model = fit.model;
  model.rules = options.rules;
  model.fitted_documents = counts.counts.rows;
  model.weights.weighting = options.weighting;
  model.weights.mean_length = mean(counts.lengths);
  storage->global = global_weights(counts.counts, options.weighting);
  model.weights.global = storage->global;
  apply_weights(counts.counts, counts.lengths, model.weights);
  model.frobenius_norm = norm_of(counts.counts.values);
  require(model.frobenius_norm > 0, std::string("every term has weight zero by ") +
                                        to_string(options.weighting) +
                                        ": each is spread evenly over all documents");
  {
    SvdResult<double> result = decompose(counts.counts);
    if (result.sigma.empty()) core::throw_cancelled(context);  // stopped before the first triplet
    storage->Ut = transposed(result.U);
    result.U = {};
    storage->Vt = transposed(result.V);
    storage->sigma = std::move(result.sigma);
    fit.report = std::move(result.report);
  }
  apps::append_entries(*storage, counts.counts);
  storage->terms = std::move(counts.terms);
  storage->names = std::move(counts.names);
  storage->leads = std::move(counts.leads);
  model.history.push_back("fitted to " + counted_documents(model.fitted_documents));
  apps::adopt(model, std::move(storage));
  return fit;
}

Matrix<double> fold_queries(const LsaModel& model,
                            SparseMatrix<double> counts,
                            std::span<const double> lengths) {
  apply_weights(counts, lengths, model.weights);
  const index_t k = model.rank();
  Matrix<double> coordinates(k, counts.rows);
  for (index_t q = 0; q < counts.rows; ++q) {
    double* column = coordinates.view().column(q);
    for (auto p = static_cast<std::size_t>(counts.offsets[static_cast<std::size_t>(q)]);
         p < static_cast<std::size_t>(counts.offsets[static_cast<std::size_t>(q) + 1]); ++p) {
      const float* u = model.Ut.column(counts.columns[p]);
      for (index_t t = 0; t < k; ++t) column[t] += counts.values[p] * double{u[t]};
    }
  }
  return coordinates;
}

namespace {

float length_of(const LsaModel& model, MatrixView<const float> vectors, index_t j) {
  double squares = 0;
  for (index_t t = 0; t < model.rank(); ++t) {
    const double x = model.sigma[static_cast<std::size_t>(t)] * double{vectors(t, j)};
    squares += x * x;
  }
  return apps::length_or_zero(std::sqrt(squares), model.sigma);
}

Matrix<double> scaled_column(const LsaModel& model, MatrixView<const float> vectors, index_t j) {
  require(j >= 0 && j < vectors.cols, "there is no number " + std::to_string(j));
  Matrix<double> column(model.rank(), 1);
  if (!(length_of(model, vectors, j) > 0)) return column;
  for (index_t t = 0; t < model.rank(); ++t) {
    column(t, 0) = model.sigma[static_cast<std::size_t>(t)] * double{vectors(t, j)};
  }
  return column;
}

// Returns the hits of each column of right: left^T diag(scale) right over the lengths, the columns
// of right scaled to length one. Blocks of columns keep the scores in a fixed amount of memory.
std::vector<std::vector<Hit>> nearest(const LinearOperator<float>& vectors,
                                      std::span<const double> scale,
                                      std::span<const float> lengths,
                                      const Matrix<double>& coordinates,
                                      index_t count,
                                      Context& context) {
  constexpr index_t block = 64;
  const index_t k = coordinates.rows(), b = coordinates.cols();
  std::vector<std::vector<Hit>> all;
  for (index_t first = 0; first < b; first += block) {
    const index_t width = std::min(block, b - first);
    Matrix<float> X(k, width), scores = Matrix<float>::uninitialized(vectors.rows(), width);
    std::vector<bool> zero(static_cast<std::size_t>(width));
    for (index_t c = 0; c < width; ++c) {
      double squares = 0;
      for (index_t t = 0; t < k; ++t) {
        squares += coordinates(t, first + c) * coordinates(t, first + c);
      }
      zero[static_cast<std::size_t>(c)] = !(squares > 0);
      if (!(squares > 0)) continue;
      for (index_t t = 0; t < k; ++t) {
        const double weight = scale.empty() ? 1 : scale[static_cast<std::size_t>(t)];
        X(t, c) = static_cast<float>(weight * coordinates(t, first + c) / std::sqrt(squares));
      }
    }
    vectors.apply(std::as_const(X).view(), scores.view(), context);
    auto hits = rank_columns(std::as_const(scores).view(), lengths, count, context);
    for (std::size_t c = 0; c < hits.size(); ++c) {
      if (zero[c]) hits[c].clear();
      all.push_back(std::move(hits[c]));
    }
  }
  return all;
}

// Vectors that stand in columns, as the rows of an operator.
std::unique_ptr<LinearOperator<float>> as_rows(MatrixView<const float> columns) {
  return make_operator(DenseMatrix<float>{columns, true, nullptr});
}

}  // namespace

Matrix<double> document_coordinates(const LsaModel& model, index_t document) {
  return scaled_column(model, model.Vt, document);
}

Matrix<double> term_coordinates(const LsaModel& model, index_t term) {
  return scaled_column(model, model.Ut, term);
}

std::vector<std::vector<Hit>> nearest_documents(const LsaModel& model,
                                                const Matrix<double>& coordinates,
                                                index_t count,
                                                Context& context) {
  return nearest(*as_rows(model.Vt), model.sigma, model.document_lengths, coordinates, count,
                 context);
}

std::vector<std::vector<Hit>> nearest_terms(const LsaModel& model,
                                            const Matrix<double>& coordinates,
                                            index_t count,
                                            Context& context) {
  std::vector<float> lengths;
  for (index_t i = 0; i < model.term_count(); ++i) {
    lengths.push_back(length_of(model, model.Ut, i));
  }
  return nearest(*as_rows(model.Ut), model.sigma, lengths, coordinates, count, context);
}

std::vector<std::vector<Hit>> matching_documents(const LsaModel& model,
                                                 SparseMatrix<double> counts,
                                                 index_t count,
                                                 Context& context) {
  apply_weights(counts, {}, model.weights);
  std::vector<float> lengths;
  for (std::size_t d = 0; d + 1 < model.entry_offsets.size(); ++d) {
    double squares = 0;
    for (auto p = static_cast<std::size_t>(model.entry_offsets[d]);
         p < static_cast<std::size_t>(model.entry_offsets[d + 1]); ++p) {
      squares += double{model.entry_weights[p]} * double{model.entry_weights[p]};
    }
    lengths.push_back(static_cast<float>(std::sqrt(squares)));
  }
  const auto entries = make_operator(model.entries(), SparseStorage::one_orientation, context);
  constexpr index_t block = 64;  // of queries whose terms are written out
  std::vector<std::vector<Hit>> all;
  for (index_t first = 0; first < counts.rows; first += block) {
    const index_t width = std::min(block, counts.rows - first);
    Matrix<double> queries(model.term_count(), width);
    for (index_t c = 0; c < width; ++c) {
      const auto q = static_cast<std::size_t>(first + c);
      for (auto p = static_cast<std::size_t>(counts.offsets[q]);
           p < static_cast<std::size_t>(counts.offsets[q + 1]); ++p) {
        queries(counts.columns[p], c) = counts.values[p];
      }
    }
    for (auto& hits : nearest(*entries, {}, lengths, queries, count, context)) {
      all.push_back(std::move(hits));
    }
  }
  return all;
}

}  // namespace eckart
