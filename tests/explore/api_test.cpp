#include "explore/api.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <numbers>

#include "eckart/apps/pca.hpp"
#include "eckart/io/matrix_file.hpp"
#include "eckart/io/tensors.hpp"
#include "eckart/models/weight_spectrum.hpp"
#include "eckart/operators.hpp"
#include "explore/archive.hpp"
#include "explore/assets.hpp"
#include "explorer_testing.hpp"

namespace eckart::explore {
namespace {

using nlohmann::json;

TEST(Api, ServesThePageAndItsFilesWithTheirTypes) {
  Explorer explorer;
  const Response page = explorer.get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.type, "text/html; charset=utf-8");
  EXPECT_NE(page.body.find("app.js"), std::string::npos);
  EXPECT_EQ(explorer.get("/app.js").type, "text/javascript; charset=utf-8");
  EXPECT_EQ(explorer.get("/style.css?v=1").type, "text/css; charset=utf-8");
  EXPECT_EQ(explorer.get("/eckart-math.woff2").body.substr(0, 4), "wOF2");
}

TEST(Api, OpensNoPathThatABrowserSends) {
  Explorer explorer;
  explorer.options.web_root = EXAMPLES_DATA;
  for (const char* path :
       {"/../CMakeLists.txt", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/etc/passwd",
        "/./index.html", "/iris.csv", "/views/../index.html", "/index.html/", "/views", "/views/",
        "/index.html%00", "/INDEX.HTML", "/eckart-math-licence.txt", "/api/..",
        "/api/data/../two"}) {
    EXPECT_EQ(explorer.get(path).status, 404) << path;
  }
  // Nor does a question: what is typed is numbers, what is named is a number of a list.
  EXPECT_NE(explorer.refusal("explain", R"({"matrix":"/etc/passwd"})"), "");
  EXPECT_NE(explorer.refusal("explain", R"({"matrix":"-"})"), "");
  EXPECT_NE(explorer.refusal("explain", R"({"matrix":"./[a"})"), "");
  EXPECT_NE(explorer.refusal("spectrum", R"({"data":"/etc/passwd"})"), "");
  EXPECT_NE(explorer.refusal("upload?name=/etc/passwd", "1,2\n3,x\n"), "");
  EXPECT_EQ(json::parse(explorer.upload("../../etc/passwd", "1,2\n3,4\n").body)["data"][0]["rows"],
            2);
}

TEST(Api, FilesOfAWebRootReplaceThoseOfTheProgram) {
  Explorer explorer;
  const std::string root = testing::TempDir();
  std::ofstream(root + "/index.html") << "mine";
  explorer.options.web_root = root;
  EXPECT_EQ(explorer.get("/").body, "mine");
  EXPECT_EQ(explorer.get("/app.js").status, 404);
}

TEST(Api, EveryAnswerIsSafeAlsoARefusal) {
  Explorer explorer;
  const auto is_safe = [](const Response& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "Content-Security-Policy") return true;
    }
    return false;
  };
  EXPECT_TRUE(is_safe(explorer.get("/")));
  EXPECT_TRUE(is_safe(explorer.get("/nothing")));
  EXPECT_TRUE(is_safe(explorer.post("/api/two", "{")));
  Gate gate = test_gate();
  Api api(explorer.shelf, explorer.options);
  EXPECT_TRUE(is_safe(respond({}, gate, api, explorer.context_)));
}

TEST(Api, TheSvdOfATwoByTwoMatrixIsThatOfTheEngine) {
  Explorer explorer;
  const json answer = explorer.ask("two", {{"matrix", {{3, 0}, {4, 5}}}});
  // sigma^2 are the eigenvalues 45 and 5 of [[25, 20], [20, 25]].
  EXPECT_NEAR(answer["sigma"][0].get<double>(), 3 * std::sqrt(5.0), 1e-14);
  EXPECT_NEAR(answer["sigma"][1].get<double>(), std::sqrt(5.0), 1e-14);
  EXPECT_NEAR(answer["V"][0][0].get<double>(), std::numbers::sqrt2 / 2, 1e-14);
  EXPECT_NEAR(answer["U"][1][0].get<double>(), 3 / std::sqrt(10.0), 1e-14);
  EXPECT_TRUE(answer["report"]["certificate"]["met"].get<bool>());
}

