#include "eckart/io/file_operator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "eckart/operators.hpp"
#include "tests/io/file_testing.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::bytes_of, test::contains, test::Folder, test::gaussian, test::io_error_of, test::npy,
    test::write_bytes;

// Expects the file to hold small(i, j), whatever the tiles, by a copy of all entries.
template <Scalar T, class F>
void expect_entries(const std::string& path,
                    FileOperatorOptions options,
                    index_t rows,
                    index_t cols,
                    const F& entry) {
  for (const std::uint64_t bytes : {4096u, 1u << 20}) {
    options.tile_bytes = bytes;
    const FileOperator file = open_file_operator(path, options);
    const auto* A = std::get_if<std::unique_ptr<LinearOperator<T>>>(&file.A);
    ASSERT_NE(A, nullptr) << path;
    ASSERT_EQ((*A)->rows(), rows);
    ASSERT_EQ((*A)->cols(), cols);
    Matrix<T> copy(rows, cols);
    (*A)->copy_to(copy.view(), default_context());
    for (index_t i = 0; i < rows; ++i) {
      for (index_t j = 0; j < cols; ++j) ASSERT_EQ(copy(i, j), entry(i, j)) << path << i << j;
    }
  }
}

TEST(FileOperator, ReadsEveryElementTypeInCOrder) {
  const Folder folder;
  const auto entry = [](index_t i, index_t j) {
    return static_cast<double>((i * 31 + j * 7) % 100);
  };
  const auto single = [&](index_t i, index_t j) { return static_cast<float>(entry(i, j)); };
  const auto check = [&]<class Number, Scalar T>(const char* type, const auto& wanted, Number, T) {
    write_bytes(folder / "a.npy", npy<Number>(type, 301, 70, entry));
    expect_entries<T>(folder / "a.npy", {}, 301, 70, wanted);
  };
  check("f8", entry, double{}, double{});
  check("f4", single, float{}, float{});
  check("i1", entry, std::int8_t{}, double{});
  check("u1", entry, std::uint8_t{}, double{});
  check("i2", entry, std::int16_t{}, double{});
  check("u2", entry, std::uint16_t{}, double{});
  check("i4", entry, std::int32_t{}, double{});
  check("u4", entry, std::uint32_t{}, double{});
  check("i8", entry, std::int64_t{}, double{});
  check("u8", entry, std::uint64_t{}, double{});
}

TEST(FileOperator, ReadsHalvesAndRawBfloat16) {
  const Folder folder;
  // 1, 2, 4, ... as half and as bfloat16.
  const auto half = [](index_t, index_t j) { return (15 + j) << 10; };
  const auto bfloat = [](index_t, index_t j) { return (127 + j) << 7; };
  const auto power = [](index_t, index_t j) { return std::ldexp(1.0f, static_cast<int>(j)); };
  write_bytes(folder / "h.npy", npy<std::uint16_t>("f2", 50, 9, half));
  expect_entries<float>(folder / "h.npy", {}, 50, 9, power);
  write_bytes(folder / "b.bin", npy<std::uint16_t>("u2", 50, 9, bfloat).substr(128));
  expect_entries<float>(folder / "b.bin", {.rows = 50, .cols = 9, .element = "bfloat16"}, 50, 9,
                        power);
}

TEST(FileOperator, ReadsFortranOrderVectorsAndRowsLongerThanATile) {
  const Folder folder;
  const auto entry = [](index_t i, index_t j) { return static_cast<double>(1000 * i + j); };
  std::string header = format_npy_header("f8", {40, 300});
  header.replace(header.find("False"), 5, "True ");
  std::vector<double> columns;
  for (index_t j = 0; j < 300; ++j) {
    for (index_t i = 0; i < 40; ++i) columns.push_back(entry(i, j));
  }
  write_bytes(folder / "f.npy", header + bytes_of(columns));
  expect_entries<double>(folder / "f.npy", {}, 40, 300, entry);
  write_bytes(folder / "raw", bytes_of(columns));
  expect_entries<double>(folder / "raw",
                         {.rows = 40, .cols = 300, .element = "f8", .fortran_order = true}, 40, 300,
                         entry);
  write_bytes(folder / "wide.npy", npy<double>("f8", 3, 5000, entry));
  expect_entries<double>(folder / "wide.npy", {}, 3, 5000, entry);
  write_bytes(folder / "v.npy",
              format_npy_header("f8", {40}) +
                  bytes_of(std::vector<double>(columns.begin(), columns.begin() + 40)));
  expect_entries<double>(folder / "v.npy", {}, 40, 1, entry);
}

