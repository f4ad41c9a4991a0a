#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "eckart/io/matrix_file.hpp"
#include "eckart/io/tensors.hpp"
#include "tests/io/made_tensors.hpp"

namespace eckart::io::test {
namespace {

namespace fs = std::filesystem;

class ModelFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::temp_directory_path() / ("eckart_model_" + std::to_string(::getpid()) + "_" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
  }
  // A shard with one tensor of two floats.
  void write_shard(const std::string& name, const std::string& tensor) const {
    write(name,
          made_tensors("{\"" + tensor + R"(":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                       std::string(8, '\1')));
  }
  std::string refused(const std::string& name) const {
    return io_error_of([&] { read_model(path(name)); });
  }

  fs::path folder_;
};

constexpr const char* index_name = "model.safetensors.index.json";

TEST_F(ModelFolder, ReadsShardsThroughTheirIndex) {
  write_shard("s1.safetensors", "b");
  write_shard("s2.safetensors", "a");
  write(index_name, R"({"metadata":{"total_size":{"nested":16}},"weight_map":
                       {"a":"s2.safetensors","b":"s1.safetensors"}})");
  for (const std::string& name : {std::string(index_name), std::string()}) {
    const Model model = read_model(path(name));
    ASSERT_EQ(model.tensors.size(), 2U);
    EXPECT_EQ(model.tensors[0].name, "a");
    EXPECT_EQ(model.files.size(), 2U);
    EXPECT_EQ(model.bytes(), 16U);
    EXPECT_NE(model.find("b"), nullptr);
    EXPECT_EQ(model.find("c"), nullptr);
  }
}

