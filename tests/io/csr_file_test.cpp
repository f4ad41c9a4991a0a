#include "io/csr_file.hpp"

#include <gtest/gtest.h>

#include "eckart/io/file_operator.hpp"
#include "eckart/operators.hpp"
#include "tests/io/file_testing.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::bytes_of, test::contains, test::Folder, test::io_error_of, test::write_bytes;

// [[0 2 0] [0 0 0] [1 0 3] ...], repeated; row 1 of three is empty.
std::string file_of(index_t blocks, std::uint32_t index_bytes, bool single) {
  CsrHeader header{.rows = 3 * blocks,
                   .cols = 3,
                   .entries = 3 * blocks,
                   .index_bytes = index_bytes,
                   .element = single ? Element::float32 : Element::float64};
  std::vector<index_t> offsets = {0};
  std::vector<std::int32_t> narrow;
  std::vector<double> values;
  for (index_t b = 0; b < blocks; ++b) {
    for (const index_t count : {1, 0, 2}) offsets.push_back(offsets.back() + count);
    narrow.insert(narrow.end(), {1, 0, 2});
    values.insert(values.end(), {2, 1, 3});
  }
  const std::vector<index_t> wide(narrow.begin(), narrow.end());
  const std::vector<float> floats(values.begin(), values.end());
  return format_csr_header(header) + bytes_of(offsets) +
         (index_bytes == 4 ? bytes_of(narrow) : bytes_of(wide)) +
         (single ? bytes_of(floats) : bytes_of(values));
}

template <Scalar T>
void expect_file(const std::string& path, index_t blocks) {
  const FileOperator file = open_file_operator(path, {.tile_bytes = 4096});
  EXPECT_TRUE(file.sparse);
  EXPECT_EQ(file.stored_entries, 3 * blocks);
  const auto& A = *std::get<std::unique_ptr<LinearOperator<T>>>(file.A);
  EXPECT_EQ(A.storage(), Storage::sparse);
  EXPECT_EQ(A.entries_per_product(), 3 * blocks);
  Matrix<T> copy(3 * blocks, 3);
  A.copy_to(copy.view(), default_context());
  for (index_t i = 0; i < 3 * blocks; ++i) {
    const T expected[3][3] = {{0, 2, 0}, {0, 0, 0}, {1, 0, 3}};
    for (index_t j = 0; j < 3; ++j) ASSERT_EQ(copy(i, j), expected[i % 3][j]) << i << " " << j;
  }
  EXPECT_EQ(A.column_energies({}, default_context()),
            (std::vector<double>{double(blocks), 4.0 * double(blocks), 9.0 * double(blocks)}));
}

TEST(CsrFile, GivesItsRowsInTilesForEitherWidthOfIndexAndValue) {
  const Folder folder;
  for (const std::uint32_t index_bytes : {4u, 8u}) {
    write_bytes(folder / "a.csr", file_of(700, index_bytes, false));
    expect_file<double>(folder / "a.csr", 700);
    write_bytes(folder / "a.csr", file_of(700, index_bytes, true));
    expect_file<float>(folder / "a.csr", 700);
  }
}

TEST(CsrFile, SaysWhatIsWrong) {
  const Folder folder;
  const auto error = [&](std::string bytes, std::size_t at, char change) {
    if (at < bytes.size()) bytes[at] = change;
    write_bytes(folder / "a.csr", bytes);
    return io_error_of([&] {
      const FileOperator file = open_file_operator(folder / "a.csr");
      Matrix<double> copy(6, 3);
      std::get<std::unique_ptr<LinearOperator<double>>>(file.A)->copy_to(copy.view(),
                                                                         default_context());
    });
  };
  const std::string good = file_of(2, 4, false);
  EXPECT_EQ(error(good, good.size(), 0), "");
  EXPECT_TRUE(contains(error(good, 0, 'X'), "ECKCSR1"));
  EXPECT_TRUE(contains(error(good, 15, '\x7f'), "a size of"));
  EXPECT_TRUE(contains(error(good, 32, 5), "4 or 8"));
  EXPECT_TRUE(contains(error(good, 36, 9), "float64"));
  EXPECT_TRUE(contains(error(good.substr(0, 100), 100, 0), "byte 100"));
  EXPECT_TRUE(contains(error(good.substr(0, 20), 20, 0), "too short"));
  EXPECT_TRUE(contains(error(good, 48, 7), "row 1 goes from entry 0 to 7"));
  EXPECT_TRUE(contains(error(good, 40, 1), "start at 0"));
}

TEST(CsrFile, RefusesAColumnBeyondTheLast) {
  const Folder folder;
  std::string bytes = file_of(2, 4, false);
  bytes[40 + 7 * 8] = 3;
  write_bytes(folder / "a.csr", bytes);
  const FileOperator file = open_file_operator(folder / "a.csr");
  Matrix<double> copy(6, 3);
  EXPECT_THROW(std::get<std::unique_ptr<LinearOperator<double>>>(file.A)->copy_to(
                   copy.view(), default_context()),
               Error);
}

}  // namespace
}  // namespace eckart::io
