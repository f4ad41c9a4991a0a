#include "eckart/io/lsa_file.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include "eckart/error.hpp"
#include "io/lsa_format.hpp"
#include "tests/apps/lsa_testing.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::contains;
using test::io_error_of;

class LsaFile : public ::testing::Test {
 protected:
  // The bytes of a saved model of Deerwester's titles.
  std::string saved() const {
    LsaModel model = testing_support::deerwester_model().model;
    model.report = "{}";
    write_lsa(path(), model);
    return bytes();
  }
  std::string bytes() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string path() const { return folder_.path() + "/m.lsa"; }

  test::TemporaryDirectory folder_;
};

LsaModel parse(const std::string& bytes) { return parse_lsa(test::input_of(bytes, "m.lsa")); }

template <class X>
X read(const std::string& bytes, std::size_t at) {
  X value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}
template <class X>
void put(std::string& bytes, std::size_t at, X value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

std::size_t section_at(LsaPart part) { return sizeof(LsaHeader) + part * sizeof(LsaSection); }

// Makes all checksums right again, as whoever wants to do harm would.
void seal(std::string& bytes) {
  for (std::size_t part = 0; part < lsa_parts; ++part) {
    auto section = read<LsaSection>(bytes, section_at(static_cast<LsaPart>(part)));
    if (section.offset <= bytes.size() && section.bytes <= bytes.size() - section.offset) {
      section.checksum =
          lsa_checksum(std::string_view(bytes).substr(section.offset, section.bytes));
    }
    put(bytes, section_at(static_cast<LsaPart>(part)), section);
  }
  auto header = read<LsaHeader>(bytes, 0);
  header.bytes = bytes.size();
  header.checksum =
      lsa_checksum(std::string_view(bytes).substr(sizeof header, lsa_parts * sizeof(LsaSection)));
  put(bytes, 0, header);
}

std::uint64_t offset_of(const std::string& bytes, LsaPart part) {
  return read<LsaSection>(bytes, section_at(part)).offset;
}

TEST_F(LsaFile, HoldsAllOfTheModel) {
  const LsaModel model = testing_support::deerwester_model().model;
  (void)saved();
  const LsaModel copy = read_lsa(path());
  EXPECT_EQ(copy.terms.bytes, model.terms.bytes);
  EXPECT_EQ(copy.names[8], "9");
  EXPECT_EQ(copy.leads[8], "Graph minors: A survey");
  EXPECT_EQ(copy.rules.stop_words, model.rules.stop_words);
  EXPECT_EQ(copy.weights.weighting, Weighting::tf);
  EXPECT_EQ(copy.weights.mean_length, model.weights.mean_length);
  EXPECT_EQ(copy.fitted_documents, 9);
  EXPECT_EQ(copy.history, model.history);
  EXPECT_EQ(copy.report, "{}");
  EXPECT_EQ(copy.frobenius_norm, model.frobenius_norm);
  EXPECT_EQ(copy.sigma[1], model.sigma[1]);
  EXPECT_EQ(std::memcmp(copy.Vt.data, model.Vt.data, 18 * sizeof(float)), 0);
  EXPECT_EQ(std::memcmp(copy.Ut.data, model.Ut.data, 24 * sizeof(float)), 0);
  const auto coordinates = document_coordinates(model, 3);
  const auto expected = nearest_documents(model, coordinates, 9)[0];
  const auto found = nearest_documents(copy, coordinates, 9)[0];
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(found[i].index, expected[i].index);
    EXPECT_EQ(found[i].score, expected[i].score);
  }
  // The same model gives the same bytes.
  const std::string once = bytes();
  write_lsa(path(), copy);
  EXPECT_EQ(bytes(), once);
}

TEST_F(LsaFile, ShowsEveryChangedByte) {
  const std::string good = saved();
  ASSERT_EQ(io_error_of([&] { parse(good); }), "");
  // What lies between the sections is nobody's.
  std::vector<bool> used(good.size(), false);
  std::fill_n(used.begin(), sizeof(LsaHeader) + lsa_parts * sizeof(LsaSection), true);
  for (std::size_t part = 0; part < lsa_parts; ++part) {
    const auto s = read<LsaSection>(good, section_at(static_cast<LsaPart>(part)));
    std::fill_n(used.begin() + static_cast<std::ptrdiff_t>(s.offset), s.bytes, true);
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    ASSERT_EQ(io_error_of([&] { parse(bad); }) != "", used[i]) << i;
  }
}

TEST_F(LsaFile, ShowsEveryTruncation) {
  const std::string good = saved();
  for (std::size_t size = 1; size < good.size(); size += 13) {
    ASSERT_NE(io_error_of([&] { parse(good.substr(0, size)); }), "") << size;
  }
  EXPECT_TRUE(contains(io_error_of([&] { parse(good + "x"); }), "its header says"));
}

