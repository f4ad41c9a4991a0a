#include "core/sketch.hpp"

#include <algorithm>
#include <complex>

#include "core/philox.hpp"

namespace eckart::core {
namespace {

// Returns the block that a test matrix stands for.
template <Scalar T>
Matrix<T> filled(const TestMatrix<T>& test) {
  Matrix<T> block(test.rows, test.cols);
  for (index_t i = 0; i < test.rows; ++i) {
    for (index_t e = i * test.per_row; e < (i + 1) * test.per_row; ++e) {
      block(i, test.columns[e]) += test.values[e];
    }
  }
  return block;
}

template <Scalar T>
void add(const Matrix<T>& part, MatrixView<T> sum) {
  for (index_t j = 0; j < sum.cols; ++j) {
    for (index_t i = 0; i < sum.rows; ++i) sum(i, j) += part(i, j);
  }
}

}  // namespace

template <Scalar T>
int add_sketches(const LinearOperator<T>& A,
                 const TestMatrix<T>& Omega,
                 MatrixView<T> Y,
                 const TestMatrix<T>& Psi,
                 MatrixView<T> Z,
                 Context& context) {
  if (const auto* source = dynamic_cast<const SketchSource<T>*>(&A)) {
    return source->add_sketches(Omega, Y, Psi, Z, context);
  }
  int reads = 0;
  if (Omega.cols > 0) {
    const Matrix<T> block = filled(Omega);
    Matrix<T> product = Matrix<T>::uninitialized(Y.rows, Y.cols);
    A.apply(block.view(), product.view(), context);
    add(product, Y);
    ++reads;
  }
  if (Psi.cols > 0) {
    const Matrix<T> block = filled(Psi);
    Matrix<T> product = Matrix<T>::uninitialized(Z.rows, Z.cols);
    A.apply_adjoint(block.view(), product.view(), context);
    add(product, Z);
    ++reads;
  }
  return reads;
}

// Floyd's choice without repetition: Bentley, Floyd, Comm. ACM 30(9):754-757, 1987.
template <class Real>
void choose_signs(std::uint64_t seed,
                  std::uint32_t stream,
                  index_t row,
                  index_t width,
                  std::span<std::int32_t> chosen,
                  std::span<Real> signs) {
  const auto counter = static_cast<std::uint64_t>(row);
  const auto count = static_cast<index_t>(chosen.size());
  for (index_t e = 0; e < count; ++e) {
    // Two words for each number: one for the choice, one for the sign.
    const auto words =
        philox({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(e / 2), stream,
                static_cast<std::uint32_t>(counter >> 32)},
               {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    const std::size_t half = e % 2 == 0 ? 0 : 2;
    const auto last = static_cast<std::int32_t>(width - count + e);
    auto number =
        static_cast<std::int32_t>((words[half] * (static_cast<std::uint64_t>(last) + 1)) >> 32);
    const auto before = chosen.first(static_cast<std::size_t>(e));
    if (std::find(before.begin(), before.end(), number) != before.end()) number = last;
    chosen[static_cast<std::size_t>(e)] = number;
    signs[static_cast<std::size_t>(e)] = words[half + 1] >> 31 ? Real{1} : Real{-1};
  }
}

template void choose_signs(
    std::uint64_t, std::uint32_t, index_t, index_t, std::span<std::int32_t>, std::span<float>);
template void choose_signs(
    std::uint64_t, std::uint32_t, index_t, index_t, std::span<std::int32_t>, std::span<double>);
template int add_sketches(const LinearOperator<float>&,
                          const TestMatrix<float>&,
                          MatrixView<float>,
                          const TestMatrix<float>&,
                          MatrixView<float>,
                          Context&);
template int add_sketches(const LinearOperator<double>&,
                          const TestMatrix<double>&,
                          MatrixView<double>,
                          const TestMatrix<double>&,
                          MatrixView<double>,
                          Context&);
template int add_sketches(const LinearOperator<std::complex<float>>&,
                          const TestMatrix<std::complex<float>>&,
                          MatrixView<std::complex<float>>,
                          const TestMatrix<std::complex<float>>&,
                          MatrixView<std::complex<float>>,
                          Context&);
template int add_sketches(const LinearOperator<std::complex<double>>&,
                          const TestMatrix<std::complex<double>>&,
                          MatrixView<std::complex<double>>,
                          const TestMatrix<std::complex<double>>&,
                          MatrixView<std::complex<double>>,
                          Context&);

}  // namespace eckart::core
