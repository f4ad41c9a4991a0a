// eckart/apps/lsa.hpp - latent semantic analysis: search text by meaning.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/rank_rule.hpp"
#include "eckart/report.hpp"
#include "eckart/sparse_matrix.hpp"
#include "eckart/svd.hpp"
#include "eckart/text/ranking.hpp"
#include "eckart/text/term_counts.hpp"
#include "eckart/text/tokenizer.hpp"
#include "eckart/text/weighting.hpp"

namespace eckart {

// A ~= U diag(sigma) V^T of the weighted matrix A, m terms x n documents, with what it takes to
// weight and to compare other text. Everything lies in memory that owner keeps: arrays of its own,
// or a mapped file.
//
// A document is compared by its column of diag(sigma) V^T, a term by its row of U diag(sigma), and
// a query q, weighted like a document, by U^T q: that is where folding it in as a document,
// diag(sigma)^-1 U^T q, puts it.
struct LsaModel {
  TextRules rules;
  TermWeights weights;
  index_t fitted_documents = 0;           // the others came by updates
  std::vector<std::string> history = {};  // one sentence for the fit and each update
  std::string report = {};                // of the decomposition, as JSON

  StringsView terms;                        // m, sorted
  StringsView names;                        // n
  StringsView leads;                        // n
  std::span<const double> sigma;            // k
  MatrixView<const float> Ut;               // k x m: a column for each term
  MatrixView<const float> Vt;               // k x n: a column for each document
  std::span<const float> document_lengths;  // n: ||diag(sigma) v_j||
  double frobenius_norm = 0;                // of A

  // A^T by its documents, for plain term matching and the terms that a hit shares with a query.
  std::span<const index_t> entry_offsets;  // n + 1
  std::span<const std::int32_t> entry_terms;
  std::span<const float> entry_weights;

  std::shared_ptr<const void> owner;

  index_t term_count() const { return terms.size(); }
  index_t document_count() const { return names.size(); }
  index_t rank() const { return static_cast<index_t>(sigma.size()); }
  SparseView<float> entries() const;
};

struct LsaOptions {
  TextRules rules = {};  // those that the counts were made with
  Weighting weighting = Weighting::log_entropy;
  RankRule rank = {.rank = 100};

  // Residuals / sigma_1, of a decomposition in double precision: a hundredth of what libraries for
  // text reach. The model keeps float, so that less than 1e-7 would be lost.
  double accuracy = 1e-4;

  std::uint64_t seed = 0;
};

struct LsaFit {
  LsaModel model;
  SvdReport report;  // with the certificate
};

// What fitting would do.
struct LsaPlan {
  SvdPlan svd;
  double peak_bytes = 0;  // the counts, the decomposition and the model; an upper estimate
};

// Throws MemoryLimit if nothing fits the context's cap.
[[nodiscard]] LsaPlan plan_lsa(const TermCounts& counts,
                               const LsaOptions& options,
                               const Context& context = default_context());

// Returns the model of the counted documents.
//
// Accuracy: report.certificate. Cost: see plan_lsa.
// Throws InvalidArgument if there are no terms or documents, or all weights are zero; and what
// svd() throws.
[[nodiscard]] LsaFit fit_lsa(TermCounts counts,
                             const LsaOptions& options,
                             Context& context = default_context());

// Returns the SVD, terms x documents, of the weighted documents x terms matrix.
using LsaDecomposition = std::function<SvdResult<double>(const SparseMatrix<double>&)>;

// The same, decomposed by the caller: over several ranks, say. Of options the weighting and the
// rules count.
[[nodiscard]] LsaFit fit_lsa(TermCounts counts,
                             const LsaOptions& options,
                             const LsaDecomposition& decompose,
                             Context& context = default_context());

// Returns U^T q for each row q of the counts of queries over the model's terms, k x b. A query
// without a known term gives zeros. lengths: of the rows, in terms, where they are documents;
// empty: all of mean length, as queries are taken.
Matrix<double> fold_queries(const LsaModel& model,
                            SparseMatrix<double> counts,
                            std::span<const double> lengths = {});

// Returns where the document or term stands: diag(sigma) v_j, or diag(sigma) u_i; k x 1.
Matrix<double> document_coordinates(const LsaModel& model, index_t document);
Matrix<double> term_coordinates(const LsaModel& model, index_t term);

// Returns for each column of coordinates the count documents (terms) of the largest cosine; ties
// keep their order, and an empty document has cosine 0. A column of zeros gives no hits.
// Cost: one matrix product, so that many columns at once take little longer than one.
std::vector<std::vector<Hit>> nearest_documents(const LsaModel& model,
                                                const Matrix<double>& coordinates,
                                                index_t count,
                                                Context& context = default_context());
std::vector<std::vector<Hit>> nearest_terms(const LsaModel& model,
                                            const Matrix<double>& coordinates,
                                            index_t count,
                                            Context& context = default_context());

// The same by the weighted terms themselves, without the decomposition.
std::vector<std::vector<Hit>> matching_documents(const LsaModel& model,
                                                 SparseMatrix<double> counts,
                                                 index_t count,
                                                 Context& context = default_context());

// How new documents enter a model. Its terms and their weights stay.
enum class LsaUpdate {
  // Each gets the coordinates of a query; the rest stays as it is. V loses orthogonality.
  fold,
  // The SVD of [A_k D], D holding the new documents [1]: as good as a fit to A_k and D.
  svd,
};

// Returns the model with the documents of the counts, over the model's terms, at the end. The
// report is that of the decomposition of [A_k D]; for fold it holds nothing.
//
// Cost: fold one product; svd that of an m x (k + p) matrix, for p documents.
// Throws InvalidArgument if the counts have another number of terms, and what svd() throws.
//
// [1] Zha, Simon, SIAM J. Sci. Comput. 21(2):782-791, 1999.
[[nodiscard]] LsaFit update_lsa(const LsaModel& model,
                                TermCounts counts,
                                LsaUpdate update,
                                const LsaOptions& options = {},
                                Context& context = default_context());

// Returns ||V^T V - I||_F / sqrt(k): how far folding in has led from orthonormal columns.
double loss_of_orthogonality(const LsaModel& model, Context& context = default_context());

}  // namespace eckart
