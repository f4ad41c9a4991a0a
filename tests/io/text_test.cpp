#include "eckart/io/text.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "eckart/error.hpp"
#include "eckart/text/term_counts.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using test::contains;
using test::io_error_of;

class Text : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = (fs::temp_directory_path() /
               ("eckart_text_" + std::to_string(::getpid()) + "_" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name()))
                  .string();
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string put(const std::string& name, const std::string& content) const {
    const std::string path = folder_ + "/" + name;
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  // "name=text|..." with the folder's name left out.
  std::string read(const std::vector<std::string>& paths, const TextOptions& options = {}) const {
    const auto source = open_text(paths, options);
    std::string result;
    for (Document d; source->next(d);) {
      result += (result.empty() ? "" : "|") + d.name + "=" + d.text;
    }
    for (std::size_t found; (found = result.find(folder_ + "/")) != std::string::npos;) {
      result.erase(found, folder_.size() + 1);
    }
    return result;
  }

  std::string folder_;
};

TEST_F(Text, TakesTheFilesOfAFolderByName) {
  put("b.txt", "bee");
  put("a/z.txt", "zed");
  put("c.csv", "no,table");
  put(".hidden", "no");
  put(".git/config", "no");
  EXPECT_EQ(read({folder_}), "a/z.txt=zed|b.txt=bee|c.csv=no,table");
  EXPECT_EQ(read({folder_}, {.match = "*.txt"}), "a/z.txt=zed|b.txt=bee");
  EXPECT_TRUE(contains(io_error_of([&] { read({folder_}, {.match = "*.md"}); }), "'*.md'"));
}

TEST_F(Text, TakesPathsOneAfterTheOther) {
  const std::string a = put("a.txt", "one\ntwo\n"), b = put("b.txt", "three");
  EXPECT_EQ(read({b, a}), "b.txt=three|a.txt=one\ntwo\n");
  EXPECT_EQ(read({a, b}, {.format = TextFormat::lines}), "a.txt:1=one|a.txt:2=two|b.txt:1=three");
}

TEST_F(Text, FindsAMissingFileBeforeItReadsTheOthers) {
  const std::string a = put("a.txt", "one");
  EXPECT_TRUE(contains(io_error_of([&] { open_text({a, folder_ + "/none"}); }), "none"));
  EXPECT_THROW(open_text({}), InvalidArgument);
}

TEST_F(Text, CountsWhatItRepaired) {
  const std::string a = put("a.txt",
                            "fine\nb\xFF"
                            "d\nn\0l\nfine\n"s);
  const auto source = open_text({a}, {.format = TextFormat::lines});
  for (Document d; source->next(d);) {
  }
  EXPECT_EQ(source->repairs().documents, 2);
  EXPECT_EQ(source->repairs().invalid_sequences, 1);
  EXPECT_EQ(source->repairs().nul_bytes, 1);
  EXPECT_EQ(source->repairs().first, "2");
}

TEST_F(Text, RefusesADocumentThatIsTooLong) {
  const std::string a = put("a.txt", std::string(1000, 'x'));
  EXPECT_TRUE(contains(io_error_of([&] { read({a}, {.max_document_bytes = 999}); }), "longer"));
  EXPECT_EQ(read({a}, {.max_document_bytes = 1000}).size(), 1006U);
}

// The files may not be redistributed: ECKART_DATA names the folder that holds them.
std::string data_folder() {
  const char* folder = std::getenv("ECKART_DATA");
  return folder == nullptr ? "" : std::string(folder) + "/text";
}

TermCounts count(const std::string& path, TextOptions options, TokenRule rule) {
  const auto source = open_text({path}, options);
  Context context(2);
  TextRules rules;
  rules.tokens = rule;
  return count_terms(*source, rules, {}, context);
}

TEST(TextOfKnownCollections, DebianDescriptionsGiveThePublishedCounts) {
  if (data_folder().empty()) GTEST_SKIP() << "set ECKART_DATA to run";
  const TermCounts counts =
      count(data_folder() + "/debian/package_descriptions.tsv.gz",
            {.column = "2", .id_column = "1", .header = false}, TokenRule::names);
  EXPECT_EQ(counts.counts.rows, 65628);
  EXPECT_EQ(counts.counts.cols, 45277);
  EXPECT_EQ(counts.counts.stored_entries(), 2674194);
  EXPECT_EQ(counts.facts.distinct_terms, 97639);
}

TEST(TextOfKnownCollections, MedAndCranfieldGiveThePublishedCounts) {
  if (data_folder().empty()) GTEST_SKIP() << "set ECKART_DATA to run";
  const TermCounts med = count(data_folder() + "/med/MED.ALL.gz", {}, TokenRule::ascii);
  EXPECT_EQ(med.counts.rows, 1033);
  EXPECT_EQ(med.counts.cols, 6141);
  EXPECT_EQ(med.counts.stored_entries(), 79857);
  const TermCounts cranfield =
      count(data_folder() + "/cran/cran.all.1400.gz", {}, TokenRule::ascii);
  EXPECT_EQ(cranfield.counts.rows, 1400);
  EXPECT_EQ(cranfield.counts.cols, 4344);
  EXPECT_EQ(cranfield.counts.stored_entries(), 115097);
  EXPECT_EQ(cranfield.facts.empty_documents, 2);
  EXPECT_EQ(cranfield.counts.offsets[471], cranfield.counts.offsets[470]);
}

TEST(TextOfKnownCollections, SpeechesGiveThePublishedCounts) {
  if (data_folder().empty()) GTEST_SKIP() << "set ECKART_DATA to run";
  const auto source =
      open_text({data_folder() + "/nltk/inaugural.zip", data_folder() + "/nltk/state_union.zip"},
                {.encoding = TextEncoding::latin1, .match = "*.txt"});
  Context context(2);
  const TermCounts counts = count_terms(*source, {.tokens = TokenRule::ascii}, {}, context);
  EXPECT_EQ(counts.counts.rows, 124);
  EXPECT_EQ(counts.counts.cols, 9544);
  EXPECT_EQ(counts.counts.stored_entries(), 126615);
  EXPECT_EQ(counts.names.view()[0], "inaugural/1789-Washington.txt");
}

}  // namespace
}  // namespace eckart::io
