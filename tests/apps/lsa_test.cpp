#include "eckart/apps/lsa.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "eckart/apps/retrieval.hpp"
#include "eckart/error.hpp"
#include "eckart/io/text.hpp"
#include "tests/apps/lsa_testing.hpp"

namespace eckart {
namespace {

using namespace testing_support;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

TEST(Lsa, OfDeerwestersTitlesIsAsPrinted) {
  const LsaFit fit = deerwester_model();
  const LsaModel& model = fit.model;
  EXPECT_TRUE(fit.report.certificate.met);
  ASSERT_EQ(model.rank(), 2);
  EXPECT_TRUE(std::abs(model.sigma[0] - 3.34) <= 0.005);
  EXPECT_TRUE(std::abs(model.sigma[1] - 2.54) <= 0.005);
  // Page 398 of the paper: T0 and D0, two columns. Signs are of no account there.
  const std::map<std::string, std::pair<double, double>> terms{
      {"human", {.22, -.11}}, {"interface", {.20, -.07}}, {"computer", {.24, .04}},
      {"user", {.40, .06}},   {"system", {.64, -.17}},    {"response", {.27, .11}},
      {"time", {.27, .11}},   {"eps", {.30, -.14}},       {"survey", {.21, .27}},
      {"trees", {.01, .49}},  {"graph", {.04, .62}},      {"minors", {.03, .45}}};
  const std::vector<std::pair<double, double>> documents{{.20, -.06}, {.61, .17}, {.46, -.13},
                                                         {.54, -.23}, {.28, .11}, {.00, .19},
                                                         {.01, .44},  {.02, .62}, {.08, .53}};
  ASSERT_EQ(model.term_count(), 12);
  for (index_t i = 0; i < 12; ++i) {
    const auto [first, second] = terms.at(std::string(model.terms[i]));
    EXPECT_TRUE(std::abs(double{model.Ut(0, i)} - first) <= 0.0051) << model.terms[i];
    EXPECT_TRUE(std::abs(double{model.Ut(1, i)} - second) <= 0.0051) << model.terms[i];
  }
  for (index_t j = 0; j < 9; ++j) {
    EXPECT_TRUE(std::abs(double{model.Vt(0, j)} - documents[at(j)].first) <= 0.0051) << j;
    EXPECT_TRUE(std::abs(double{model.Vt(1, j)} - documents[at(j)].second) <= 0.0051) << j;
  }
}

TEST(Lsa, FindsDeerwestersDocumentsThatShareNoTermWithTheQuery) {
  const LsaFit fit = deerwester_model();
  const Matrix<double> query =
      fold_queries(fit.model, query_of(fit.model, {"human computer interaction"}));
  // Page 403: the query lies at (.46, -.07) of T; over sigma that is the sum of two rows of it.
  EXPECT_TRUE(std::abs(query(0, 0) - .46) <= 0.006);
  EXPECT_TRUE(std::abs(query(1, 0) + .07) <= 0.006);
  const auto hits = nearest_documents(fit.model, query, 9)[0];
  // All of c1 to c5 have a cosine of .9 or more, none of m1 to m4 does; c3 and c5 share no term.
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(hits[i].index < 5, i < 5);
    EXPECT_EQ(hits[i].score >= .9, i < 5) << hits[i].score;
  }
  const auto plain = matching_documents(fit.model, query_of(fit.model, {"human computer"}), 9)[0];
  const auto score = [&](index_t document) {
    return std::find_if(plain.begin(), plain.end(), [&](Hit h) { return h.index == document; })
        ->score;
  };
  EXPECT_TRUE(std::abs(score(0) - 2 / std::sqrt(6.0)) <= 1e-6);  // c1: two of its three terms
  EXPECT_EQ(score(2), 0);
  EXPECT_EQ(score(4), 0);
}

TEST(Lsa, OfEightDocumentsTellsItsTwoTopics) {
  LsaOptions options;
  options.rules.stop_words = english_stop_words();
  options.rank.rank = 2;
  Context context(2);
  for (const Weighting weighting : {Weighting::tf, Weighting::log, Weighting::tf_idf,
                                    Weighting::log_entropy, Weighting::bm25}) {
    options.weighting = weighting;
    const LsaModel model =
        fit_lsa(counts_of(eight_documents(), options.rules), options, context).model;
    for (index_t j = 0; j < 8; ++j) {
      const auto hits = nearest_documents(model, document_coordinates(model, j), 8)[0];
      EXPECT_TRUE(std::abs(hits[0].score - 1) <= 1e-6);
      for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_EQ((hits[i].index < 4) == (j < 4), i < 4) << to_string(weighting) << " " << j;
        EXPECT_EQ(hits[i].score > .7, i < 4) << to_string(weighting) << " " << hits[i].score;
      }
    }
    // Gradient descent and machine learning: near, though two of the documents hold one alone.
    const auto near =
        nearest_terms(model, term_coordinates(model, find_sorted(model.terms, "gradient")), 7)[0];
    const std::set<std::string> topic{"data",    "descent", "gradient", "learning", "loss",
                                      "machine", "model",   "networks", "neural"};
    for (const Hit& hit : near) EXPECT_TRUE(topic.contains(std::string(model.terms[hit.index])));
  }
}

