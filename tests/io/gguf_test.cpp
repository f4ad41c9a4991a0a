#include <gtest/gtest.h>

#include <string>

#include "tests/io/made_tensors.hpp"

namespace eckart::io::test {
namespace {

std::string text(const std::string& s) { return little(s.size(), 8) + s; }

std::string tensor(const std::string& name,
                   const std::vector<std::uint64_t>& innermost_first,
                   std::uint32_t type,
                   std::uint64_t offset) {
  std::string bytes = text(name) + little(innermost_first.size(), 4);
  for (const std::uint64_t n : innermost_first) bytes += little(n, 8);
  return bytes + little(type, 4) + little(offset, 8);
}

std::string made(std::uint64_t tensors,
                 std::uint64_t values,
                 const std::string& head,
                 const std::string& data,
                 std::size_t alignment = 32) {
  std::string bytes = "GGUF" + little(3, 4) + little(tensors, 8) + little(values, 8) + head;
  bytes.resize((bytes.size() + alignment - 1) / alignment * alignment, '\0');
  return bytes + data;
}

TensorFile read(const std::string& bytes) { return read_gguf(input_of(bytes, "made.gguf")); }
std::string refused(const std::string& bytes) {
  return io_error_of([&] { read(bytes); });
}

const std::string name_value = text("general.name") + little(8, 4) + text("tiny");

TEST(Gguf, ReadsTensorsWithTheirShapesTurned) {
  std::string data;
  for (const float x : {1.F, 2.F, 3.F, 4.F, 5.F, 6.F}) {
    data.append(reinterpret_cast<const char*>(&x), 4);
  }
  data.resize(32, '\0');
  std::string block = little(0x3800, 2);  // a scale of .5
  for (int i = 0; i < 32; ++i) block += static_cast<char>(i - 16);
  const std::string list =
      text("tokens") + little(9, 4) + little(8, 4) + little(2, 8) + text("a") + text("bc");
  const TensorFile file =
      read(made(2, 2, name_value + list + tensor("w", {3, 2}, 0, 0) + tensor("q", {32}, 8, 32),
                data + block));
  ASSERT_EQ(file.tensors.size(), 2U);
  EXPECT_EQ(file.metadata.at("general.name"), "tiny");
  EXPECT_EQ(file.tensors[1].shape, (std::vector<index_t>{2, 3}));
  const Matrix<double> W = to_transposed<double>(file.tensors[1], 2, 3);
  EXPECT_EQ(W(2, 0), 3);
  EXPECT_EQ(W(0, 1), 4);
  const Matrix<double> Q = to_transposed<double>(file.tensors[0], 1, 32);
  for (index_t i = 0; i < 32; ++i) EXPECT_EQ(Q(i, 0), 0.5 * double(i - 16));
  float part[3];
  unpack(file.tensors[0], 30, 2, part);
  EXPECT_EQ(part[1], 7.5F);
}

TEST(Gguf, AlignmentIsWhatTheFileSays) {
  const std::string value = text("general.alignment") + little(4, 4) + little(64, 4);
  const std::string head = value + tensor("w", {2}, 24, 0);
  EXPECT_EQ(read(made(1, 1, head, "ab", 64)).tensors[0].data, "ab");
  const std::string bad = text("general.alignment") + little(4, 4) + little(7, 4);
  EXPECT_TRUE(contains(refused(made(1, 1, bad + tensor("w", {2}, 24, 0), "ab")), "multiple of 8"));
  EXPECT_TRUE(
      contains(refused(made(1, 0, tensor("w", {2}, 24, 8), "0123456789")), "no multiple of 32"));
}

TEST(Gguf, TensorsOfOtherBlocksAreListedAndNotRead) {
  const TensorFile file = read(
      made(2, 0, tensor("k", {256}, 12, 0) + tensor("x", {5}, 99, 160), std::string(160, '\1')));
  EXPECT_EQ(file.tensors[0].type, ElementType::quantised);
  EXPECT_THROW(to_matrix(file.tensors[0]), IoError);
  // Of blocks that nobody knows a file may claim as many as it likes: no memory is taken for them.
  const TensorFile huge = read(made(1, 0, tensor("h", {1ULL << 40, 1ULL << 10}, 99, 0), ""));
  EXPECT_TRUE(
      contains(io_error_of([&] { to_matrix(huge.tensors[0]); }), "cannot be computed with"));
}

TEST(Gguf, RefusesWhatLies) {
  EXPECT_TRUE(contains(refused("GGUX" + std::string(40, '\0')), "expected the word GGUF"));
  EXPECT_TRUE(contains(refused("GGUF" + little(1, 4) + std::string(40, '\0')), "version 1"));
  EXPECT_TRUE(contains(refused(made(UINT64_MAX, 0, "", "")), "more than the file can hold"));
  EXPECT_TRUE(contains(refused(made(0, UINT64_MAX / 13, "", "")), "more than the file can hold"));
  EXPECT_TRUE(contains(refused(made(0, 1, little(70000, 8) + std::string(80000, 'a'), "")),
                       "at most 65535"));
  EXPECT_TRUE(contains(refused(made(0, 1, text("k") + little(13, 4) + little(0, 8), "")),
                       "value type 13 is not known"));
  EXPECT_TRUE(contains(refused(made(0, 1, text("k") + little(7, 4) + little(2, 8), "")),
                       "neither 0 nor 1"));
  EXPECT_TRUE(
      contains(refused(made(0, 1, text("k") + little(8, 4) + little(1U << 30, 8), "")), "at most"));
  const std::string list = text("k") + little(9, 4) + little(0, 4);
  EXPECT_TRUE(contains(refused(made(0, 1, list + little(UINT64_MAX, 8), "")), "longer than"));
  std::string deep = text("k") + little(9, 4);
  for (int i = 0; i < 8; ++i) deep += little(9, 4) + little(1, 8);
  EXPECT_TRUE(contains(refused(made(0, 1, deep + little(0, 12), "")), "nest too deep"));
  const auto one = [&](const std::string& t, const std::string& data) {
    return refused(made(1, 0, t, data));
  };
  EXPECT_TRUE(contains(one(tensor(std::string(65, 'a'), {1}, 0, 0), "abcd"), "at most 64"));
  EXPECT_TRUE(contains(one(tensor("w", {1, 1, 1, 1, 1}, 0, 0), "abcd"), "5 dimensions"));
  EXPECT_TRUE(contains(one(tensor("w", {1ULL << 33, 1ULL << 33}, 0, 0), "abcd"), "64 bits"));
  EXPECT_TRUE(contains(one(tensor("w", {0, 1ULL << 62, 1ULL << 62}, 0, 0), "abcd"), "64 bits"));
  EXPECT_TRUE(contains(one(tensor("w", {1ULL << 62}, 28, 0), "abcd"), "64 bits"));
  EXPECT_TRUE(contains(one(tensor("w", {33}, 8, 0), "abcd"), "do not fill blocks of 32"));
  EXPECT_TRUE(contains(one(tensor("w", {2}, 0, 0), "abcd"), "ends beyond the file"));
  EXPECT_TRUE(contains(one(tensor("w", {1}, 0, 1ULL << 40), "abcd"), "ends beyond the file"));
  EXPECT_TRUE(contains(
      refused(made(2, 0, tensor("a", {9}, 0, 0) + tensor("b", {1}, 0, 32), std::string(64, '\0'))),
      "overlaps"));
  EXPECT_TRUE(contains(
      refused(made(2, 0, tensor("a", {1}, 0, 0) + tensor("a", {1}, 0, 32), std::string(64, '\0'))),
      "two tensors"));
}

TEST(Gguf, EveryTruncationIsRefused) {
  const std::string whole = made(1, 1, name_value + tensor("w", {4}, 0, 0), std::string(16, '\1'));
  ASSERT_EQ(refused(whole), "");
  for (std::size_t n = 1; n < whole.size(); ++n) EXPECT_NE(refused(whole.substr(0, n)), "") << n;
}

}  // namespace
}  // namespace eckart::io::test
