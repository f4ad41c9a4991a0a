#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "eckart/io/lsa_file.hpp"
#include "tests/apps/lsa_testing.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

TEST(LsaExport, Word2vecHasOneLineForEachTerm) {
  test::TemporaryDirectory folder;
  LsaOptions options;
  options.rules.ngrams = 2;
  options.rank.rank = 2;
  options.weighting = Weighting::tf;
  Context context(2);
  const LsaModel model =
      fit_lsa(testing_support::counts_of(testing_support::deerwester_titles(), options.rules),
              options, context)
          .model;
  for (const bool documents : {false, true}) {
    const std::string path = folder.path() + "/vectors.txt";
    write_word2vec(path, model, documents);
    std::ifstream file(path);
    index_t count = 0, rank = 0;
    file >> count >> rank;
    ASSERT_EQ(count, documents ? 9 : model.term_count());
    ASSERT_EQ(rank, 2);
    for (index_t i = 0; i < count; ++i) {
      std::string name;
      double x = 0, y = 0;
      file >> name >> x >> y;
      std::string expected(documents ? model.names[i] : model.terms[i]);
      std::replace(expected.begin(), expected.end(), ' ', '_');
      EXPECT_EQ(name, expected);
      const auto place = documents ? document_coordinates(model, i) : term_coordinates(model, i);
      EXPECT_TRUE(std::abs(x - place(0, 0)) <= 1e-5);
      EXPECT_TRUE(std::abs(y - place(1, 0)) <= 1e-5);
    }
  }
}

TEST(LsaExport, JsonHoldsTheModel) {
  const LsaModel model = testing_support::deerwester_model().model;
  const auto object = nlohmann::json::parse(lsa_json(model));
  EXPECT_EQ(object["terms"].size(), 12U);
  EXPECT_EQ(object["U"].size(), 12U);
  EXPECT_EQ(object["V"].size(), 9U);
  EXPECT_EQ(object["V"][3].size(), 2U);
  EXPECT_EQ(object["sigma"][1].get<double>(), model.sigma[1]);
  EXPECT_EQ(object["V"][3][1].get<float>(), model.Vt(1, 3));
  EXPECT_EQ(object["documents"][0], "1");
  EXPECT_EQ(object["weighting"], "tf");
}

}  // namespace
}  // namespace eckart::io
