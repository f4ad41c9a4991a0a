#include "eckart/io/convert.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <random>

#include "eckart/error.hpp"
#include "eckart/io/file_operator.hpp"
#include "eckart/operators.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::contains, test::io_error_of, test::TemporaryDirectory, test::write_all;

Matrix<double> dense_of(const LinearOperator<double>& A) {
  Matrix<double> copy(A.rows(), A.cols());
  A.copy_to(copy.view(), default_context());
  return copy;
}

// The target read in place, and the source read into memory.
void expect_same(const std::string& source,
                 const std::string& target,
                 const ReadOptions& how = {}) {
  const FileOperator file = open_file_operator(target);
  const Matrix<double> got = dense_of(*std::get<std::unique_ptr<LinearOperator<double>>>(file.A));
  const AnyMatrix matrix = read_matrix(source, how);
  const auto expected = std::visit(
      [&](const auto& A) -> Matrix<double> {
        if constexpr (requires { dense_of(*make_operator(A)); })
          return dense_of(*make_operator(A));
        else
          return {};
      },
      matrix);
  ASSERT_EQ(got.rows(), expected.rows());
  ASSERT_EQ(got.cols(), expected.cols());
  for (index_t j = 0; j < got.cols(); ++j) {
    for (index_t i = 0; i < got.rows(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint64_t>(got(i, j)),
                std::bit_cast<std::uint64_t>(expected(i, j)))
          << i << " " << j;
    }
  }
}

// 100,000 entries at 90 x 70 places: far more than 1 MiB of memory holds, and many at each place.
std::string triplets(index_t from, const char* separator) {
  std::mt19937 random(1);
  std::string text;
  for (int e = 0; e < 100'000; ++e) {
    text +=
        fmt::format("{}{}{}{}{}\n", from + index_t(random() % 90), separator,
                    from + index_t(random() % 70), separator, std::ldexp(double(random()), e % 60));
  }
  return text;
}

constexpr std::uint64_t one_mib = std::uint64_t{1} << 20;

