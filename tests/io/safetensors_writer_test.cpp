#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "eckart/io/tensors.hpp"
#include "tests/io/made_tensors.hpp"

namespace eckart::io::test {
namespace {

namespace fs = std::filesystem;

class SafetensorsWriter : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::temp_directory_path() / ("eckart_writer_" + std::to_string(::getpid()) + "_" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Tensor tensor(const std::string& name, ElementType type, std::vector<index_t> shape, char fill) {
  Tensor t{name, type, std::move(shape), {}, {}, false};
  auto bytes =
      std::make_shared<std::string>(static_cast<std::size_t>(t.count() * bits_of(type) / 8), fill);
  t.data = *bytes;
  t.owner = bytes;
  return t;
}

TEST_F(SafetensorsWriter, WritesTheBytesOfTheReferenceWriter) {
  // What safetensors.numpy.save_file (0.8.0) writes for these, with metadata {"format": "np"}.
  write_safetensors(
      path("a"),
      {tensor("b", ElementType::f32, {2}, 1), tensor("h", ElementType::f16, {3}, 2),
       tensor("a", ElementType::f32, {1, 1}, 3), tensor("i", ElementType::i64, {}, 4)},
      {{"format", "np"}});
  const std::string header =
      R"({"__metadata__":{"format":"np"},"i":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
      R"("a":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},)"
      R"("b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]},)"
      R"("h":{"dtype":"F16","shape":[3],"data_offsets":[20,26]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(bytes_of(path("a")), made_tensors(padded, std::string(8, 4) + std::string(4, 3) +
                                                          std::string(8, 1) + std::string(6, 2)));
}

TEST_F(SafetensorsWriter, ReadsBackWhatItWroteAndWritesItAgainAlike) {
  write_safetensors(path("a"),
                    {tensor("large", ElementType::f64, {1000, 300}, 7),
                     tensor("x/é\n", ElementType::bf16, {5, 0}, 0)},
                    {{"k", "v"}});
  const Model model = read_model(path("a"));
  ASSERT_EQ(model.tensors.size(), 2U);
  EXPECT_TRUE(model.tensors[0].mapped);
  EXPECT_EQ(model.tensors[1].name, "x/é\n");
  write_safetensors(path("b"), model.tensors, model.metadata);
  EXPECT_EQ(bytes_of(path("a")), bytes_of(path("b")));
  // Its own source is replaced, not cut short under the reader.
  write_safetensors(path("a"), model.tensors, model.metadata);
  EXPECT_EQ(bytes_of(path("a")), bytes_of(path("b")));
}

TEST_F(SafetensorsWriter, RefusesWhatNoReaderWouldTake) {
  const Tensor a = tensor("a", ElementType::f32, {2}, 1);
  EXPECT_THROW(write_safetensors(path("a"), {a, a}), InvalidArgument);
  Tensor wrong = a;
  wrong.shape = {3};
  EXPECT_THROW(write_safetensors(path("a"), {wrong}), InvalidArgument);
  Tensor named = a;
  named.name = "__metadata__";
  EXPECT_THROW(write_safetensors(path("a"), {named}), InvalidArgument);
  named.name = "\xff";
  EXPECT_THROW(write_safetensors(path("a"), {named}), InvalidArgument);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(SafetensorsWriter, ReleasedTensorsAreReadAgain) {
  write_safetensors(path("a"), {tensor("large", ElementType::f64, {1000, 300}, 7)});
  const Model model = read_model(path("a"));
  const std::string before(model.tensors[0].data);
  release(model.tensors[0]);
  EXPECT_EQ(model.tensors[0].data, before);
  const Tensor held = tensor("held", ElementType::f64, {1000, 300}, 9);
  release(held);
  EXPECT_EQ(held.data, std::string(2400000, 9));
}

TEST_F(SafetensorsWriter, ASpoolGoesOnWhereAnotherRunStopped) {
  {
    TensorSpool spool(path("out"), "inputs and options");
    EXPECT_EQ(spool.taken_up(), 0);
    spool.put("layer 1", {tensor("a", ElementType::f32, {2}, 1)}, "note 1");
    spool.put("layer 2", {}, "note 2");
  }
  std::ofstream(path("out.partial/.eckart-1-1.tmp")) << "left by a killed process";
  std::ofstream(path("out.partial/0123456789abcdef.step")) << "cut short";
  TensorSpool spool(path("out"), "inputs and options");
  EXPECT_EQ(spool.taken_up(), 2);
  EXPECT_TRUE(spool.has("layer 1") && spool.has("layer 2") && !spool.has("layer 3"));
  EXPECT_EQ(spool.note("layer 2"), "note 2");
  ASSERT_EQ(spool.tensors("layer 1").size(), 1U);
  EXPECT_EQ(spool.tensors("layer 1")[0].data, std::string(8, 1));
  EXPECT_FALSE(fs::exists(path("out.partial/.eckart-1-1.tmp")));
  spool.remove();
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(SafetensorsWriter, ASpoolWithoutAStepLeavesNothing) {
  {
    TensorSpool spool(path("out"), "one");
    EXPECT_TRUE(fs::exists(path("out.partial")));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(SafetensorsWriter, ASpoolForgetsWhatBelongsToOtherInputs) {
  {
    TensorSpool spool(path("out"), "one");
    spool.put("layer 1", {tensor("a", ElementType::f32, {2}, 1)}, "");
  }
  std::ofstream(path("out.partial/notes.txt")) << "somebody's";
  TensorSpool spool(path("out"), "another");
  EXPECT_EQ(spool.taken_up(), 0);
  EXPECT_FALSE(spool.has("layer 1"));
  spool.remove();
  EXPECT_TRUE(fs::exists(path("out.partial/notes.txt")));
}

}  // namespace
}  // namespace eckart::io::test
