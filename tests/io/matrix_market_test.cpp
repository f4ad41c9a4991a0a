#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "eckart/error.hpp"
#include "io/readers.hpp"

namespace eckart::io {
namespace {

using Sparse = SparseMatrix<double>;
using SparseComplex = SparseMatrix<std::complex<double>>;
using Dense = DenseMatrix<double>;
using DenseComplex = DenseMatrix<std::complex<double>>;

const std::string banner = "%%MatrixMarket matrix ";

AnyMatrix read(const std::string& text, std::uint64_t max_bytes = 0) {
  Input input;
  input.name = "a.mtx";
  input.bytes = text;
  return read_matrix_market(input, {.max_bytes = max_bytes});
}

// Entry (i, j), zero when it is not stored.
template <Scalar T>
T entry(const SparseMatrix<T>& A, index_t i, index_t j) {
  for (index_t p = A.offsets[static_cast<std::size_t>(i)];
       p < A.offsets[static_cast<std::size_t>(i) + 1]; ++p) {
    if (A.columns[static_cast<std::size_t>(p)] == j) return A.values[static_cast<std::size_t>(p)];
  }
  return T(0);
}

TEST(MatrixMarket, ReadsACoordinateFile) {
  const auto A = std::get<Sparse>(
      read(banner + "coordinate real general\n% a comment\n3 4 3\n1 1 1.5\n3 4 -2e3\n2 1 0\n"));
  validate(A);
  EXPECT_EQ(A.rows, 3);
  EXPECT_EQ(A.cols, 4);
  EXPECT_EQ(A.stored_entries(), 3) << "a stored zero stays stored";
  EXPECT_EQ(entry(A, 0, 0), 1.5);
  EXPECT_EQ(entry(A, 2, 3), -2000);
}

TEST(MatrixMarket, ReadsAnArrayColumnByColumn) {
  const auto A = std::get<Dense>(read(banner + "array real general\n2 3\n1\n2\n3\n4\n5\n6\n"));
  EXPECT_EQ(A.rows(), 2);
  EXPECT_EQ(A.cols(), 3);
  EXPECT_EQ(A(1, 0), 2);
  EXPECT_EQ(A(0, 2), 5);
}

TEST(MatrixMarket, TakesAnyCaseLineEndBlanksAndComments) {
  const auto A = std::get<Sparse>(read(
      "%%matrixmarket MATRIX Coordinate DOUBLE General\r\n%\r\n\r\n  2\t2 2 \r\n% in between\r\n"
      "\t1 2   7\r\n\r\n   % indented\n 2 1 +8 \n\n% at the end\n\n"));
  EXPECT_EQ(entry(A, 0, 1), 7);
  EXPECT_EQ(entry(A, 1, 0), 8);
}

TEST(MatrixMarket, NeedsNoLineEndAtTheEndAndTakesAByteOrderMark) {
  const auto A =
      std::get<Sparse>(read("\xEF\xBB\xBF" + banner + "coordinate real general\n1 1 1\n1 1 4"));
  EXPECT_EQ(entry(A, 0, 0), 4);
}

TEST(MatrixMarket, AddsDuplicates) {
  const auto A =
      std::get<Sparse>(read(banner + "coordinate real general\n2 2 3\n1 2 1\n1 2 2\n1 2 0.5\n"));
  validate(A);
  EXPECT_EQ(A.stored_entries(), 1);
  EXPECT_EQ(entry(A, 0, 1), 3.5);
}

TEST(MatrixMarket, ReadsPatternsAsOnesAndIntegersAsDoubles) {
  const auto P = std::get<Sparse>(read(banner + "coordinate pattern general\n2 2 1\n2 1\n"));
  EXPECT_EQ(entry(P, 1, 0), 1);
  const auto I = std::get<Sparse>(read(banner + "coordinate integer general\n1 1 1\n1 1 -7\n"));
  EXPECT_EQ(entry(I, 0, 0), -7);
}

TEST(MatrixMarket, MirrorsSymmetricEntriesOfEitherTriangle) {
  for (const char* text : {"coordinate real symmetric\n2 2 2\n1 1 1\n2 1 5\n",
                           "coordinate real symmetric\n2 2 2\n1 1 1\n1 2 5\n"}) {
    const auto A = std::get<Sparse>(read(banner + text));
    validate(A);
    EXPECT_EQ(entry(A, 0, 0), 1);
    EXPECT_EQ(entry(A, 0, 1), 5);
    EXPECT_EQ(entry(A, 1, 0), 5);
  }
  const auto P = std::get<Sparse>(read(banner + "coordinate pattern symmetric\n2 2 1\n2 1\n"));
  EXPECT_EQ(entry(P, 0, 1), 1);
}

TEST(MatrixMarket, MirrorsSkewSymmetricAndHermitianEntries) {
  const auto S =
      std::get<Sparse>(read(banner + "coordinate real skew-symmetric\n2 2 2\n1 1 0\n2 1 5\n"));
  EXPECT_EQ(entry(S, 1, 0), 5);
  EXPECT_EQ(entry(S, 0, 1), -5);
  const auto H = std::get<SparseComplex>(
      read(banner + "coordinate complex hermitian\n2 2 2\n1 1 3 0\n2 1 1 2\n"));
  EXPECT_EQ(entry(H, 0, 0), std::complex<double>(3, 0));
  EXPECT_EQ(entry(H, 1, 0), std::complex<double>(1, 2));
  EXPECT_EQ(entry(H, 0, 1), std::complex<double>(1, -2));
}

TEST(MatrixMarket, UnpacksArraysWithASymmetry) {
  const auto S = std::get<Dense>(read(banner + "array real symmetric\n2 2\n1\n2\n3\n"));
  EXPECT_EQ(S(0, 0), 1);
  EXPECT_EQ(S(1, 0), 2);
  EXPECT_EQ(S(0, 1), 2);
  EXPECT_EQ(S(1, 1), 3);
  const auto K = std::get<Dense>(read(banner + "array real skew-symmetric\n3 3\n1\n2\n3\n"));
  EXPECT_EQ(K(1, 0), 1);
  EXPECT_EQ(K(0, 1), -1);
  EXPECT_EQ(K(2, 1), 3);
  EXPECT_EQ(K(1, 2), -3);
  EXPECT_EQ(K(2, 2), 0);
  const auto H =
      std::get<DenseComplex>(read(banner + "array complex hermitian\n2 2\n1 0\n2 3\n4 0\n"));
  EXPECT_EQ(H(1, 0), std::complex<double>(2, 3));
  EXPECT_EQ(H(0, 1), std::complex<double>(2, -3));
}

TEST(MatrixMarket, ReadsEmptyMatrices) {
  const auto A = std::get<Sparse>(read(banner + "coordinate real general\n0 5 0\n"));
  EXPECT_EQ(A.rows, 0);
  EXPECT_EQ(A.cols, 5);
  const auto B = std::get<Dense>(read(banner + "array real general\n3 0\n"));
  EXPECT_EQ(B.rows(), 3);
  EXPECT_EQ(B.cols(), 0);
}

TEST(MatrixMarket, KeepsInfinityAndNanForTheEngineToReport) {
  const auto A =
      std::get<Sparse>(read(banner + "coordinate real general\n2 2 2\n1 1 inf\n2 2 NaN\n"));
  EXPECT_TRUE(std::isinf(entry(A, 0, 0)));
  EXPECT_TRUE(std::isnan(entry(A, 1, 1)));
}

struct Bad {
  const char* text;  // behind "%%MatrixMarket matrix "
  const char* line;
  const char* what;
};

TEST(MatrixMarket, RefusesMalformedFilesNamingTheLine) {
  const Bad cases[] = {
      {"coordinate real\n1 1 0\n", "line 1", "general, symmetric"},
      {"sparse real general\n1 1 0\n", "line 1", "coordinate, array"},
      {"coordinate quaternion general\n1 1 0\n", "line 1", "\"quaternion\""},
      {"coordinate real general extra\n1 1 0\n", "line 1", "\"extra\""},
      {"array pattern general\n1 1\n", "line 1", "pattern"},
      {"coordinate pattern skew-symmetric\n1 1 0\n", "line 1", "skew-symmetric"},
      {"coordinate real hermitian\n1 1 0\n", "line 1", "complex"},
      {"coordinate real general\n", "line 1", "ends before the line with the sizes"},
      {"coordinate real general\n% only\n\n", "line 3", "ends before the line with the sizes"},
      {"coordinate real general\n2 2\n", "line 2", "the number of entries is missing"},
      {"coordinate real general\n2 2 1 1\n1 1 1\n", "line 2", "unexpected \"1\""},
      {"coordinate real general\n-2 2 1\n1 1 1\n", "line 2", "rows cannot be \"-2\""},
      {"coordinate real general\n2 99999999999999999999 1\n1 1 1\n", "line 2", "columns cannot be"},
      {"coordinate real general\n2 2.0 1\n1 1 1\n", "line 2", "whole number"},
      {"coordinate real general\n2 2 2\n1 1 1\n", "line 3", "after 1 of the 2 entries that line 2"},
      {"coordinate real general\n2 2 1\n1 1 1\n\n2 2 1\n", "line 5", "more entries than the 1"},
      {"coordinate real general\n2 2 1\n0 1 1\n", "line 3", "row \"0\" is outside 1..2"},
      {"coordinate real general\n2 2 1\n1 3 1\n", "line 3", "column \"3\" is outside 1..2"},
      {"coordinate real general\n2 2 1\n-1 1 1\n", "line 3", "row \"-1\" is outside"},
      {"coordinate real general\n2 2 1\n12345678901234567890 1 1\n", "line 3", "is outside 1..2"},
      {"coordinate real general\n2 2 1\n1.0 1 1\n", "line 3", "row must be a whole number"},
      {"coordinate real general\n2 2 1\n1 1\n", "line 3", "the value is missing"},
      {"coordinate real general\n2 2 1\n1\n", "line 3", "column is missing"},
      {"coordinate real general\n2 2 1\n1 1 1 1\n", "line 3", "behind the entry"},
      {"coordinate real general\n2 2 1\n1 1 1e400\n", "line 3", "largest number"},
      {"coordinate real general\n2 2 1\n1 1 abc\n", "line 3", "\"abc\" is not a number"},
      {"coordinate real general\n2 2 1\n1 1 1,5\n", "line 3", "comma"},
      {"coordinate real general\n2 2 1\n1 1 0x1F\n", "line 3", "hexadecimal"},
      {"coordinate real general\n0 2 1\n1 1 1\n", "line 3", "row \"1\" is outside"},
      {"coordinate integer general\n2 2 1\n1 1 1.5\n", "line 3", "not whole"},
      {"coordinate complex general\n2 2 1\n1 1 1\n", "line 3", "imaginary part is missing"},
      {"coordinate pattern general\n2 2 1\n1 1 1\n", "line 3", "behind the entry"},
      {"coordinate real symmetric\n2 3 1\n1 1 1\n", "line 2", "not square"},
      {"coordinate real symmetric\n2 2 2\n2 1 1\n1 2 1\n", "line 4", "that of line 3 is below"},
      {"coordinate real skew-symmetric\n2 2 1\n1 1 1\n", "line 3", "diagonal"},
      {"coordinate complex hermitian\n2 2 1\n1 1 1 2\n", "line 3", "diagonal"},
      {"array real symmetric\n2 3\n1\n2\n3\n", "line 2", "not square"},
      {"array real general\n2 2\n1\n2\n3\n", "line 5", "before entry (2, 2)"},
      {"array real general\n2 1\n1\n2\n3\n", "line 5", "more entries"},
      {"array real general\n2 1\n1 2\n", "line 3", "behind the entry"},
      {"array real general\n1000000 1000000\n1\n2\n", "line 2", "incomplete"},
      {"array real general\n9000000000000000000 9000000000000000000\n1\n", "line 2", "incomplete"},
  };
  for (const Bad& bad : cases) {
    try {
      (void)read(banner + bad.text);
      ADD_FAILURE() << bad.text << " was accepted";
    } catch (const IoError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find("a.mtx: " + std::string(bad.line) + ":"), std::string::npos)
          << bad.text << message;
      EXPECT_NE(message.find(bad.what), std::string::npos) << bad.text << message;
    }
  }
}

TEST(MatrixMarket, RefusesOtherObjectsAndFilesWithoutBanner) {
  try {
    (void)read("%%MatrixMarket vector coordinate real general\n3 1\n1 1\n");
    ADD_FAILURE() << "accepted";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("only a matrix can be read"), std::string::npos);
  }
  try {
    (void)read("1 1 5\n2 2 6\n");
    ADD_FAILURE() << "accepted";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("line 1: expected a banner"), std::string::npos);
  }
}