TEST(Lsa, IsTheSameForAnyNumberOfThreads) {
  const LsaModel one = deerwester_model(1).model;
  for (const int threads : {2, 3}) {
    const LsaModel more = deerwester_model(threads).model;
    EXPECT_EQ(std::memcmp(one.Ut.data, more.Ut.data, 24 * sizeof(float)), 0);
    EXPECT_EQ(std::memcmp(one.Vt.data, more.Vt.data, 18 * sizeof(float)), 0);
    EXPECT_EQ(one.sigma[1], more.sigma[1]);
  }
}

TEST(Lsa, ChoosesTheRankByEnergy) {
  LsaOptions options;
  options.rank = {.energy = 0.7};
  Context context(2);
  const LsaModel model = fit_lsa(counts_of(eight_documents()), options, context).model;
  double energy = 0, without_last = 0;
  for (index_t t = 0; t < model.rank(); ++t) {
    without_last = energy;
    energy += model.sigma[at(t)] * model.sigma[at(t)];
  }
  const double all = model.frobenius_norm * model.frobenius_norm;
  EXPECT_TRUE(energy >= 0.7 * all - 1e-9);
  EXPECT_TRUE(without_last < 0.7 * all);
}

TEST(Lsa, OfOneDocumentAndOfEmptyOnesIsDefined) {
  LsaOptions options;
  options.rank.rank = 5;
  Context context(2);
  const LsaModel one = fit_lsa(counts_of({"a single document"}, {}, 1), options, context).model;
  EXPECT_EQ(one.rank(), 1);
  EXPECT_EQ(one.weights.mean_length, 2);
  EXPECT_EQ(nearest_documents(one, fold_queries(one, query_of(one, {"document"})), 3)[0].size(),
            1U);
  const LsaModel some =
      fit_lsa(counts_of({"apple pear", "", "apple fig", "pear fig"}, {}, 1), options, context)
          .model;
  const auto hits = nearest_documents(some, fold_queries(some, query_of(some, {"apple"})), 4)[0];
  EXPECT_EQ(std::find_if(hits.begin(), hits.end(), [](Hit h) { return h.index == 1; })->score, 0);
  // An empty document is near to nothing, and so is a query without a known term.
  EXPECT_TRUE(nearest_documents(some, document_coordinates(some, 1), 4)[0].empty());
  EXPECT_TRUE(nearest_documents(some, fold_queries(some, query_of(some, {"plum"})), 4)[0].empty());
  EXPECT_TRUE(matching_documents(some, query_of(some, {"plum"}), 4)[0].empty());
}

