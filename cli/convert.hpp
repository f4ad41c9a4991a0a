// cli/convert.hpp - matrices from files in one scalar.
#pragma once

#include <initializer_list>

#include "eckart/any_matrix.hpp"
#include "session.hpp"

namespace eckart::cli {

inline bool single_precision(const AnyMatrix& matrix) {
  return matrix.index() % 4 == 0 || matrix.index() % 4 == 2;
}
inline bool complex_valued(const AnyMatrix& matrix) { return matrix.index() % 4 >= 2; }

// Calls f(value, i, j) for each stored entry.
template <Scalar T, class F>
void for_each_entry(const DenseMatrix<T>& matrix, F&& f) {
  for (index_t j = 0; j < matrix.cols(); ++j) {
    for (index_t i = 0; i < matrix.rows(); ++i) f(matrix(i, j), i, j);
  }
}
template <Scalar T, class F>
void for_each_entry(const SparseMatrix<T>& matrix, F&& f) {
  for (index_t i = 0; i < matrix.rows; ++i) {
    for (index_t p = matrix.offsets[std::size_t(i)]; p < matrix.offsets[std::size_t(i) + 1]; ++p) {
      f(matrix.values[std::size_t(p)], i, matrix.columns[std::size_t(p)]);
    }
  }
}

// REQUIRES: complex only into complex.
template <Scalar To, Scalar From>
To convert(From value) {
  if constexpr (is_complex<From> && is_complex<To>) {
    return {static_cast<real_t<To>>(value.real()), static_cast<real_t<To>>(value.imag())};
  } else if constexpr (is_complex<From>) {
    return static_cast<To>(value.real());
  } else {
    return static_cast<To>(static_cast<real_t<To>>(value));
  }
}

// Returns the matrix as a dense one of scalar T.
template <Scalar T>
Matrix<T> to_dense(const AnyMatrix& matrix) {
  return std::visit(
      [&](const auto& stored) {
        const MatrixFacts facts = facts_of(matrix, "");
        Matrix<T> dense(facts.rows, facts.cols);
        for_each_entry(stored,
                       [&](auto value, index_t i, index_t j) { dense(i, j) = convert<T>(value); });
        return dense;
      },
      matrix);
}

// Returns the conjugate transpose of Vt as a dense matrix of scalar T.
template <Scalar T>
Matrix<T> adjoint_dense(const AnyMatrix& matrix) {
  return std::visit(
      [&](const auto& stored) {
        const MatrixFacts facts = facts_of(matrix, "");
        Matrix<T> dense(facts.cols, facts.rows);
        for_each_entry(stored, [&](auto value, index_t i, index_t j) {
          dense(j, i) = conjugate(convert<T>(value));
        });
        return dense;
      },
      matrix);
}

// Returns the same matrix, same storage, with scalar T.
template <Scalar T>
AnyMatrix with_scalar(const AnyMatrix& matrix) {
  return std::visit(
      [&]<class Stored>(const Stored& stored) -> AnyMatrix {
        if constexpr (requires { stored.offsets; }) {
          SparseMatrix<T> result{stored.rows, stored.cols, stored.offsets, stored.columns, {}};
          result.values.reserve(stored.values.size());
          for (const auto value : stored.values) result.values.push_back(convert<T>(value));
          return result;
        } else {
          return own(to_dense<T>(matrix));
        }
      },
      matrix);
}

// Returns f.operator()<T>() with the widest scalar among the matrices, so that no digit of anyone's
// is lost.
template <class F>
auto with_widest_scalar(std::initializer_list<const AnyMatrix*> matrices, const F& f) {
  bool complex = false, single = true;
  for (const AnyMatrix* matrix : matrices) {
    complex = complex || complex_valued(*matrix);
    single = single && single_precision(*matrix);
  }
  if (complex) {
    return single ? f.template operator()<std::complex<float>>()
                  : f.template operator()<std::complex<double>>();
  }
  return single ? f.template operator()<float>() : f.template operator()<double>();
}

}  // namespace eckart::cli
