#include "explore/archive.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "eckart/io/matrix_file.hpp"
#include "explore/http.hpp"

namespace eckart::explore {
namespace {

std::string u32(std::uint32_t number) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
  return bytes;
}

TEST(Archive, IsReadBackByTheReaderOfNpz) {
  Matrix<double> A(2, 3);
  for (index_t i = 0; i < 6; ++i) A.data()[i] = static_cast<double>(i) + 0.5;
  Archive archive;
  archive.add<double>("A", std::as_const(A).view());
  const std::string path = testing::TempDir() + "archive_test.npz";
  std::ofstream(path, std::ios::binary) << std::move(archive).finish();
  const auto read = std::get<DenseMatrix<double>>(io::read_matrix(path));
  ASSERT_EQ(read.rows(), 2);
  ASSERT_EQ(read.cols(), 3);
  for (index_t i = 0; i < 2; ++i) {
    for (index_t j = 0; j < 3; ++j) EXPECT_EQ(read(i, j), A(i, j));
  }
}

TEST(Archive, SaysTypeAndShapeOfEveryMemberAndLiesOnSixtyFourBytes) {
  const std::complex<float> z[] = {{1, 2}, {3, 4}};
  const float x[] = {1, 2};
  Archive archive;
  archive.add<std::complex<float>>("z", {z, 1, 2, 1});
  archive.add<float>("x", {x, 2, 1, 2}, true);
  const std::string bytes = std::move(archive).finish();
  EXPECT_NE(bytes.find("{'descr': '<c8', 'fortran_order': False, 'shape': (1, 2), }"), bytes.npos);
  EXPECT_NE(bytes.find("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"), bytes.npos);
  const std::size_t magic = bytes.find("\x93NUMPY");
  const std::size_t data = bytes.find('\n', magic) + 1;
  EXPECT_EQ((data - magic) % 64, 0u);
  // The last record: two members, and a directory that starts where it says.
  const std::string end = bytes.substr(bytes.size() - 22);
  EXPECT_EQ(end.substr(0, 4), u32(0x06054b50));
  EXPECT_EQ(end[8], 2);
  const std::size_t directory = bytes.find(u32(0x02014b50));
  EXPECT_EQ(end.substr(16, 4), u32(static_cast<std::uint32_t>(directory)));
}

}  // namespace
}  // namespace eckart::explore