TEST(Lsa, DocumentsOfTheFitFoldInWhereTheyLieIfTheirLengthsAreTold) {
  const std::vector<std::string> texts = {"apple pear fig", "apple apple apple apple pear fig plum",
                                          "fig plum", "pear plum plum fig apple grape grape"};
  for (const Weighting weighting : {Weighting::bm25, Weighting::log_entropy, Weighting::tf_idf}) {
    LsaOptions options;
    options.weighting = weighting;
    options.rank.rank = 4;
    const TermCounts counts = counts_of(texts, {}, 1);
    const LsaModel model = fit_lsa(counts, options).model;
    const Matrix<double> folded = fold_queries(model, counts.counts, counts.lengths);
    const Matrix<double> as_queries = fold_queries(model, counts.counts);
    double difference = 0, otherwise = 0;
    for (index_t j = 0; j < 4; ++j) {
      const Matrix<double> column = document_coordinates(model, j);
      for (index_t t = 0; t < model.rank(); ++t) {
        difference = std::max(difference, std::abs(folded(t, j) - column(t, 0)));
        otherwise = std::max(otherwise, std::abs(as_queries(t, j) - column(t, 0)));
      }
    }
    EXPECT_TRUE(difference <= 1e-5) << to_string(weighting);
    EXPECT_EQ(otherwise >= 1e-2, weighting == Weighting::bm25) << otherwise;
  }
  const LsaModel model = deerwester_model().model;
  EXPECT_THROW((void)fold_queries(model, query_of(model, {"human"}), std::vector<double>{1, 2}),
               InvalidArgument);
}

TEST(Lsa, RefusesWhatCannotBeFitted) {
  Context context(2);
  EXPECT_THROW((void)fit_lsa(counts_of({}), {}, context), InvalidArgument);
  EXPECT_THROW((void)fit_lsa(counts_of({"one", "two"}), {}, context), InvalidArgument);
  // The same words in all documents carry no information.
  EXPECT_THROW((void)fit_lsa(counts_of({"one two", "one two"}), {}, context), InvalidArgument);
  const LsaModel model = deerwester_model().model;
  EXPECT_THROW((void)document_coordinates(model, 9), InvalidArgument);
  EXPECT_THROW((void)term_coordinates(model, -1), InvalidArgument);
}

TEST(Lsa, PlanCoversTheCountsAndTheDecomposition) {
  LsaOptions options;
  options.rank.rank = 2;
  const TermCounts counts = counts_of(deerwester_titles());
  const LsaPlan plan = plan_lsa(counts, options);
  EXPECT_TRUE(plan.peak_bytes > plan.svd.peak_bytes);
  EXPECT_TRUE(plan.peak_bytes >= static_cast<double>(counts.facts.peak_bytes));
  Context small(2);
  small.set_memory_cap_bytes(100);
  EXPECT_THROW((void)plan_lsa(counts, options, small), MemoryLimit);
  // What lies beside the decomposition leaves it nothing.
  constexpr std::uint64_t beside = 2000;
  small.set_memory_cap_bytes(beside);
  EXPECT_THROW((void)fit_lsa(counts_of(deerwester_titles()), options, small), MemoryLimit);
  EXPECT_EQ(small.memory_cap_bytes(), beside);
  small.set_memory_cap_bytes(static_cast<std::uint64_t>(plan.peak_bytes) + 1);
  EXPECT_EQ(fit_lsa(counts_of(deerwester_titles()), options, small).model.rank(), 2);
}

// The model of the speeches that ship, as the README makes it but for the stop words.
LsaModel speeches() {
  const std::string folder = EXAMPLES_DATA;
  const auto source = io::open_text({folder + "/inaugural.zip", folder + "/state_union.zip"},
                                    {.encoding = io::TextEncoding::latin1, .match = "*.txt"});
  LsaOptions options;
  options.rules.tokens = TokenRule::ascii;
  options.rank.rank = 20;
  Context context(2);
  return fit_lsa(count_terms(*source, options.rules, {}, context), options, context).model;
}

