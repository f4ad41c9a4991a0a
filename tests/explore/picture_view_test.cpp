// The view of pictures, by the whole way of a request.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "eckart/image/image_file.hpp"
#include "eckart/image/inspect.hpp"
#include "eckart/image/quality.hpp"
#include "explorer_testing.hpp"

namespace eckart::explore {
namespace {

using nlohmann::json;

json facts_of(const Response& response) {
  EXPECT_EQ(response.status, 200) << response.body;
  for (const auto& [name, value] : response.headers) {
    if (name == "X-Facts") return json::parse(value);
  }
  return {};
}

Response rank_of(Explorer& explorer, json question) {
  question["side"] = 1024;
  return explorer.post("/api/image/rank", question.dump());
}

TEST(PictureView, TheSamplesHaveTheRanksThatTheorySays) {
  Explorer explorer;
  // A sum of a row and a column has rank 2; two kinds of rows, rank 2; noise, full.
  const std::pair<const char*, std::size_t> ranks[] = {
      {"gradient", 2}, {"checkerboard", 2}, {"noise", 512}};
  for (const auto& [name, rank] : ranks) {
    const int id = explorer.ask("sample", {{"name", name}})["id"];
    const json answer =
        explorer.ask("image/spectrum", {{"data", id}, {"patterns", 3}, {"side", 64}});
    const auto sigma = answer["planes"][0]["sigma"].get<std::vector<double>>();
    std::size_t found = 0;
    for (const double x : sigma) found += x > 1e-10 * sigma[0];
    EXPECT_EQ(found, rank) << name;
    EXPECT_EQ(answer["patterns"].size(), 3u);
    EXPECT_EQ(answer["patterns"][0]["u"].size(), 64u);
  }
  EXPECT_EQ(explorer.refusal("sample", R"({"name":"lena"})"),
            "there is no sample 'lena'; there are gradient, checkerboard, noise, camera and "
            "chelsea");
}

TEST(PictureView, ASampleIsMadeOnce) {
  Explorer explorer;
  const json first = explorer.ask("sample", {{"name", "camera"}});
  const json second = explorer.ask("sample", {{"name", "camera"}});
  EXPECT_EQ(second, first);
  const json& entry = first["data"][0];
  EXPECT_EQ(entry["kind"], "image");
  EXPECT_EQ(entry["sample"], "camera");
  EXPECT_EQ(entry["width"], 512);
  EXPECT_EQ(entry["most_rank"], 512);
  EXPECT_EQ(entry["bytes"], 139512);
}

TEST(PictureView, Rank50OfTheCameraKeepsTheEnergyThatTheNotesSayAndThePsnrOfItsPixels) {
  Explorer explorer;
  explorer.shelf.open(EXAMPLES_DATA "/camera.png", 0);
  const Response original = explorer.post("/api/image/original", R"({"data":1,"side":1024})");
  const Response shown = rank_of(explorer, {{"data", 1}, {"rank", 50}, {"exact", true}});
  const json facts = facts_of(shown);
  EXPECT_NEAR(facts["energy"].get<double>(), 0.995959, 5e-7);
  EXPECT_TRUE(facts["exact"].get<bool>());
  ASSERT_EQ(original.body.size(), 512u * 512u);
  ASSERT_EQ(shown.body.size(), original.body.size());
  double error = 0;
  for (std::size_t i = 0; i < shown.body.size(); ++i) {
    const int difference = std::uint8_t(shown.body[i]) - std::uint8_t(original.body[i]);
    error += difference * difference / double(shown.body.size());
  }
  EXPECT_NEAR(facts["psnr"].get<double>(), 10 * std::log10(255 * 255 / error), 1e-9);
}

TEST(PictureView, ASketchSaysSoAndGivesWayToTheSingularTriplets) {
  Explorer explorer;
  explorer.shelf.open(EXAMPLES_DATA "/camera.png", 0);
  const auto ask = [&](bool exact) {
    return rank_of(explorer, {{"data", 1}, {"rank", 20}, {"exact", exact}});
  };
  const json sketch = facts_of(ask(false));
  const Response exact = ask(true), again = ask(false);
  EXPECT_FALSE(sketch["exact"].get<bool>());
  EXPECT_TRUE(facts_of(exact)["exact"].get<bool>());
  EXPECT_TRUE(facts_of(again)["exact"].get<bool>());
  EXPECT_EQ(again.body, exact.body);
  // No picture of that rank keeps more; a sketch comes near.
  const double best = facts_of(exact)["psnr"], rough = sketch["psnr"];
  EXPECT_LT(rough, best);
  EXPECT_GT(rough, best - 1);
  // Another rank, and back: the same bytes.
  facts_of(rank_of(explorer, {{"data", 1}, {"rank", 90}}));
  EXPECT_EQ(ask(false).body, exact.body);
}

TEST(PictureView, QualityIsWhatTheLibrarySaysAndThePackedFileIsAsLarge) {
  Explorer explorer;
  explorer.shelf.open(EXAMPLES_DATA "/chelsea.png", 0);
  const image::Image picture = image::read_image(EXAMPLES_DATA "/chelsea.png");
  for (const bool channels : {false, true}) {
    const json question = {{"data", 1}, {"rank", 12}, {"channels", channels}};
    const json answer = explorer.ask("image/quality", question);
    const auto colors = channels ? image::Colors::channels : image::Colors::ycbcr;
    const image::LowRankImage low = image::decompose(picture, {.colors = colors});
    const image::RankQuality q = image::quality_at(low, picture, 12);
    EXPECT_EQ(answer["ranks"], json(q.ranks));
    EXPECT_EQ(answer["energy"].get<double>(), q.energy);
    EXPECT_EQ(answer["psnr"].get<double>(), q.psnr);
    EXPECT_EQ(answer["ssim"].get<double>(), q.ssim.value());
    EXPECT_EQ(answer["bytes"].get<std::uint64_t>(), q.packed_bytes);
    EXPECT_EQ(answer["jpeg"]["bytes"].get<std::uint64_t>(), q.jpeg.value().bytes);
    const std::string packed = explorer.post("/api/image/packed", question.dump()).body;
    EXPECT_EQ(packed.size(), q.packed_bytes);
    const image::LowRankImage back = image::unpack(packed, "packed");
    const double error =
        image::mean_squared_error(picture, image::reconstruct(back, image::all_ranks(back)));
    EXPECT_EQ(image::psnr(error, 255), q.packed_psnr);
  }
}

TEST(PictureView, UploadedPicturesAreShownInEightBitsAndNoLargerThanAsked) {
  Explorer explorer;
  const std::string pgm = std::string("P5 2 1 65535\n") + "\x12\x34\xfe\xdc";
  EXPECT_EQ(json::parse(explorer.upload("a.pgm", pgm).body)["data"][0]["bits"], 16);
  EXPECT_EQ(explorer.post("/api/image/original", R"({"data":1,"side":10})").body, "\x12\xfe");
  explorer.shelf.open(EXAMPLES_DATA "/chelsea.png", 0);
  const Response small = explorer.post("/api/image/original", R"({"data":2,"side":100})");
  EXPECT_EQ(facts_of(small)["width"], 100);
  EXPECT_EQ(small.body.size(), 100u * std::size_t(facts_of(small)["height"]) * 3);
}

TEST(PictureView, SaysWhatIsWrongWithAPicture) {
  Explorer explorer;  // which holds 1 MiB of uploads
  const std::string png = image::encode_png(image::make_image(16, 16, 1, 8));
  EXPECT_EQ(explorer.refusal("upload?name=cut.png", png.substr(0, 40)).substr(0, 8), "cut.png:");
  EXPECT_NE(explorer.refusal("upload?name=a.gif", "GIF89a").find("GIF"), std::string::npos);
  // Few bytes that stand for many.
  const std::string large = image::encode_png(image::make_image(2000, 1000, 1, 8));
  EXPECT_LT(large.size(), 20000u);
  EXPECT_NE(explorer.refusal("upload?name=large.png", large, 413), "");
  explorer.upload("good.png", png);
  EXPECT_EQ(explorer.refusal("image/quality", R"({"data":1,"rank":17})"),
            "the field \"rank\" must be a whole number from 1 to 16");
  EXPECT_EQ(explorer.refusal("spectrum", R"({"data":1})"), "'good.png' is not a matrix");
  explorer.shelf.open("[[1,2]]", 0);
  EXPECT_EQ(explorer.refusal("image/original", R"({"data":2,"side":9})"),
            "'[[1,2]]' is not a picture");
  explorer.context_.set_memory_cap_bytes(1000);
  explorer.refusal("image/quality", R"({"data":1,"rank":3})", 413);
}

TEST(PictureView, SameQuestionSameBytesForAnyNumberOfThreads) {
  std::string first;
  for (const int threads : {1, 2, 3}) {
    Explorer explorer;
    explorer.context_.set_threads(threads);
    explorer.shelf.open(EXAMPLES_DATA "/camera.png", 0);
    std::string bytes;
    for (const bool exact : {false, true}) {
      const Response answer = rank_of(explorer, {{"data", 1}, {"rank", 9}, {"exact", exact}});
      bytes += answer.body + facts_of(answer).dump();
    }
    if (first.empty()) first = bytes;
    EXPECT_TRUE(bytes == first) << threads;
  }
}

}  // namespace
}  // namespace eckart::explore
