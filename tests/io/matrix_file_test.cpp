#include "eckart/io/matrix_file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "eckart/error.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

class MatrixFile : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) const {
    test::write_all(folder_ / name, bytes);
    return folder_ / name;
  }

  test::TemporaryDirectory folder_;
};

index_t dense_cols(const AnyMatrix& matrix) { return std::get<DenseMatrix<double>>(matrix).cols(); }

const std::string market = "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 1\n";
const std::string npy = test::npy_file_of("<f8", "(1, 2)", std::string(16, '\0'));

TEST_F(MatrixFile, ReadsALiteral) {
  EXPECT_EQ(dense_cols(read_matrix("[[3,2],[2,3]]")), 2);
  EXPECT_EQ(dense_cols(read_matrix("\n [1,2,3]")), 3);
}

TEST_F(MatrixFile, ChoosesTheFormatByExtensionInAnyCase) {
  EXPECT_EQ(dense_cols(read_matrix(write("a.csv", "1,2\n"))), 2);
  EXPECT_EQ(dense_cols(read_matrix(write("a.CSV", "1;2\n"))), 2);
  EXPECT_EQ(dense_cols(read_matrix(write("a.csv.GZ", "1,2\n"))), 2);
  EXPECT_EQ(dense_cols(read_matrix(write("a.tsv", "1 \t2\n"))), 2);
  EXPECT_EQ(std::get<SparseMatrix<double>>(read_matrix(write("a.Mtx", market))).rows, 2);
  EXPECT_EQ(dense_cols(read_matrix(write("a.npy", npy))), 2);
}

TEST_F(MatrixFile, ChoosesTheFormatByTheFirstBytesOtherwise) {
  EXPECT_EQ(std::get<SparseMatrix<double>>(read_matrix(write("a", market))).rows, 2);
  EXPECT_EQ(dense_cols(read_matrix(write("b.txt", "1 2 3\n"))), 3);
  EXPECT_EQ(dense_cols(read_matrix(write("c.dat", npy))), 2);
  // Not a valid archive, but the archive reader must be the one to say so.
  try {
    (void)read_matrix(write("d", std::string("PK\x03\x04garbage")));
    ADD_FAILURE() << "accepted";
  } catch (const IoError& error) {
    EXPECT_EQ(std::string(error.what()).find("not recognised"), std::string::npos) << error.what();
  }
}

TEST_F(MatrixFile, TakesTheFormatThatTheCallerNames) {
  const std::string path = write("a.csv", market);
  EXPECT_THROW((void)read_matrix(path), IoError);
  const AnyMatrix matrix = read_matrix(path, {.format = Format::matrix_market});
  EXPECT_EQ(std::get<SparseMatrix<double>>(matrix).rows, 2);
}

TEST_F(MatrixFile, ListsWhatIsSupportedWhenItRecognisesNothing) {
  try {
    (void)read_matrix(write("a.bin", std::string("\x7F"
                                                 "ELF\x02\x01\x00\x00",
                                                 8)));
    ADD_FAILURE() << "accepted";
  } catch (const IoError& error) {
    const std::string message = error.what();
    for (const char* part : {"a.bin", "not recognised", ".npy", ".npz", ".mtx", ".csv", ".tsv"}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
}

TEST_F(MatrixFile, RefusesAnEmptyName) {
  try {
    (void)read_matrix("");
    ADD_FAILURE() << "accepted";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("the name of the matrix is empty"), std::string::npos);
  }
}

TEST_F(MatrixFile, NamesTheFileInEveryMessage) {
  const std::string path = write("bad.csv", "1,2\n3\n");
  try {
    (void)read_matrix(path);
    ADD_FAILURE() << "accepted";
  } catch (const IoError& error) {
    EXPECT_EQ(error.path(), path);
    EXPECT_EQ(std::string(error.what()).find(path + ": line 2:"), 0U) << error.what();
  }
}

}  // namespace
}  // namespace eckart::io