TEST(Api, SaysWhatIsWrongWithAQuestion) {
  Explorer explorer;
  EXPECT_EQ(explorer.refusal("two", "nonsense"), "the body of a question must be a JSON object");
  EXPECT_EQ(explorer.refusal("two", "[1]"), "the body of a question must be a JSON object");
  EXPECT_EQ(explorer.refusal("two", std::string(100000, '[')),
            "the body of a question must be a JSON object");
  EXPECT_EQ(explorer.refusal("two", "{}"), "the field \"matrix\" must be given");
  for (const char* matrix : {"[]", "[[]]", "[[1,2]]", "[[1,2],[3]]", "[[1,2],[3,null]]", "[1,2]",
                             "[[1,2,3],[4,5,6],[7,8,9]]", "[[1e999,2],[3,4]]", "\"x\""}) {
    EXPECT_NE(explorer.refusal("two", std::string("{\"matrix\":") + matrix + "}"), "") << matrix;
  }
  EXPECT_EQ(explorer.refusal("spectrum", R"({"data":7})"),
            "there is no data set 7; it may have made room for a newer upload");
  for (const char* id : {"1.5", "-1", "1e30", "18446744073709551615", "null", "[1]"}) {
    EXPECT_NE(explorer.refusal("spectrum", std::string("{\"data\":") + id + "}"), "") << id;
  }
  explorer.refusal("nothing", "{}", 404);
  EXPECT_EQ(explorer.post("/app.js", "{}").status, 405);
  EXPECT_EQ(explorer.get("/api/two").status, 404);
}

