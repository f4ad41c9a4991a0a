#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/io/made_tensors.hpp"

namespace eckart::io::test {
namespace {

const std::string eight(8, '\1');

TEST(Safetensors, ReadsTensorsMetadataAndScalarsInTheOrderOfTheirNames) {
  const TensorFile file = read_tensors(made_tensors(
      R"({"__metadata__":{"format":"pt","a":"b"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
      R"("alpha":{"dtype":"F64","shape":[],"data_offsets":[8,16],"other":[{"any":1.5}]},)"
      R"("none":{"shape":[0,5],"dtype":"BF16","data_offsets":[16,16]}}   )",
      eight + eight));
  ASSERT_EQ(file.tensors.size(), 3U);
  EXPECT_EQ(file.tensors[0].name, "alpha");
  EXPECT_EQ(file.tensors[0].count(), 1);
  EXPECT_EQ(file.tensors[1].name, "none");
  EXPECT_EQ(file.tensors[1].count(), 0);
  EXPECT_EQ(file.tensors[2].data, eight);
  EXPECT_EQ(file.tensors[2].shape, (std::vector<index_t>{1, 2}));
  EXPECT_EQ(file.metadata, (Metadata{{"format", "pt"}, {"a", "b"}}));
}

TEST(Safetensors, AnEmptyModelIsAModel) {
  EXPECT_TRUE(read_tensors(made_tensors("{}", "")).tensors.empty());
}

TEST(Safetensors, RefusesLengthsThatLie) {
  const auto refused = [](const std::string& bytes) {
    return io_error_of([&] { read_tensors(bytes); });
  };
  EXPECT_TRUE(contains(refused("abc"), "it has 3 bytes"));
  EXPECT_TRUE(contains(refused(little(100'000'001, 8) + "{}"), "at most 100000000"));
  EXPECT_TRUE(contains(refused(little(3, 8) + "{}"), "the file has 2 more"));
  EXPECT_TRUE(contains(refused(little(UINT64_MAX, 8) + "{}"), "at most 100000000"));
  EXPECT_TRUE(contains(refused(little(0, 8)), "does not begin with '{'"));
}

TEST(Safetensors, RefusesHeadersThatAreNoObjectOfTensors) {
  const auto refused = [](const std::string& header) { return refusal(header, ""); };
  EXPECT_TRUE(contains(refused(" {}"), "does not begin with '{'"));
  EXPECT_TRUE(contains(refused("[]"), "does not begin with '{'"));
  EXPECT_TRUE(contains(refused("{"), "not valid JSON"));
  EXPECT_TRUE(contains(refused("{} {}"), "not valid JSON"));
  EXPECT_TRUE(contains(refused("{\"\xff\":{}}"), "not valid JSON in UTF-8"));
  EXPECT_TRUE(contains(refused(R"({"a":1})"), "'a' is a number; expected an object"));
  EXPECT_TRUE(contains(refused(R"({"a":[1]})"), "'a' is a list; expected an object"));
  EXPECT_TRUE(contains(refused(R"({"a":"x"})"), "'a' is text"));
  EXPECT_TRUE(contains(refused(R"({"a":{}})"), "'dtype' is missing"));
  EXPECT_TRUE(contains(refused(R"({"a":{"dtype":"F32"}})"), "'shape' is missing"));
  EXPECT_TRUE(contains(refused(R"({"a":{"dtype":"F32","shape":[0]}})"), "'data_offsets' is mis"));
}

TEST(Safetensors, RefusesNamesAndKeysThatStandTwice) {
  const std::string entry = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  EXPECT_TRUE(
      contains(refusal(R"({"a":)" + entry + R"(,"a":)" + entry + "}", eight), "'a' stands twice"));
  EXPECT_TRUE(contains(
      refusal(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight),
      "'dtype' stands twice"));
}

TEST(Safetensors, RefusesMetadataThatIsNotText) {
  EXPECT_TRUE(
      contains(refusal(R"({"__metadata__":{"a":1}})", ""), "must be text; 'a' is a number"));
  EXPECT_TRUE(contains(refusal(R"({"__metadata__":{"a":{}}})", ""), "'a' is an object"));
  EXPECT_TRUE(contains(refusal(R"({"__metadata__":[]})", ""), "expected an object"));
  EXPECT_TRUE(contains(refusal(R"({"__metadata__":{"shape":[1]}})", ""), "'shape' is a list"));
}

// One entry "a" with the given fields.
std::string entry_refusal(const std::string& fields, const std::string& buffer = eight) {
  return refusal(R"({"a":{)" + fields + "}}", buffer);
}

TEST(Safetensors, RefusesFieldsOfTheWrongKind) {
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"F33","shape":[2],"data_offsets":[0,8])"),
                       "'F33' is not known; known are U64"));
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":7,"shape":[2],"data_offsets":[0,8])"),
                       "'dtype' is a number; expected text"));
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"F32","shape":2,"data_offsets":[0,8])"),
                       "'shape' is a number; expected a list"));
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])"),
                       "a negative number in 'shape'"));
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])"),
                       "not a whole one"));
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"F32","shape":[[2]],"data_offsets":[0,8])"),
                       "a list in 'shape'"));
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"F32","shape":[2],"data_offsets":[0,8,8])"),
                       "holds 3 numbers; expected 2"));
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"F32","shape":[2],"data_offsets":null)"),
                       "'data_offsets' is null"));
}

