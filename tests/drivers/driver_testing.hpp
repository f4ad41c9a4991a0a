// tests/drivers/driver_testing.hpp - what the tests of the drivers share.
#pragma once

#include <gtest/gtest.h>

#include <complex>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/operators.hpp"
#include "eckart/svd_result.hpp"
#include "tests/cases/random_matrices.hpp"
#include "tests/cases/registry.hpp"
#include "tests/oracles/svd_check.hpp"

namespace eckart::testing_support {

using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;

// The thread counts that must all give the same bits.
inline constexpr int thread_counts[] = {1, 2, 3, 7};

// Tests that take more than a few seconds run only if ECKART_LONG_TESTS is set.
inline bool long_tests() { return std::getenv("ECKART_LONG_TESTS") != nullptr; }

template <Scalar T>
MatrixView<const T> view(const Matrix<T>& A) {
  return A.view();
}

template <Scalar T>
Matrix<T> densify(const SparseMatrix<T>& A) {
  Matrix<T> dense(A.rows, A.cols);
  oracles::for_each_entry(A, [&](index_t i, index_t j, T a) { dense(i, j) = a; });
  return dense;
}

// Returns the diagonal matrix, sparse, with a row for each value.
template <Scalar T>
SparseMatrix<T> sparse_diagonal(const std::vector<long double>& values) {
  SparseMatrix<T> A;
  A.rows = A.cols = static_cast<index_t>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    A.columns.push_back(static_cast<index_t>(i));
    A.values.push_back(static_cast<T>(static_cast<real_t<T>>(values[i])));
    A.offsets.push_back(static_cast<index_t>(i) + 1);
  }
  return A;
}

template <Scalar T>
Matrix<T> conjugate_transpose(const Matrix<T>& A) {
  Matrix<T> B(A.cols(), A.rows());
  for (index_t i = 0; i < A.rows(); ++i) {
    for (index_t j = 0; j < A.cols(); ++j) B(j, i) = conjugate(A(i, j));
  }
  return B;
}

// Returns diag(r) (A - 1 c^T - s 1^T) diag(d), entry by entry.
template <Scalar T>
Matrix<T> densify(const Matrix<T>& A, const AffineMap<T>& map) {
  const auto at = [](const auto& v, index_t i, auto otherwise) {
    return v.empty() ? decltype(otherwise)(otherwise)
                     : decltype(otherwise)(v[static_cast<std::size_t>(i)]);
  };
  using W = oracles::wide_t<T>;
  using R = oracles::wide_real_t<T>;
  Matrix<T> B(A.rows(), A.cols());
  for (index_t j = 0; j < A.cols(); ++j) {
    for (index_t i = 0; i < A.rows(); ++i) {
      const W moved = oracles::widen(A(i, j)) - at(map.column_shift, j, W(0)) -
                      at(map.row_shift, i, W(0));
      B(i, j) = static_cast<T>(moved * at(map.row_scale, i, R(1)) * at(map.column_scale, j, R(1)));
    }
  }
  return B;
}

template <Scalar T>
bool same_bits(const Matrix<T>& A, const Matrix<T>& B) {
  return A.rows() == B.rows() && A.cols() == B.cols() &&
         (A.rows() * A.cols() == 0 ||
          std::memcmp(A.data(), B.data(),
                      static_cast<std::size_t>(A.rows() * A.cols()) * sizeof(T)) == 0);
}
template <Scalar T>
bool same_bits(const SvdResult<T>& a, const SvdResult<T>& b) {
  return same_bits(a.U, b.U) && same_bits(a.V, b.V) && a.sigma.size() == b.sigma.size() &&
         (a.sigma.empty() || std::memcmp(a.sigma.data(), b.sigma.data(),
                                         a.sigma.size() * sizeof(real_t<T>)) == 0);
}

// Runs solve(context) with each number of threads and expects the same bits.
template <class Solve>
void expect_same_bits_for_any_thread_count(const Solve& solve) {
  Context one(1);
  const auto reference = solve(one);
  for (const int threads : thread_counts) {
    Context context(threads);
    EXPECT_TRUE(same_bits(reference, solve(context))) << threads << " threads";
  }
}

// Another operator seen through a counter, with a hook after each product: for counting,
// cancelling in the middle and for breaking what comes out. It hides how A is stored if asked.
template <Scalar T>
class WatchedOperator final : public LinearOperator<T> {
 public:
  using Hook = std::function<void(MatrixView<T>)>;
  explicit WatchedOperator(const LinearOperator<T>& inner, bool matrix_free = false)
      : inner_(inner), matrix_free_(matrix_free) {}

  Hook after_apply;
  Hook after_adjoint;
  mutable index_t products = 0;

  index_t rows() const override { return inner_.rows(); }
  index_t cols() const override { return inner_.cols(); }
  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    inner_.apply(X, Y, context);
    products += X.cols;
    if (after_apply) after_apply(Y);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    inner_.apply_adjoint(Y, X, context);
    products += Y.cols;
    if (after_adjoint) after_adjoint(X);
  }
  Storage storage() const override {
    return matrix_free_ ? Storage::matrix_free : inner_.storage();
  }
  index_t entries_per_product() const override { return inner_.entries_per_product(); }
  std::uint64_t stored_bytes() const override { return matrix_free_ ? 0 : inner_.stored_bytes(); }
  EntryScan scan(Context& context) const override {
    return matrix_free_ ? LinearOperator<T>::scan(context) : inner_.scan(context);
  }
  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    return matrix_free_ ? LinearOperator<T>::column_energies(map, context)
                        : inner_.column_energies(map, context);
  }
  void copy_to(MatrixView<T> A, Context& context) const override {
    matrix_free_ ? LinearOperator<T>::copy_to(A, context) : inner_.copy_to(A, context);
  }

 private:
  const LinearOperator<T>& inner_;
  bool matrix_free_;
};

// Returns the first k triplets of a known factorisation as if a driver had returned them.
template <Scalar T>
SvdResult<T> leading(const cases::Factored<T>& made, index_t k) {
  SvdResult<T> result;
  result.U = made.U.clone();
  result.V = made.V.clone();
  result.sigma = made.sigma;
  result.U.keep_columns(k);
  result.V.keep_columns(k);
  result.sigma.resize(static_cast<std::size_t>(k));
  return result;
}

// The largest singular value of what the k leading ones leave, and its Frobenius norm.
inline double tail_norm(const std::vector<long double>& sigma, index_t k) {
  long double sum = 0;
  for (std::size_t i = sigma.size(); i > static_cast<std::size_t>(k); --i) {
    sum += sigma[i - 1] * sigma[i - 1];
  }
  return static_cast<double>(std::sqrt(sum));
}

}  // namespace eckart::testing_support
