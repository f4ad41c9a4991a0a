// New documents for a model: folding in, and SVD-updating.
#include <algorithm>
#include <cmath>

#include "apps/lsa_storage.hpp"
#include "core/parallel.hpp"
#include "eckart/apps/lsa.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

using apps::LsaStorage;

// B = [U diag(sigma), D], m x (k + p). Its SVD is that of [A_k D]: the rows of V^T and of the
// identity beside it are orthonormal [1].
class Extended : public LinearOperator<double> {
 public:
  Extended(const LsaModel& model, const SparseMatrix<double>& documents, const Context& context)
      : left_(model.term_count(), model.rank()),
        right_(make_operator(SparseView<double>(documents.cols,
                                                documents.rows,
                                                std::span<const index_t>(documents.offsets),
                                                std::span<const index_t>(documents.columns),
                                                documents.values,
                                                true),
                             SparseStorage::both_orientations,
                             context)) {
    for (index_t t = 0; t < left_.cols(); ++t) {
      const double sigma = model.sigma[static_cast<std::size_t>(t)];
      for (index_t i = 0; i < left_.rows(); ++i) left_(i, t) = sigma * double{model.Ut(t, i)};
    }
    left_operator_ = make_operator(std::as_const(left_).view());
  }

  index_t rows() const override { return left_.rows(); }
  index_t cols() const override { return left_.cols() + right_->cols(); }

  void apply(MatrixView<const double> X, MatrixView<double> Y, Context& context) const override {
    const index_t k = left_.cols();
    Matrix<double> sum = Matrix<double>::uninitialized(rows(), X.cols);
    right_->apply(X.block(k, 0, right_->cols(), X.cols), sum.view(), context);
    left_operator_->apply(X.block(0, 0, k, X.cols), Y, context);
    for (index_t j = 0; j < X.cols; ++j) {
      for (index_t i = 0; i < rows(); ++i) Y(i, j) += sum(i, j);
    }
  }

  void apply_adjoint(MatrixView<const double> Y,
                     MatrixView<double> X,
                     Context& context) const override {
    const index_t k = left_.cols();
    left_operator_->apply_adjoint(Y, X.block(0, 0, k, X.cols), context);
    right_->apply_adjoint(Y, X.block(k, 0, right_->cols(), X.cols), context);
  }

  index_t entries_per_product() const override {
    return left_operator_->entries_per_product() + right_->entries_per_product();
  }
  std::uint64_t stored_bytes() const override {
    return left_operator_->stored_bytes() + right_->stored_bytes();
  }

  EntryScan scan(Context& context) const override {
    EntryScan all = left_operator_->scan(context);
    const EntryScan more = right_->scan(context);
    all.max_abs = std::max(all.max_abs, more.max_abs);
    all.min_abs = std::min(all.min_abs, more.min_abs);
    all.nonzeros += more.nonzeros;
    if (all.finite() && !more.finite()) {
      all.nonfinite_row = more.nonfinite_row;
      all.nonfinite_col = left_.cols() + more.nonfinite_col;
      all.nonfinite_value = more.nonfinite_value;
    }
    return all;
  }