TEST(Lsa, OfPresidentsSpeechesFindsWhatTheyAreAbout) {
  const LsaModel model = speeches();
  ASSERT_EQ(model.term_count(), 9544);
  ASSERT_EQ(model.document_count(), 124);
  ASSERT_EQ(model.entry_offsets.back(), 126615);
  EXPECT_TRUE(std::abs(model.sigma[0] - 85.69240984) <= 1e-6);
  EXPECT_TRUE(std::abs(model.sigma[2] - 34.02322170) <= 1e-6);
  const auto found = nearest_documents(
      model,
      fold_queries(model,
                   query_of(model, {"vietnam war", "space exploration", "terrorism in iraq"})),
      5);
  const std::vector<std::pair<std::string, double>> vietnam{
      {"1967", .771}, {"1966", .742}, {"1968", .690}, {"1969", .633}, {"1965", .593}};
  for (std::size_t i = 0; i < 5; ++i) {
    const std::string name(model.names[found[0][i].index]);
    EXPECT_EQ(name.find("state_union/" + vietnam[i].first + "-Johnson"), 0U) << name;
    EXPECT_TRUE(std::abs(found[0][i].score - vietnam[i].second) <= 6e-4);
    EXPECT_NE(model.names[found[2][i].index].find("GWBush"), std::string::npos);
  }
  EXPECT_EQ(model.names[found[1][0].index], "state_union/1961-Kennedy.txt");
  EXPECT_TRUE(std::abs(found[1][0].score - .769) <= 6e-4);
}

// The collections may not be redistributed: ECKART_DATA names the folder that holds them.

// Documents numbered by their order, and which of them answers which query.
struct Judged {
  TermCounts documents;
  std::vector<std::string> queries;
  std::vector<std::vector<index_t>> relevant;
};

Judged read_judged(const std::string& documents,
                   const std::string& queries,
                   const std::string& relevance,
                   const TextRules& rules) {
  Judged judged;
  Context context(2);
  judged.documents = count_terms(*io::open_text({documents}), rules, {}, context);
  const auto source = io::open_text({queries}, {.format = io::TextFormat::smart});
  for (Document d; source->next(d);) judged.queries.push_back(d.text);
  judged.relevant.resize(judged.queries.size());
  std::ifstream file(relevance);
  std::string header;
  std::getline(file, header);
  for (index_t query, document; file >> query >> document;) {
    judged.relevant.at(at(query) - 1).push_back(document - 1);
  }
  for (auto& list : judged.relevant) std::sort(list.begin(), list.end());
  return judged;
}

double mean_average_precision(const std::vector<std::vector<Hit>>& found, const Judged& judged) {
  std::vector<std::vector<index_t>> rankings;
  for (const auto& hits : found) {
    rankings.emplace_back();
    for (const Hit& hit : hits) rankings.back().push_back(hit.index);
  }
  return score_rankings(rankings, judged.relevant).average_precision;
}

struct Expected {
  const char* documents;
  const char* queries;
  const char* relevance;
  index_t rank;
  double plain, lsa;
};

void expect_quality(const Expected& expected) {
  const char* folder = std::getenv("ECKART_DATA");
  if (folder == nullptr) GTEST_SKIP() << "set ECKART_DATA to run";
  const std::string text = std::string(folder) + "/text/";
  LsaOptions options;
  options.rules.tokens = TokenRule::ascii;
  options.rank.rank = expected.rank;
  Judged judged = read_judged(text + expected.documents, text + expected.queries,
                              text + expected.relevance, options.rules);
  const index_t n = judged.documents.counts.rows;
  Context context(2);
  const LsaModel model = fit_lsa(std::move(judged.documents), options, context).model;
  const SparseMatrix<double> queries = query_of(model, judged.queries);
  const double lsa = mean_average_precision(
      nearest_documents(model, fold_queries(model, queries), n, context), judged);
  const double plain =
      mean_average_precision(matching_documents(model, queries, n, context), judged);
  EXPECT_TRUE(std::abs(lsa - expected.lsa) <= 6e-5) << lsa;
  EXPECT_TRUE(std::abs(plain - expected.plain) <= 6e-5) << plain;
}

TEST(LsaOfKnownCollections, AnswersMedAsMeasuredElsewhere) {
  expect_quality({"med/MED.ALL.gz", "med/MED.QRY", "med/med_relevance.tsv", 50, .5103, .6838});
}

TEST(LsaOfKnownCollections, AnswersCranfieldAsMeasuredElsewhere) {
  expect_quality(
      {"cran/cran.all.1400.gz", "cran/cran.qry", "cran/cran_relevance.tsv", 200, .2809, .3309});
}

}  // namespace
}  // namespace eckart
