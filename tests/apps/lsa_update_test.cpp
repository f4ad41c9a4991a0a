#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "eckart/apps/lsa.hpp"
#include "eckart/error.hpp"
#include "tests/apps/lsa_testing.hpp"
#include "tests/oracles/reference_svd.hpp"

namespace eckart {
namespace {

using namespace testing_support;

TermCounts more_counts(const LsaModel& model, const std::vector<std::string>& texts) {
  Listed source(texts);
  Context context(2);
  return count_known_terms(source, model.rules, model.terms, {}, context);
}

const std::vector<std::string> more_titles{"human interface survey human", "trees and graph minors",
                                           "unknown words alone",
                                           "user response time of a computer system"};

// U diag(sigma) V^T of a model.
Matrix<double> product(const LsaModel& model) {
  Matrix<double> A(model.term_count(), model.document_count());
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      for (index_t t = 0; t < model.rank(); ++t) {
        A(i, j) += double{model.Ut(t, i)} * model.sigma[static_cast<std::size_t>(t)] *
                   double{model.Vt(t, j)};
      }
    }
  }
  return A;
}

// [A_k D] by the counts themselves.
Matrix<double> extended(const LsaModel& model, const TermCounts& counts) {
  const Matrix<double> old = product(model);
  const index_t n = model.document_count();
  Matrix<double> B(model.term_count(), n + counts.counts.rows);
  std::copy_n(old.data(), old.rows() * old.cols(), B.data());
  for (index_t d = 0; d < counts.counts.rows; ++d) {
    for (auto p = static_cast<std::size_t>(counts.counts.offsets[static_cast<std::size_t>(d)]);
         p < static_cast<std::size_t>(counts.counts.offsets[static_cast<std::size_t>(d) + 1]);
         ++p) {
      B(counts.counts.columns[p], n + d) = counts.counts.values[p];
    }
  }
  return B;
}

TEST(LsaUpdate, OfTheSvdIsTheBestApproximationOfOldAndNew) {
  const LsaModel model = deerwester_model().model;
  Context context(2);
  const TermCounts counts = more_counts(model, more_titles);
  const Matrix<double> B = extended(model, counts);
  const LsaFit fit =
      update_lsa(model, more_counts(model, more_titles), LsaUpdate::svd, {}, context);
  EXPECT_TRUE(fit.report.certificate.met);
  // Eckart and Young: no matrix of rank 2 is nearer than the root of the squares left out.
  const std::vector<long double> sigma =
      oracles::reference_singular_values(std::as_const(B).view());
  double left_out = 0, error = 0;
  for (std::size_t i = 2; i < sigma.size(); ++i) {
    left_out += static_cast<double>(sigma[i] * sigma[i]);
  }
  const Matrix<double> A = product(fit.model);
  for (index_t i = 0; i < B.rows() * B.cols(); ++i) {
    error += (A.data()[i] - B.data()[i]) * (A.data()[i] - B.data()[i]);
  }
  ASSERT_EQ(fit.model.document_count(), 13);
  EXPECT_TRUE(std::sqrt(error) <= std::sqrt(left_out) + 1e-6) << error << " " << left_out;
  EXPECT_TRUE(std::abs(fit.model.sigma[0] - static_cast<double>(sigma[0])) <= 1e-6);
  EXPECT_TRUE(loss_of_orthogonality(fit.model, context) <= 1e-6);
  EXPECT_EQ(fit.model.history.size(), 2U);
  EXPECT_EQ(fit.model.history[1], "4 documents added by updating the SVD");
}

TEST(LsaUpdate, ByFoldingGivesNewDocumentsTheCoordinatesOfAQuery) {
  const LsaModel model = deerwester_model().model;
  Context context(2);
  const LsaModel folded =
      update_lsa(model, more_counts(model, more_titles), LsaUpdate::fold, {}, context).model;
  const Matrix<double> queries = fold_queries(model, query_of(model, more_titles));
  ASSERT_EQ(folded.document_count(), 13);
  for (index_t j = 0; j < 9; ++j) EXPECT_EQ(folded.Vt(0, j), model.Vt(0, j));
  for (index_t d = 0; d < 4; ++d) {
    const Matrix<double> place = document_coordinates(folded, 9 + d);
    for (index_t t = 0; t < 2; ++t) EXPECT_TRUE(std::abs(place(t, 0) - queries(t, d)) <= 1e-6);
  }
  EXPECT_EQ(folded.names[9], "1");
  EXPECT_EQ(folded.document_lengths[11], 0);  // no known word
  EXPECT_TRUE(loss_of_orthogonality(folded, context) > 0.05);
  EXPECT_TRUE(loss_of_orthogonality(model, context) <= 1e-6);
  // Of the new documents the one on trees is the nearest to a query on trees.
  const auto hits =
      nearest_documents(folded, fold_queries(folded, query_of(folded, {"trees"})), 5)[0];
  EXPECT_TRUE(std::any_of(hits.begin(), hits.end(), [](Hit h) { return h.index == 10; }));
}

TEST(LsaUpdate, KeepsTheNormAndTheEntries) {
  const LsaModel model = deerwester_model().model;
  Context context(2);
  for (const LsaUpdate how : {LsaUpdate::fold, LsaUpdate::svd}) {
    const LsaModel updated =
        update_lsa(model, more_counts(model, more_titles), how, {}, context).model;
    // Of 3, 3, 0 and 5 known words one is there twice.
    EXPECT_TRUE(std::abs(updated.frobenius_norm * updated.frobenius_norm -
                         (model.frobenius_norm * model.frobenius_norm + 14)) <= 1e-9);
    EXPECT_EQ(updated.entry_offsets.back(), model.entry_offsets.back() + 11);
    const auto plain = matching_documents(updated, query_of(updated, {"graph minors"}), 1)[0];
    EXPECT_EQ(plain[0].index, 7);  // m3, the first of three alike
    EXPECT_EQ(updated.fitted_documents, 9);
  }
}

TEST(LsaUpdate, IsTheSameForAnyNumberOfThreads) {
  const LsaModel model = deerwester_model().model;
  Context one(1), two(2);
  const LsaModel a =
      update_lsa(model, more_counts(model, more_titles), LsaUpdate::svd, {}, one).model;
  const LsaModel b =
      update_lsa(model, more_counts(model, more_titles), LsaUpdate::svd, {}, two).model;
  EXPECT_EQ(std::memcmp(a.Vt.data, b.Vt.data, 26 * sizeof(float)), 0);
  EXPECT_EQ(std::memcmp(a.Ut.data, b.Ut.data, 24 * sizeof(float)), 0);
}

TEST(LsaUpdate, RefusesOtherTermsAndNoDocuments) {
  const LsaModel model = deerwester_model().model;
  EXPECT_THROW((void)update_lsa(model, counts_of(eight_documents()), LsaUpdate::fold),
               InvalidArgument);
  EXPECT_THROW((void)update_lsa(model, more_counts(model, {}), LsaUpdate::fold), InvalidArgument);
}

}  // namespace
}  // namespace eckart