  std::vector<double> column_energies(const AffineMap<double>& map,
                                      Context& context) const override {
    if (!map.identity()) return LinearOperator<double>::column_energies(map, context);
    std::vector<double> all = left_operator_->column_energies(map, context);
    const std::vector<double> more = right_->column_energies(map, context);
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

 private:
  Matrix<double> left_;
  std::unique_ptr<LinearOperator<double>> left_operator_;
  std::unique_ptr<LinearOperator<double>> right_;
};

// A model with the old documents and the new ones, but for the vectors.
std::unique_ptr<LsaStorage> joined(const LsaModel& model, const TermCounts& counts) {
  auto storage = std::make_unique<LsaStorage>();
  apps::append(storage->terms, model.terms);
  apps::append(storage->names, model.names);
  apps::append(storage->leads, model.leads);
  apps::append(storage->names, counts.names.view());
  apps::append(storage->leads, counts.leads.view());
  storage->global.assign(model.weights.global.begin(), model.weights.global.end());
  storage->entry_offsets.assign(model.entry_offsets.begin(), model.entry_offsets.end());
  storage->entry_terms.assign(model.entry_terms.begin(), model.entry_terms.end());
  storage->entry_weights.assign(model.entry_weights.begin(), model.entry_weights.end());
  apps::append_entries(*storage, counts.counts);
  return storage;
}

// New documents become columns of diag(sigma)^-1 U^T D.
// A triplet of a smaller singular value is rounding alone, and no direction.
void fold(const LsaModel& model, const SparseMatrix<double>& documents, LsaStorage& storage) {
  constexpr double negligible = 1e-12;
  const index_t k = model.rank(), n = model.document_count(), p = documents.rows;
  storage.sigma.assign(model.sigma.begin(), model.sigma.end());
  storage.Ut = Matrix<float>::uninitialized(k, model.term_count());
  std::copy_n(model.Ut.data, k * model.term_count(), storage.Ut.data());
  storage.Vt = Matrix<float>::uninitialized(k, n + p);
  std::copy_n(model.Vt.data, k * n, storage.Vt.data());
  std::vector<double> coordinates(static_cast<std::size_t>(k));
  for (index_t d = 0; d < p; ++d) {
    std::fill(coordinates.begin(), coordinates.end(), 0.0);
    for (auto e = static_cast<std::size_t>(documents.offsets[static_cast<std::size_t>(d)]);
         e < static_cast<std::size_t>(documents.offsets[static_cast<std::size_t>(d) + 1]); ++e) {
      const float* u = model.Ut.column(documents.columns[e]);
      for (std::size_t t = 0; t < coordinates.size(); ++t) {
        coordinates[t] += documents.values[e] * double{u[t]};
      }
    }
    for (index_t t = 0; t < k; ++t) {
      const double sigma = model.sigma[static_cast<std::size_t>(t)];
      const bool direction = sigma > negligible * model.sigma[0];
      storage.Vt(t, n + d) =
          direction ? static_cast<float>(coordinates[static_cast<std::size_t>(t)] / sigma) : 0;
    }
  }
}

// B = U' diag(sigma') W^T gives [A_k D] = U' diag(sigma') [V W_1; W_2]^T.
SvdReport decompose(const LsaModel& model,
                    const SparseMatrix<double>& documents,
                    const LsaOptions& options,
                    LsaStorage& storage,
                    Context& context) {
  const Extended B(model, documents, context);
  SvdRequest request;
  request.rank.rank = model.rank();
  request.accuracy = options.accuracy;
  request.seed = options.seed;
  SvdResult<double> result = svd(B, request, context);
  if (result.sigma.empty()) core::throw_cancelled(context);  // stopped before the first triplet
  const index_t k = static_cast<index_t>(result.sigma.size()), old = model.rank();
  const index_t n = model.document_count(), p = documents.rows, m = model.term_count();
  storage.Ut = Matrix<float>::uninitialized(k, m);
  for (index_t t = 0; t < k; ++t) {
    for (index_t i = 0; i < m; ++i) storage.Ut(t, i) = static_cast<float>(result.U(i, t));
  }
  Matrix<float> W(old, k), VW = Matrix<float>::uninitialized(n, k);
  for (index_t t = 0; t < k; ++t) {
    for (index_t i = 0; i < old; ++i) W(i, t) = static_cast<float>(result.V(i, t));
  }
  make_operator(DenseMatrix<float>{model.Vt, true, nullptr})
      ->apply(std::as_const(W).view(), VW.view(), context);
  storage.Vt = Matrix<float>::uninitialized(k, n + p);
  for (index_t t = 0; t < k; ++t) {
    for (index_t j = 0; j < n; ++j) storage.Vt(t, j) = VW(j, t);
    for (index_t d = 0; d < p; ++d) {
      storage.Vt(t, n + d) = static_cast<float>(result.V(old + d, t));
    }
  }
  storage.sigma = std::move(result.sigma);
  return std::move(result.report);
}

}  // namespace

LsaFit update_lsa(const LsaModel& model,
                  TermCounts counts,
                  LsaUpdate update,
                  const LsaOptions& options,
                  Context& context) {
  require(counts.counts.cols == model.term_count(),
          "the counts have " + std::to_string(counts.counts.cols) + " terms, the model " +
              std::to_string(model.term_count()));
  require(counts.counts.rows > 0, "there are no new documents");
  apply_weights(counts.counts, counts.lengths, model.weights);
  auto storage = joined(model, counts);
  LsaFit fit;
  fit.model = model;
  if (update == LsaUpdate::fold) {
    fold(model, counts.counts, *storage);
  } else {
    fit.report = decompose(model, counts.counts, options, *storage, context);
  }
  double squares = model.frobenius_norm * model.frobenius_norm;
  for (const double value : counts.counts.values) squares += value * value;
  fit.model.frobenius_norm = std::sqrt(squares);
  const index_t count = counts.counts.rows;
  fit.model.history.push_back(
      std::to_string(count) + (count == 1 ? " document" : " documents") +
      (update == LsaUpdate::fold ? " folded in" : " added by updating the SVD"));
  apps::adopt(fit.model, std::move(storage));
  return fit;
}

double loss_of_orthogonality(const LsaModel& model, Context& context) {
  const index_t k = model.rank();
  Matrix<float> I(k, k), Y = Matrix<float>::uninitialized(model.document_count(), k), G(k, k);
  for (index_t t = 0; t < k; ++t) I(t, t) = 1;
  const auto V = make_operator(DenseMatrix<float>{model.Vt, true, nullptr});
  V->apply(std::as_const(I).view(), Y.view(), context);
  V->apply_adjoint(std::as_const(Y).view(), G.view(), context);
  double squares = 0;
  for (index_t i = 0; i < k; ++i) {
    for (index_t j = 0; j < k; ++j) {
      const double defect = double{G(i, j)} - (i == j ? 1 : 0);
      squares += defect * defect;
    }
  }
  return std::sqrt(squares / static_cast<double>(std::max<index_t>(1, k)));
}

}  // namespace eckart
