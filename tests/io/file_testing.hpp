// Matrices in files of a folder that goes with the test.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/philox.hpp"
#include "eckart/matrix.hpp"
#include "io/npy_header.hpp"

namespace eckart::io::test {

class Folder {
 public:
  Folder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            (std::string("eckart-") + info->test_suite_name() + "-" + info->name() + "-" +
             std::to_string(::getpid()));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

template <class Number>
std::string bytes_of(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

// A C-order .npy file of numbers(i, j).
template <class Number, class F>
std::string npy(const std::string& type, index_t rows, index_t cols, const F& numbers) {
  std::vector<Number> all;
  for (index_t i = 0; i < rows; ++i) {
    for (index_t j = 0; j < cols; ++j) all.push_back(static_cast<Number>(numbers(i, j)));
  }
  return format_npy_header(type, {rows, cols}) + bytes_of(all);
}

inline Matrix<double> gaussian(index_t rows, index_t cols, std::uint32_t stream = 0) {
  Matrix<double> A(rows, cols);
  core::fill_gaussian(A.view(), 5, stream, 0, Context(1));
  return A;
}

}  // namespace eckart::io::test