TEST(Api, DerivesByHandWithMathML) {
  Explorer explorer;
  const json answer = explorer.ask("explain", {{"matrix", "[[3,2],[2,3]]"}});
  EXPECT_EQ(answer["sigma"], json({5.0, 1.0}));
  EXPECT_TRUE(answer["exact"].get<bool>());
  bool math = false;
  for (const json& step : answer["steps"]) {
    for (const json& p : step["paragraphs"]) {
      math = math || p["html"].get<std::string>().starts_with("<math");
    }
  }
  EXPECT_TRUE(math);
  EXPECT_NE(explorer.refusal("explain", R"({"matrix":"[[1,2j]]"})"), "");
  EXPECT_NE(explorer.refusal("explain", R"({"matrix":"[[1,2],[3"})"), "");
}

TEST(Api, SpectrumAndTheRankThatReachesAnEnergyAreThoseOfTheMatrix) {
  Explorer explorer;
  // Energies 16, 4, 1: 76.2 %, 95.2 %, 100 %.
  explorer.shelf.open("[[4,0,0],[0,-2,0],[0,0,1],[0,0,0]]", 0);
  const json answer = explorer.ask("spectrum", {{"data", 1}});
  ASSERT_EQ(answer["sigma"].size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(answer["sigma"][i].get<double>(), std::pow(2.0, 2 - double(i)), 1e-14);
  }
  EXPECT_EQ(answer["reach"], json({{"50", 1}, {"80", 2}, {"90", 2}, {"95", 2}, {"99", 3}}));
  EXPECT_TRUE(answer["complete"].get<bool>());
  EXPECT_NEAR(answer["frobenius_norm"].get<double>(), std::sqrt(21.0), 1e-14);
  EXPECT_TRUE(answer["report"]["certificate"]["met"].get<bool>());
}

TEST(Api, AZeroMatrixHasASpectrumAndNoRankThatReachesAnything) {
  Explorer explorer;
  explorer.shelf.open("[[0,0],[0,0]]", 0);
  const json answer = explorer.ask("spectrum", {{"data", 1}});
  EXPECT_EQ(answer["sigma"], json({0.0, 0.0}));
  EXPECT_TRUE(answer["reach"]["90"].is_null());
}

std::vector<float> cells_of(const Response& response) {
  std::vector<float> cells(response.body.size() / sizeof(float));
  std::memcpy(cells.data(), response.body.data(), response.body.size());
  return cells;
}

TEST(Api, ThePictureKeepsInEveryCellTheEntryOfLargestModulus) {
  Explorer explorer;
  explorer.shelf.open("[[1,-9,3,4,5],[6,7,-8,2,1],[1,2,3,4,-5]]", 0);
  const Response all = explorer.post("/api/heat", R"({"data":1,"rows":100,"cols":100})");
  EXPECT_EQ(cells_of(all), (std::vector<float>{1, -9, 3, 4, 5, 6, 7, -8, 2, 1, 1, 2, 3, 4, -5}));
  const Response few = explorer.post("/api/heat", R"({"data":1,"rows":2,"cols":3})");
  EXPECT_EQ(cells_of(few), (std::vector<float>{-9, -8, 5, 2, 4, -5}));
  EXPECT_EQ(few.headers[0], (std::pair<std::string, std::string>("X-Rows", "2")));
  EXPECT_EQ(few.headers[1], (std::pair<std::string, std::string>("X-Cols", "3")));
}

TEST(Api, FactorsComeAsAnArchiveThatMultipliesBackToTheMatrix) {
  Explorer explorer;
  explorer.shelf.open("[[3,2,2],[2,3,-2]]", 0);
  const Response response = explorer.post("/api/factors", R"({"data":1,"rank":2})");
  EXPECT_EQ(response.body.substr(0, 4), std::string("PK\x03\x04"));
  for (const char* name : {"U.npy", "s.npy", "Vt.npy"}) {
    EXPECT_NE(response.body.find(name), std::string::npos) << name;
  }
  // sigma = 5, 3 as they lie in s.npy.
  const double sigma[] = {5, 3};
  const std::size_t s = response.body.find("'shape': (2,), }");
  const std::size_t data = response.body.find('\n', s) + 1;
  double found[2];
  std::memcpy(found, response.body.data() + data, sizeof found);
  for (int i = 0; i < 2; ++i) EXPECT_NEAR(found[i], sigma[i], 1e-14);
  EXPECT_NE(explorer.refusal("factors", R"({"data":1,"rank":3})"), "");
  EXPECT_NE(explorer.refusal("factors", R"({"data":1,"rank":0})"), "");
}

TEST(Api, PrincipalComponentsAreThoseOfTheLibrary) {
  Explorer explorer;
  explorer.shelf.open(EXAMPLES_DATA "/iris.csv", 0);
  const json question = {{"data", 1}, {"components", 2}, {"center", true}};
  const json answer = explorer.ask("pca", question);
  const auto A =
      make_operator(std::get<DenseMatrix<double>>(io::read_matrix(EXAMPLES_DATA "/iris.csv")));
  const Pca<double> model = fit_pca(*A, {.rank = {.rank = 2}});
  EXPECT_EQ(answer["explained_variance"].get<std::vector<double>>(), model.explained_variance);
  EXPECT_EQ(answer["components"][1][2].get<double>(), model.svd.V(2, 1));
  EXPECT_EQ(answer["scores"][0].size(), static_cast<std::size_t>(A->rows()));
  // Without centring the first direction is another, by the angle that both answers give.
  json other = question;
  other["center"] = false;
  const json uncentred = explorer.ask("pca", other);
  EXPECT_NE(uncentred["components"], answer["components"]);
  EXPECT_NEAR(uncentred["angle"].get<double>(), answer["angle"].get<double>(), 1e-6);
  EXPECT_GT(answer["angle"].get<double>(), 1);
  other["scale"] = true;
  EXPECT_NE(explorer.ask("pca", other)["components"], uncentred["components"]);
}

TEST(Api, ANewPointFallsWhereItsDifferenceToTheMeanLies) {
  Explorer explorer;
  explorer.shelf.open("[[0,0],[2,0],[4,0]]", 0);
  const json answer = explorer.ask("pca", {{"data", 1},
                                           {"components", 1},
                                           {"center", true},
                                           {"with_points", true},
                                           {"points", {{2, 7}, {5, 0}}}});
  EXPECT_NEAR(answer["projected"][0][0].get<double>(), 0, 1e-14);
  EXPECT_NEAR(answer["projected"][0][1].get<double>(), 3, 1e-14);
  const std::string wrong =
      R"({"data":1,"components":1,"center":true,"with_points":true,"points":[[1]]})";
  EXPECT_EQ(explorer.refusal("pca", wrong), "a new point has 2 numbers, as the rows of the table");
}

TEST(Api, UploadsAreReadAsFilesAreAndNamedAsTheyCame) {
  Explorer explorer;
  const json answer = json::parse(explorer.upload("t%20able.csv", "a,b\n1,2\n3,4\n").body);
  EXPECT_EQ(answer["id"], 1);
  EXPECT_EQ(answer["data"][0]["name"], "t able.csv");
  EXPECT_EQ(answer["data"][0]["source"], "");
  EXPECT_EQ(answer["data"][0]["rows"], 2);
  const std::string message = explorer.refusal("upload?name=bad.csv", "1,2\n3,4\n5,x\n");
  EXPECT_EQ(message.substr(0, 15), "bad.csv: line 3") << message;
  EXPECT_NE(explorer.refusal("upload?name=empty", ""), "");
}

TEST(Api, TheOldestUploadMakesRoomAndFilesOfTheCommandLineStay) {
  Explorer explorer;
  explorer.shelf.open("[[1,2]]", 0);
  explorer.shelf.upload("one", "1,2" + std::string(600000, ' ') + "\n", 0);
  explorer.shelf.upload("two", "3,4" + std::string(600000, ' ') + "\n", 0);
  const json list = json::parse(explorer.get("/api/data").body)["data"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["name"], "[[1,2]]");
  EXPECT_EQ(list[1]["name"], "two");
}

TEST(Api, AMemoryCapIsToldAsOne) {
  Explorer explorer;
  explorer.shelf.open(EXAMPLES_DATA "/iris.csv", 0);
  explorer.context_.set_memory_cap_bytes(100);
  explorer.refusal("spectrum", R"({"data":1})", 413);
}

TEST(Api, AComputationThatIsStoppedSaysSo) {
  Explorer explorer;
  explorer.shelf.open(EXAMPLES_DATA "/digits.csv.gz", 0);
  explorer.context_.set_stop_at_once(true);
  explorer.context_.cancel();
  // No 4xx: browsers report those in their console.
  EXPECT_EQ(explorer.refusal("spectrum", R"({"data":1})", 200),
            "the computation was stopped before its end");
}

TEST(Api, SameQuestionSameBytesForAnyNumberOfThreads) {
  std::string first;
  for (const int threads : {1, 2, 3}) {
    Explorer explorer;
    explorer.context_.set_threads(threads);
    explorer.shelf.open(EXAMPLES_DATA "/iris.csv", 0);
    const std::string body =
        explorer.post("/api/pca", R"({"data":1,"components":3,"center":true})").body;
    if (first.empty()) first = body;
    EXPECT_EQ(body, first) << threads;
  }
}

TEST(Api, TheSpectraOfAModelAreThoseOfItsMatrices) {
  Explorer explorer;
  constexpr const char* path = EXAMPLES_DATA "/silero_vad/silero_vad_16k.safetensors";
  explorer.shelf.open(path, 0);
  EXPECT_EQ(json::parse(explorer.get("/api/data").body)["data"][0]["kind"], "model");
  const json tensors = explorer.ask("model/layers", {{"data", 1}})["tensors"];
  const io::Model model = io::read_model(path);
  ASSERT_EQ(tensors.size(), model.tensors.size());
  std::size_t lstm = 0, bias = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i]["name"] == "lstm_cell.weight_hh") lstm = i;
    if (tensors[i]["name"] == "lstm_cell.bias_hh") bias = i;
  }
  EXPECT_EQ(tensors[lstm]["matrices"], json({{{"part", ""}, {"rows", 512}, {"cols", 128}}}));
  EXPECT_EQ(tensors[bias]["matrices"], json::array());
  const json answer =
      explorer.ask("model/spectrum", {{"data", 1}, {"tensor", lstm}, {"matrix", 0}});
  const WeightSpectrum s = weight_spectrum(io::to_transposed<float>(model.tensors[lstm], 512, 128));
  EXPECT_EQ(answer["sigma"].get<std::vector<double>>(), s.sigma);
  EXPECT_EQ(answer["stable_rank"].get<double>(), s.stable_rank);
  EXPECT_EQ(answer["energy_ranks"]["0.9"].get<index_t>(), s.energy_rank(0.9));
  EXPECT_EQ(explorer.refusal("model/spectrum",
                             json({{"data", 1}, {"tensor", bias}, {"matrix", 0}}).dump()),
            "lstm_cell.bias_hh is no matrix");
  explorer.context_.set_memory_cap_bytes(1000);
  explorer.refusal("model/spectrum", json({{"data", 1}, {"tensor", lstm}, {"matrix", 0}}).dump(),
                   413);
}

TEST(Api, AnArchiveOfSeveralArraysIsAModelAndOfOneAMatrix) {
  const Matrix<double> A(3, 2);
  for (const int arrays : {1, 2}) {
    Archive archive;
    archive.add<double>("first", A.view());
    if (arrays == 2) archive.add<double>("second", A.view());
    const std::string path = testing::TempDir() + "/arrays.npz";
    std::ofstream(path, std::ios::binary) << std::move(archive).finish();
    Explorer explorer;
    explorer.shelf.open(path, 0);
    EXPECT_EQ(json::parse(explorer.get("/api/data").body)["data"][0]["kind"],
              arrays == 2 ? "model" : "matrix");
  }
}

TEST(Api, ViewsOfOneKindRefuseDataOfAnother) {
  Explorer explorer;
  explorer.shelf.open("[[1,2]]", 0);
  EXPECT_EQ(explorer.refusal("text/query", R"({"data":1,"query":"a","count":3})"),
            "'[[1,2]]' is not a model of text (eckart lsa fit)");
  EXPECT_EQ(explorer.refusal("ratings/top", R"({"data":1,"user":"a","count":3})"),
            "'[[1,2]]' is not a recommender (eckart recommend fit)");
}

}  // namespace
}  // namespace eckart::explore
