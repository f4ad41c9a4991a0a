#include "source.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "arrays.hpp"
#include "eckart/error.hpp"

namespace eckart::python {
namespace {

// --- dense ----------------------------------------------------------------------------------

template <Scalar T>
Source dense(const Array2<T>& array) {
  DenseMatrix<T> A = as_matrix(array);
  const bool brief = brief_dense(A.rows(), A.cols());
  // The array is kept, and with it what owns its storage.
  return {Open<T>([A = std::move(A), array](Context&) { return make_operator(A); }), {}, brief};
}

// --- sparse ---------------------------------------------------------------------------------

// Offsets and indices of SciPy: both of 32 bits or both of 64.
template <Scalar T, class Index>
Source sparse(index_t rows,
              index_t cols,
              const Array1<Index>& offsets,
              const Array1<Index>& indices,
              const Array1<T>& values,
              bool by_columns) {
  const std::span<const Index> offset_span(offsets.data(), offsets.size());
  const std::span<const Index> index_span(indices.data(), indices.size());
  const SparseView<T> view(rows, cols, offset_span, index_span, {values.data(), values.size()},
                           by_columns);
  // SparseView takes no values for "all ones".
  const bool empty = values.size() == 0;
  const auto kept = std::make_tuple(offsets, indices, values);
  Open<T> open = [view, empty, kept](Context& context) -> std::unique_ptr<LinearOperator<T>> {
    require(view.stored_entries() == static_cast<index_t>(view.values.size()),
            "a sparse matrix of " + std::to_string(view.stored_entries()) + " indices holds " +
                std::to_string(view.values.size()) + " values");
    if (empty) {
      SparseMatrix<T> zero;
      zero.rows = view.rows;
      zero.cols = view.cols;
      zero.offsets.assign(static_cast<std::size_t>(view.rows) + 1, 0);
      return make_operator(std::move(zero), SparseStorage::both_orientations, context);
    }
    return make_operator(view, SparseStorage::both_orientations, context);
  };
  return {std::move(open), {}, false};
}

// --- operators of Python --------------------------------------------------------------------

// A pair of Python functions X -> A X and Y -> A^H Y on blocks. They are called with the
// interpreter lock, on the thread that computes.
template <Scalar T>
class PythonOperator : public LinearOperator<T> {
 public:
  // The functions must outlive the operator.
  PythonOperator(index_t rows, index_t cols, nb::handle product, nb::handle adjoint_product)
      : rows_(rows), cols_(cols), product_(product), adjoint_product_(adjoint_product) {}

  index_t rows() const override { return rows_; }
  index_t cols() const override { return cols_; }
  void apply(MatrixView<const T> X, MatrixView<T> Y, Context&) const override {
    call(product_, X, Y);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context&) const override {
    call(adjoint_product_, Y, X);
  }

 private:
  // The function gets a copy: it may keep its argument, whose storage is ours.
  static void call(nb::handle function, MatrixView<const T> X, MatrixView<T> Y) {
    const nb::gil_scoped_acquire locked;
    Matrix<T> argument = Matrix<T>::uninitialized(X.rows, X.cols);
    for (index_t j = 0; j < X.cols; ++j)
      std::copy_n(X.column(j), X.rows, argument.view().column(j));
    const nb::object result = function(to_numpy(std::move(argument)));
    // The Python side made it an array of this scalar and shape.
    const DenseMatrix<T> answer = as_matrix(nb::cast<Array2<T>>(result));
    for (index_t j = 0; j < Y.cols; ++j) {
      for (index_t i = 0; i < Y.rows; ++i) Y(i, j) = answer(i, j);
    }
  }

  index_t rows_;
  index_t cols_;
  nb::handle product_;
  nb::handle adjoint_product_;
};

template <Scalar T>
Open<T> open_functions(index_t rows, index_t cols, nb::handle product, nb::handle adjoint) {
  return [=](Context& context) -> std::unique_ptr<LinearOperator<T>> {
    auto A = std::make_unique<PythonOperator<T>>(rows, cols, product, adjoint);
    if (rows > 0 && cols > 0) {
      const double defect = adjoint_defect<T>(*A, 0, context);
      require(defect <= 1,
              "the operator's adjoint is not its adjoint: <A x, y> and <x, A^H y> differ for a "
              "random x and y; expected rmatvec (rmatmat) to multiply by the conjugate transpose "
              "of what matvec (matmat) multiplies by");
    }
    return A;
  };
}

Source matrix_free(index_t rows,
                   index_t cols,
                   const std::string& scalar,
                   const nb::object& product,
                   const nb::object& adjoint) {
  Source source;
  source.owner = nb::make_tuple(product, adjoint);
  if (scalar == scalar_name<float>()) {
    source.open = open_functions<float>(rows, cols, product, adjoint);
  } else if (scalar == scalar_name<double>()) {
    source.open = open_functions<double>(rows, cols, product, adjoint);
  } else if (scalar == scalar_name<std::complex<float>>()) {
    source.open = open_functions<std::complex<float>>(rows, cols, product, adjoint);
  } else {
    source.open = open_functions<std::complex<double>>(rows, cols, product, adjoint);
  }
  return source;
}

template <Scalar T>
void bind_scalar(nb::module_& module) {
  module.def("dense", &dense<T>, nb::arg().noconvert());
  module.def("sparse", &sparse<T, std::int32_t>, nb::arg(), nb::arg(), nb::arg().noconvert(),
             nb::arg().noconvert(), nb::arg().noconvert(), nb::arg());
  module.def("sparse", &sparse<T, index_t>, nb::arg(), nb::arg(), nb::arg().noconvert(),
             nb::arg().noconvert(), nb::arg().noconvert(), nb::arg());
}

}  // namespace

void bind_sources(nb::module_& module) {
  nb::class_<Source>(module, "Source");
  bind_scalar<double>(module);
  bind_scalar<float>(module);
  bind_scalar<std::complex<double>>(module);
  bind_scalar<std::complex<float>>(module);
  module.def("matrix_free", &matrix_free);
}

}  // namespace eckart::python