TEST(FileOperator, StacksBlocksOfAFolderInTheOrderOfTheirNumbers) {
  const Folder folder;
  std::filesystem::create_directories(folder / "blocks");
  const auto entry = [](index_t i, index_t j) { return static_cast<double>(10 * i + j); };
  const auto write = [&](const std::string& name, index_t first, index_t rows) {
    write_bytes(folder / "blocks/" + name, npy<double>("f8", rows, 4, [&](index_t i, index_t j) {
                  return entry(first + i, j);
                }));
  };
  write("block2.npy", 0, 5);
  write("block10.npy", 5, 700);
  write("block011.npy", 705, 1);
  write_bytes(folder / "blocks/notes.txt", "not a block");
  expect_entries<double>(folder / "blocks", {}, 706, 4, entry);
  write_bytes(folder / "some.list", "# two of them\nblocks/block2.npy\r\n\nblocks/block10.npy\n");
  expect_entries<double>(folder / "some.list", {}, 705, 4, entry);
  write_bytes(folder / "blocks/block12.npy", npy<double>("f8", 2, 3, entry));
  const std::string message = io_error_of([&] { open_file_operator(folder / "blocks"); });
  EXPECT_TRUE(contains(message, "block12.npy")) << message;
  EXPECT_TRUE(contains(message, "must agree")) << message;
}

TEST(FileOperator, SaysWhatIsWrongWithAFile) {
  const Folder folder;
  const auto zero = [](index_t, index_t) { return 0; };
  const auto error = [&](const std::string& name, const FileOperatorOptions& options = {}) {
    return io_error_of([&] { open_file_operator(folder / name, options); });
  };
  std::string bytes = npy<double>("f8", 10, 10, zero);
  write_bytes(folder / "short.npy", bytes.substr(0, 500));
  EXPECT_TRUE(contains(error("short.npy"), "byte 500")) << error("short.npy");
  EXPECT_TRUE(contains(error("short.npy"), "is truncated"));
  write_bytes(folder / "long.npy", bytes + "x");
  EXPECT_TRUE(contains(error("long.npy"), "goes on after the array"));
  write_bytes(folder / "cube.npy", format_npy_header("f8", {2, 2, 2}) + std::string(64, '\0'));
  EXPECT_TRUE(contains(error("cube.npy"), "3 dimensions"));
  std::string big = npy<double>("f8", 10, 10, zero);
  big.replace(big.find("<f8"), 3, ">f8");
  write_bytes(folder / "big.npy", big);
  EXPECT_TRUE(contains(error("big.npy"), "byte order"));
  EXPECT_TRUE(contains(error("none.npy"), "no such file"));
  write_bytes(folder / "table.csv", "1,2\n3,4\n");
  EXPECT_TRUE(contains(error("table.csv"), "cannot be read where it is"));
  write_bytes(folder / "raw", std::string(100, 'x'));
  EXPECT_TRUE(contains(error("raw", {.rows = 5, .cols = 5, .element = "f4"}), "") &&
              error("raw", {.rows = 5, .cols = 5, .element = "f4"}).empty());
  EXPECT_TRUE(contains(error("raw", {.rows = 5, .cols = 6, .element = "f4"}), "120 bytes"));
  EXPECT_THROW(open_file_operator(folder / "raw", {.rows = 5, .cols = 5, .element = "f5"}),
               InvalidArgument);
  EXPECT_THROW(open_file_operator(folder / "raw", {.rows = 5}), InvalidArgument);
  EXPECT_THROW(open_file_operator(folder / "long.npy", {.tile_bytes = 1}), InvalidArgument);
}

TEST(FileOperator, DoesNotMixTwoStatesOfAFile) {
  const Folder folder;
  const auto one = [](index_t, index_t) { return 1; };
  write_bytes(folder / "a.npy", npy<double>("f8", 500, 20, one));
  const FileOperator file = open_file_operator(folder / "a.npy", {.tile_bytes = 4096});
  const auto& A = *std::get<std::unique_ptr<LinearOperator<double>>>(file.A);
  const Matrix<double> x = gaussian(20, 1);
  Matrix<double> y(500, 1);
  A.apply(x.view(), y.view(), default_context());
  const std::string before = file.fingerprint;
  ::usleep(20'000);
  write_bytes(folder / "a.npy", npy<double>("f8", 500, 20, [](index_t, index_t) { return 2; }));
  const auto apply = [&] { A.apply(x.view(), y.view(), default_context()); };
  EXPECT_TRUE(contains(io_error_of(apply), "changed between passes"));
  EXPECT_NE(open_file_operator(folder / "a.npy").fingerprint, before);
  std::filesystem::resize_file(folder / "a.npy", 4000);
  EXPECT_TRUE(contains(io_error_of(apply), "has 4000 now")) << io_error_of(apply);
}

}  // namespace
}  // namespace eckart::io