// The header is legal, but 16 GB for the offsets of empty rows would be paid for 60 bytes of text.
TEST(MatrixMarket, RefusesSizesThatTheDataDoesNotWarrant) {
  const std::string text = banner + "coordinate real general\n1000000000 1000000000 1\n1 1 1\n";
  try {
    (void)read(text);
    ADD_FAILURE() << "accepted";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("line 2: a 1000000000 x 1000000000 matrix"),
              std::string::npos)
        << error.what();
  }
  EXPECT_THROW((void)read(text, std::uint64_t{1} << 30), MemoryLimit);
}

TEST(MatrixMarket, DoesNotBelieveTheNumberOfEntriesBeforeSeeingThem) {
  const std::string text =
      banner + "coordinate real general\n3 3 9000000000000000000\n1 1 1\n2 2 2\n";
  EXPECT_THROW((void)read(text), IoError);
  EXPECT_THROW((void)read(text, 1 << 20), IoError) << "two entries fit any cap";
}

TEST(MatrixMarket, HonoursTheMemoryCap) {
  std::string text = banner + "array real general\n100 100\n";
  for (int i = 0; i < 10000; ++i) text += "1\n";
  EXPECT_THROW((void)read(text, 80000), MemoryLimit);
  EXPECT_EQ(std::get<Dense>(read(text, 90000)).rows(), 100);
}