TEST_F(LsaFile, RefusesLiesWithRightChecksums) {
  const std::string good = saved();
  const auto error_of = [&](const auto& change) {
    std::string bad = good;
    change(bad);
    seal(bad);
    return io_error_of([&] { parse(bad); });
  };
  const auto number = [&](LsaPart part, std::size_t index, auto value) {
    return error_of([&](std::string& bytes) {
      put(bytes, offset_of(bytes, part) + index * sizeof value, value);
    });
  };
  const auto section = [&](LsaPart part, auto member, std::uint64_t value) {
    return error_of([&](std::string& bytes) {
      auto s = read<LsaSection>(bytes, section_at(part));
      s.*member = value;
      put(bytes, section_at(part), s);
    });
  };
  EXPECT_EQ(error_of([](std::string&) {}), "");
  EXPECT_TRUE(contains(section(left, &LsaSection::offset, 1 << 30), "outside the file"));
  EXPECT_TRUE(contains(section(left, &LsaSection::offset, 8), "outside the file"));
  EXPECT_TRUE(contains(section(right, &LsaSection::bytes, ~std::uint64_t{0}), "outside the file"));
  EXPECT_TRUE(contains(section(right, &LsaSection::bytes, 64), "expected 18 numbers"));
  EXPECT_TRUE(contains(section(sigma, &LsaSection::bytes, 15), "expected 2 numbers"));
  EXPECT_TRUE(contains(number(term_ends, 0, std::uint64_t{1} << 60), "ends before it begins"));
  EXPECT_TRUE(contains(number(name_ends, 8, std::uint64_t{1} << 60), "does not end with"));
  EXPECT_TRUE(contains(number(term_bytes, 0, 'z'), "does not come behind"));
  EXPECT_TRUE(contains(number(sigma, 0, -1.0), "no singular value"));
  EXPECT_TRUE(contains(number(sigma, 1, 1e9), "no singular value"));
  EXPECT_TRUE(contains(number(sigma, 0, std::nan("")), "no singular value"));
  EXPECT_TRUE(contains(number(global, 3, std::nan("")), "not finite"));
  EXPECT_TRUE(contains(number(entry_terms, 5, std::int32_t{12}), "entry terms"));
  EXPECT_TRUE(contains(number(entry_terms, 5, std::int32_t{-1}), "entry terms"));
  EXPECT_TRUE(contains(number(entry_offsets, 4, index_t{1} << 40), "entry terms"));
  EXPECT_TRUE(contains(number(entry_offsets, 9, index_t{0}), "entry terms"));
  EXPECT_TRUE(contains(error_of([](std::string& b) { put(b, 0, 'x'); }), "is no model"));
  EXPECT_TRUE(contains(error_of([](std::string& b) { put(b, 8, 2); }), "version 2"));
  EXPECT_TRUE(contains(error_of([](std::string& b) { put(b, 12, 3); }), "has 3 sections"));
  EXPECT_TRUE(contains(number(facts, 0, '['), "no JSON object"));
}

TEST_F(LsaFile, RefusesFactsThatMakeNoSense) {
  const std::string good = saved();
  const auto at = offset_of(good, facts);
  const auto error_of = [&](const std::string& old, const std::string& other) {
    std::string bad = good;
    const std::size_t place = bad.find(old, at);
    EXPECT_NE(place, std::string::npos) << old;
    EXPECT_EQ(old.size(), other.size());
    bad.replace(place, old.size(), other);
    seal(bad);
    return io_error_of([&] { parse(bad); });
  };
  EXPECT_TRUE(contains(error_of("\"rank\":2", "\"rank\":3"), "expected"));
  EXPECT_TRUE(contains(error_of("\"rank\":2", "\"rank\":0"), "out of range"));
  EXPECT_TRUE(contains(error_of("\"rank\":2", "\"rnak\":2"), "rank"));
  EXPECT_TRUE(contains(error_of("\"ngrams\":1", "\"ngrams\":0"), "ngrams"));
  EXPECT_TRUE(contains(error_of("\"words\"", "\"wrods\""), "wrods"));
  EXPECT_TRUE(contains(error_of("\"documents\":9", "\"documents\":8"), "expected"));
}

TEST_F(LsaFile, CanBeSearchedWhateverTheNumbersAre) {
  std::string bytes = saved();
  std::mt19937 random(1);
  for (const LsaPart part : {left, right, lengths, entry_weights}) {
    const auto s = read<LsaSection>(bytes, section_at(part));
    for (std::size_t i = 0; i < s.bytes; ++i) bytes[s.offset + i] = static_cast<char>(random());
  }
  seal(bytes);
  const LsaModel model = parse(bytes);
  const auto query = testing_support::query_of(model, {"human computer trees"});
  Context context(1);
  const auto hits = nearest_documents(model, fold_queries(model, query), 9, context);
  for (const Hit& hit : hits[0]) {
    EXPECT_TRUE(hit.index >= 0 && hit.index < 9 && std::abs(hit.score) <= 2);
  }
  (void)nearest_terms(model, term_coordinates(model, 3), 12, context);
  (void)matching_documents(model, query, 9, context);
}

TEST_F(LsaFile, SaysWhatItExpected) {
  EXPECT_TRUE(contains(io_error_of([&] { read_lsa(folder_.path()); }), "a model of eckart lsa"));
  std::ofstream(path()) << "";
  EXPECT_TRUE(contains(io_error_of([&] { read_lsa(path()); }), "expected a model of eckart lsa"));
  std::ofstream(path()) << "a text that is long enough for a header, but none of a model at all";
  EXPECT_TRUE(contains(io_error_of([&] { read_lsa(path()); }), "eckart lsa fit -o"));
}

}  // namespace
}  // namespace eckart::io