TEST(Convert, SortsAMatrixMarketFileOnTheDiskAndAddsAsTheReaderInMemoryDoes) {
  const TemporaryDirectory folder;
  write_all(folder / "a.mtx",
            "%%MatrixMarket matrix coordinate real general\n91 70 100000\n" + triplets(1, " "));
  Context context;
  std::uint64_t scratch = 0, target = 0;
  const ConvertOptions options{.memory_bytes = one_mib, .announce = [&](auto s, auto t) {
                                 scratch = s;
                                 target = t;
                               }};
  const Conversion done = convert_matrix(folder / "a.mtx", folder / "a.csr", options, context);
  EXPECT_EQ(done.rows, 91);
  EXPECT_EQ(done.entries, 90 * 70);
  EXPECT_EQ(done.added, 100'000 - 90 * 70);
  EXPECT_EQ(scratch, 2'400'000u);
  EXPECT_EQ(target, 100'000u * 12 + 92 * 8 + 40);
  EXPECT_EQ(std::filesystem::file_size(folder / "a.csr"), 6300u * 12 + 92 * 8 + 40);
  expect_same(folder / "a.mtx", folder / "a.csr");
  convert_matrix(folder / "a.mtx", folder / "a.npy", options, context);
  expect_same(folder / "a.mtx", folder / "a.npy");
  EXPECT_EQ(folder.entries(), 3);  // and nothing beside them
}

TEST(Convert, TakesEntriesFromTheRowsOfATable) {
  const TemporaryDirectory folder;
  write_all(folder / "a.csv", "row,column,value\n" + triplets(0, ","));
  write_all(folder / "a.mtx",
            "%%MatrixMarket matrix coordinate real general\n90 70 100000\n" + triplets(1, " "));
  Context context;
  ConvertOptions options{.triplets_from = 0, .memory_bytes = one_mib};
  convert_matrix(folder / "a.csv", folder / "a.csr", options, context);
  expect_same(folder / "a.mtx", folder / "a.csr");
  options.rows = 50;
  options.cols = 70;
  EXPECT_TRUE(contains(
      io_error_of([&] { convert_matrix(folder / "a.csv", folder / "b.csr", options, context); }),
      "expected a whole number from 0 to 49"));
  EXPECT_FALSE(std::filesystem::exists(folder / "b.csr"));
}

TEST(Convert, ReadsATableThroughAWindow) {
  const TemporaryDirectory folder;
  std::string table = "# a comment\n\"a\nb\",\"c\",d\r\n";
  for (int i = 0; i < 60'000; ++i) {
    table += fmt::format("{},\"{}\",{}\r\n{}", i * 0.37, i, i % 3, i % 7 == 0 ? "\n" : "");
  }
  write_all(folder / "a.csv", table);
  Context context;
  const ConvertOptions options{.memory_bytes = 16 * one_mib};
  for (const char* name : {"a.npy", "a.csr"}) {
    const Conversion done = convert_matrix(folder / "a.csv", folder / name, options, context);
    EXPECT_EQ(done.rows, 60'000);
    expect_same(folder / "a.csv", folder / name);
  }
  // Messages are those of the reader in memory, wherever in the file they come from.
  for (const char* wrong : {"1,2", "1,2,3,4", "1,x,3", "1,2,1e999", "1,,2", "1,2,\"3"}) {
    write_all(folder / "b.csv", table + wrong + "\n1,2,3\n");
    const std::string expected = io_error_of([&] { read_matrix(folder / "b.csv"); });
    EXPECT_NE(expected, "");
    EXPECT_EQ(
        io_error_of([&] { convert_matrix(folder / "b.csv", folder / "b.npy", options, context); }),
        expected);
  }
  std::string gaps;
  for (int i = 0; i < 400'000; ++i) gaps += "1,,2\n";  // some at the edges of windows
  write_all(folder / "b.csv", gaps);
  EXPECT_EQ(
      io_error_of([&] { convert_matrix(folder / "b.csv", folder / "b.npy", options, context); }),
      io_error_of([&] { read_matrix(folder / "b.csv"); }));
  EXPECT_FALSE(std::filesystem::exists(folder / "b.npy"));
  write_all(folder / "c.csv", "1,2\n3,4\n5,6\n7," + std::string(1'200'000, '9'));
  EXPECT_TRUE(contains(io_error_of([&] {
                         convert_matrix(folder / "c.csv", folder / "b.npy",
                                        {.memory_bytes = one_mib}, context);
                       }),
                       "line 4: a row is longer than 512.0 KiB"));
}

TEST(Convert, StopsAndLeavesNothingWhenCancelled) {
  const TemporaryDirectory folder;
  write_all(folder / "a.csv", triplets(0, ","));
  Context context;
  context.cancel();
  EXPECT_THROW(convert_matrix(folder / "a.csv", folder / "a.csr", {.triplets_from = 0}, context),
               Cancelled);
  EXPECT_EQ(folder.entries(), 1);
}

TEST(Convert, RefusesWhatItCannotWrite) {
  const TemporaryDirectory folder;
  write_all(folder / "a.csv", "1e300,2\n3,4\n");
  Context context;
  const auto convert = [&](const std::string& target, const ConvertOptions& options) {
    convert_matrix(folder / "a.csv", folder / target, options, context);
  };
  EXPECT_THROW(convert("a.mtx", {}), InvalidArgument);
  EXPECT_THROW(convert("a.npy", {.element = Element::int8}), InvalidArgument);
  EXPECT_THROW(convert("a.npy", {.memory_bytes = 1000}), InvalidArgument);
  for (const char* target : {"a.npy", "a.csr"}) {
    EXPECT_TRUE(contains(io_error_of([&] { convert(target, {.element = Element::float32}); }),
                         "beyond float32"));
  }
  write_all(folder / "c.mtx", "%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 2 3\n");
  EXPECT_TRUE(contains(
      io_error_of([&] { convert_matrix(folder / "c.mtx", folder / "c.csr", {}, context); }),
      "complex"));
  write_all(folder / "d.mtx",
            "%%MatrixMarket matrix coordinate real general\n"
            "4000000000000000 4 1\n1 1 2\n");
  EXPECT_TRUE(contains(
      io_error_of([&] { convert_matrix(folder / "d.mtx", folder / "d.csr", {}, context); }),
      "disk space"));
  EXPECT_EQ(folder.entries(), 3);
}

}  // namespace
}  // namespace eckart::io
