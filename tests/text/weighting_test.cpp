#include "eckart/text/weighting.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "eckart/error.hpp"

namespace eckart {
namespace {

// Three documents over three terms: counts (1 2 .), (. 2 .), (3 2 1).
SparseMatrix<double> counts() {
  return {3, 3, {0, 2, 3, 6}, {0, 1, 1, 0, 1, 2}, {1, 2, 2, 3, 2, 1}};
}

std::vector<double> weighted(Weighting weighting, const std::vector<double>& lengths = {3, 2, 6}) {
  SparseMatrix<double> A = counts();
  const std::vector<double> global = global_weights(A, weighting);
  apply_weights(A, lengths, {weighting, 11.0 / 3, global});
  return A.values;
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_TRUE(std::abs(found[i] - expected[i]) <= 1e-14) << i << ": " << found[i];
  }
}

TEST(Weighting, OfCountsAndLogarithms) {
  expect_near(weighted(Weighting::tf), {1, 2, 2, 3, 2, 1});
  expect_near(weighted(Weighting::log), {1, std::log2(3), std::log2(3), 2, std::log2(3), 1});
}

TEST(Weighting, LogEntropyIsThatOfDumais) {
  // Term 0: p = 1/4, 3/4. Term 1: in all documents alike, weight 0. Term 2: in one, weight 1.
  const double first = 1 + (0.25 * std::log(0.25) + 0.75 * std::log(0.75)) / std::log(3);
  expect_near(weighted(Weighting::log_entropy), {first, 0, 0, 2 * first, 0, 1});
}

TEST(Weighting, TfIdfMakesDocumentsOfLengthOne) {
  const double a = 1 + std::log(4.0 / 3), b = 1, c = 1 + std::log(2);
  const double first = std::hypot(a, 2 * b), last = std::hypot(3 * a, std::hypot(2 * b, c));
  expect_near(weighted(Weighting::tf_idf),
              {a / first, 2 * b / first, 1, 3 * a / last, 2 * b / last, c / last});
}

TEST(Weighting, Bm25SaturatesAndLooksAtLengths) {
  const auto weight = [](double tf, double df, double length) {
    return tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / (11.0 / 3))) *
           std::log(1 + (3 - df + 0.5) / (df + 0.5));
  };
  expect_near(weighted(Weighting::bm25), {weight(1, 2, 3), weight(2, 3, 3), weight(2, 3, 2),
                                          weight(3, 2, 6), weight(2, 3, 6), weight(1, 1, 6)});
  const double mean = 11.0 / 3;  // a query
  expect_near(weighted(Weighting::bm25, {}),
              {weight(1, 2, mean), weight(2, 3, mean), weight(2, 3, mean), weight(3, 2, mean),
               weight(2, 3, mean), weight(1, 1, mean)});
}

TEST(Weighting, OfASingleDocumentIsItsCounts) {
  const SparseMatrix<double> one{1, 2, {0, 2}, {0, 1}, {1, 5}};
  EXPECT_EQ(global_weights(one, Weighting::log_entropy), (std::vector<double>{1, 1}));
}

TEST(Weighting, KeepsEmptyDocuments) {
  SparseMatrix<double> A{2, 1, {0, 0, 1}, {0}, {2}};
  const std::vector<double> global = global_weights(A, Weighting::tf_idf);
  apply_weights(A, std::vector<double>{0, 2}, {Weighting::tf_idf, 1, global});
  EXPECT_EQ(A.values, std::vector<double>{1});
}

TEST(Weighting, RefusesSizesThatDoNotAgree) {
  SparseMatrix<double> A = counts();
  const std::vector<double> two(2, 1.0), three(3, 1.0);
  EXPECT_THROW(apply_weights(A, three, {Weighting::tf, 1, two}), InvalidArgument);
  EXPECT_THROW(apply_weights(A, two, {Weighting::tf, 1, three}), InvalidArgument);
}

TEST(Weighting, NamesGoThereAndBack) {
  for (const Weighting w : {Weighting::tf, Weighting::log, Weighting::tf_idf,
                            Weighting::log_entropy, Weighting::bm25}) {
    EXPECT_EQ(weighting_from_string(to_string(w)), w);
  }
  EXPECT_THROW(weighting_from_string("idf"), InvalidArgument);
}

}  // namespace
}  // namespace eckart