TEST_F(ModelFolder, RefusesAnIndexThatDoesNotFitItsShards) {
  write_shard("s1.safetensors", "a");
  write_shard("s2.safetensors", "a");
  write_shard("s3.safetensors", "c");
  const auto index = [&](const std::string& text) {
    write(index_name, text);
    return refused(index_name);
  };
  const auto map = [&](const std::string& text) { return index("{\"weight_map\":" + text + "}"); };
  EXPECT_TRUE(contains(index("{"), "not valid JSON"));
  EXPECT_TRUE(contains(index("1e999"), "not valid JSON"));
  EXPECT_TRUE(contains(index("[]"), "no object 'weight_map'"));
  EXPECT_TRUE(contains(map("[]"), "no object 'weight_map'"));
  EXPECT_TRUE(contains(map("{}"), "weight_map is empty"));
  EXPECT_TRUE(contains(map(R"({"a":{"file":"s1.safetensors"}})"), "expected a file name"));
  EXPECT_TRUE(contains(map(R"({"a":"../s1.safetensors"})"), "no plain file name"));
  EXPECT_TRUE(contains(map(R"({"a":".."})"), "no plain file name"));
  EXPECT_TRUE(contains(map(R"({"a":""})"), "no plain file name"));
  EXPECT_TRUE(contains(map(R"({"a":"s1.safetensors\u0000"})"), "no plain file name"));
  EXPECT_TRUE(contains(map(R"({"a":"s1.safetensors","a":"s2.safetensors"})"), "stands twice"));
  EXPECT_TRUE(contains(map(R"({"a":"missing.safetensors"})"), "missing.safetensors"));
  EXPECT_TRUE(contains(map(R"({"b":"s1.safetensors"})"), "tensor 'b' is not in s1.safetensors"));
  EXPECT_TRUE(contains(map(R"({"a":"s1.safetensors","c":"s1.safetensors"})"), "'c' is not in"));
  EXPECT_TRUE(
      contains(map(R"({"a":"s1.safetensors","x":"s2.safetensors"})"), "is also in s1.safetensors"));
  write(index_name, R"({"weight_map":{"c":"s3.safetensors"}})");
  EXPECT_EQ(refused(index_name), "");
  write("s3.safetensors",
        made_tensors(R"({"c":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                     R"("extra":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                     "ab"));
  EXPECT_TRUE(contains(refused(index_name), "'extra' of s3.safetensors is not in the index"));
  EXPECT_TRUE(contains(map(std::string(40, '[') + std::string(40, ']')), "nests too deep"));
}

TEST_F(ModelFolder, RefusesPicklesAndWhatIsNoModel) {
  write("pytorch_model.bin", "\x80\x02}q\1.");
  EXPECT_TRUE(contains(refused("pytorch_model.bin"), "pickle can run any program"));
  write("text.txt", "hello hello hello");
  EXPECT_TRUE(contains(refused("text.txt"), "format is not recognised"));
  EXPECT_TRUE(contains(refused(""), "the folder holds no model.safetensors"));
  EXPECT_NE(refused("absent.safetensors"), "");
}

TEST_F(ModelFolder, AFileWithoutTheExtensionIsKnownByItsFirstBytes) {
  write_shard("weights", "a");
  EXPECT_EQ(read_model(path("weights")).tensors.size(), 1U);
}

TEST_F(ModelFolder, ATensorIsAMatrixForReadMatrix) {
  write("m.safetensors", made_tensors(R"({"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                                      R"("h":{"dtype":"F16","shape":[2],"data_offsets":[8,12]}})",
                                      little(0x3f800000, 4) + little(0x40000000, 4) +
                                          little(0x3c00, 2) + little(0xc000, 2)));
  const AnyMatrix w = read_matrix(path("m.safetensors#w"));
  EXPECT_EQ(std::get<DenseMatrix<float>>(w).rows(), 1);
  EXPECT_EQ(std::get<DenseMatrix<float>>(w)(0, 1), 2);
  const AnyMatrix h = read_matrix(path("m.safetensors#h"));
  EXPECT_EQ(std::get<DenseMatrix<float>>(h).rows(), 2);
  EXPECT_EQ(std::get<DenseMatrix<float>>(h)(1, 0), -2);
  const auto message = [&](const std::string& source) {
    return io_error_of([&] { read_matrix(path(source)); });
  };
  EXPECT_TRUE(contains(message("m.safetensors"), "2 tensors; name one as FILE#TENSOR: h, w"));
  EXPECT_TRUE(contains(message("m.safetensors#x"), "no tensor 'x'; it holds h, w"));
  write_shard("one.safetensors", "a#b");
  EXPECT_EQ(message("one.safetensors"), "");
  EXPECT_EQ(message("one.safetensors#a#b"), "");
  // A file whose own name has the sign goes first.
  fs::copy(path("one.safetensors"), path("m.safetensors#x"));
  EXPECT_EQ(message("m.safetensors#x"), "");
}

TEST(NpzModel, TakesEachArrayAsATensor) {
  std::string zip;
  std::string directory;
  // Two stored members: F64 of shape (2,) and a Fortran-ordered F32 of shape (2, 3).
  const auto npy = [](const std::string& dict, const std::string& data) {
    std::string header = dict;
    while ((10 + header.size() + 1) % 64 != 0) header += ' ';
    header += '\n';
    return "\x93NUMPY\x01" + std::string(1, '\0') + little(header.size(), 2) + header + data;
  };
  const auto add = [&](const std::string& name, const std::string& content) {
    const auto crc =
        crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
    const std::size_t at = zip.size();
    const std::string common = little(20, 2) + little(0, 2) + little(0, 2) + little(0, 4) +
                               little(crc, 4) + little(content.size(), 4) +
                               little(content.size(), 4) + little(name.size(), 2) + little(0, 2);
    zip += "PK\x03\x04" + common + name + content;
    directory += "PK\x01\x02" + little(20, 2) + common + little(0, 2) + little(0, 2) +
                 little(0, 2) + little(0, 4) + little(at, 4) + name;
  };
  std::string six;
  for (const float x : {1.F, 4.F, 2.F, 5.F, 3.F, 6.F}) {
    six.append(reinterpret_cast<const char*>(&x), 4);
  }
  add("w.npy", npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", six));
  add("b.npy",
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", std::string(16, '\0')));
  const std::size_t start = zip.size();
  zip += directory + "PK\x05\x06" + little(0, 4) + little(2, 2) + little(2, 2) +
         little(directory.size(), 4) + little(start, 4) + little(0, 2);
  const TensorFile file = read_npz_tensors(input_of(zip, "made.npz"), 0);
  ASSERT_EQ(file.tensors.size(), 2U);
  EXPECT_EQ(file.tensors[0].name, "b");
  EXPECT_EQ(file.tensors[0].type, ElementType::f64);
  const Matrix<float> W = to_transposed<float>(file.tensors[1], 2, 3);
  for (index_t i = 0; i < 6; ++i) EXPECT_EQ(W.data()[i], static_cast<float>(i + 1));
}

}  // namespace
}  // namespace eckart::io::test