TEST(Safetensors, RefusesSizesThatDisagree) {
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"),
                       "needs 12 bytes; data_offsets hold 8"));
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"),
                       "ends at 0 before it begins at 8"));
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"F4","shape":[3],"data_offsets":[0,1])"),
                       "do not fill whole bytes"));
  const std::string large = "4294967296";
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"U8","shape":[0,)" + large + "," + large +
                                     R"(],"data_offsets":[0,0])"),
                       "more elements than 64 bits"));
  EXPECT_TRUE(contains(entry_refusal(R"("dtype":"U8","shape":[)" + large + "," + large +
                                     R"(],"data_offsets":[0,0])"),
                       "more elements than 64 bits"));
  EXPECT_TRUE(
      contains(entry_refusal(R"("dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0])"),
               "more elements than 64 bits"));
}

TEST(Safetensors, RefusesHolesOverlapsAndWhatLiesBeyondTheEnd) {
  const auto two = [](const char* first, const char* second, const std::string& buffer) {
    const std::string entry = R"({"dtype":"F32","shape":[2],"data_offsets":)";
    return refusal("{\"a\":" + entry + first + "},\"b\":" + entry + second + "}}", buffer);
  };
  EXPECT_EQ(two("[0,8]", "[8,16]", eight + eight), "");
  EXPECT_TRUE(contains(two("[0,8]", "[9,17]", eight + eight + "x"), "there is a hole"));
  EXPECT_TRUE(contains(two("[0,8]", "[4,12]", eight + eight), "they overlap"));
  EXPECT_TRUE(contains(two("[0,8]", "[0,8]", eight), "they overlap"));
  EXPECT_TRUE(contains(two("[0,8]", "[8,16]", eight), "is it cut short?"));
  EXPECT_TRUE(contains(two("[0,8]", "[8,16]", eight + eight + "x"), "1 bytes follow"));
  EXPECT_TRUE(contains(two("[1,9]", "[9,17]", eight + eight + "x"), "there is a hole"));
}

TEST(Safetensors, RefusesDeepNestingWithoutReadingIt) {
  const std::string deep(100000, '[');
  EXPECT_TRUE(contains(entry_refusal(R"("other":)" + deep), "nests deeper than 16 levels"));
  std::string many = "0";
  for (int i = 0; i < 40; ++i) many += ",1";
  EXPECT_TRUE(contains(entry_refusal(R"("shape":[)" + many + "]"), "more than 32 numbers"));
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const std::string whole = made_tensors(
      R"({"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})",
      eight);
  ASSERT_EQ(io_error_of([&] { read_tensors(whole); }), "");
  for (std::size_t n = 1; n < whole.size(); ++n) {
    EXPECT_NE(io_error_of([&] { read_tensors(whole.substr(0, n)); }), "") << n;
  }
}

}  // namespace
}  // namespace eckart::io::test