// Shapes and counts of shared reference files.
TEST(MatrixMarket, ReadsEveryReferenceFile) {
  const char* folder = std::getenv("ECKART_DATA");
  if (folder == nullptr) GTEST_SKIP() << "set ECKART_DATA to the folder of the reference data";
  const std::filesystem::path data(folder);
  std::ifstream file(data / "reference_values.json");
  const nlohmann::json values = nlohmann::json::parse(file);
  int compared = 0;
  int read_files = 0;
  for (const char* part : {"sparse/suitesparse_small", "sparse/sjsu_singular/mtx"}) {
    for (const auto& item : std::filesystem::recursive_directory_iterator(data / part)) {
      const std::string path = item.path().string();
      if (path.find(".mtx") == std::string::npos) continue;
      const AnyMatrix any = read_matrix(path);
      ++read_files;
      const std::string relative = std::filesystem::relative(item.path(), data).string();
      for (const auto& [key, value] : values.items()) {
        if (!value.contains("matrix") || value["matrix"] != relative) continue;
        if (!value.contains("shape") || !value.contains("nnz")) continue;
        ++compared;
        std::visit(
            [&](const auto& A) {
              if constexpr (requires { A.stored_entries(); }) {
                validate(A);
                EXPECT_EQ(A.rows, value["shape"][0].template get<index_t>()) << key;
                EXPECT_EQ(A.cols, value["shape"][1].template get<index_t>()) << key;
                const auto zeros = std::count(A.values.begin(), A.values.end(),
                                              std::decay_t<decltype(A.values[0])>(0));
                EXPECT_EQ(A.stored_entries() - zeros, value["nnz"].template get<index_t>()) << key;
              } else {
                EXPECT_EQ(A.rows(), value["shape"][0].template get<index_t>()) << key;
                EXPECT_EQ(A.cols(), value["shape"][1].template get<index_t>()) << key;
              }
            },
            any);
      }
    }
  }
  EXPECT_GE(read_files, 80);
  EXPECT_GE(compared, 50);
}

}  // namespace
}  // namespace eckart::io
