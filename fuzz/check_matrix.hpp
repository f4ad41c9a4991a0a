// What must hold of every matrix that a reader returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "eckart/any_matrix.hpp"
#include "eckart/error.hpp"
#include "io/input.hpp"

namespace eckart::fuzz {

// Reads every entry, so that the address sanitizer sees a view that is too large.
template <Scalar T>
void check(const DenseMatrix<T>& A) {
  if (A.rows() < 0 || A.cols() < 0 || A.values.ld < A.values.rows || A.values.ld < 1) std::abort();
  T sum = 0;
  for (index_t j = 0; j < A.values.cols && A.values.rows > 0; ++j) {
    for (index_t i = 0; i < A.values.rows; ++i) sum += A.values(i, j);
  }
  [[maybe_unused]] volatile real_t<T> used = std::abs(sum);
}

template <Scalar T>
void check(const SparseMatrix<T>& A) {
  validate(A);
}

inline io::Input input_of(const std::uint8_t* data, std::size_t size) {
  io::Input input;
  input.name = "fuzz";
  input.bytes = {reinterpret_cast<const char*>(data), size};
  return input;
}

// Calls read. A matrix that keeps its invariants, IoError and MemoryLimit are the allowed outcomes;
// any other exception ends the program.
template <class Read>
void run(const Read& read) {
  AnyMatrix matrix;
  try {
    matrix = read();
  } catch (const IoError&) {
    return;
  } catch (const MemoryLimit&) {
    return;
  }
  std::visit([](const auto& A) { check(A); }, matrix);
}

}  // namespace eckart::fuzz
