// pinv, null_space, lstsq, and how many components a PCA has.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <limits>
#include <optional>
#include <string>

#include "arrays.hpp"
#include "decompose.hpp"
#include "eckart/apps/factors.hpp"
#include "eckart/apps/least_squares.hpp"
#include "eckart/apps/pca.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/null_space.hpp"
#include "source.hpp"

namespace eckart::python {
namespace {

// Returns (A^+, rank), the pseudoinverse in the order n x m.
nb::object pinv(const Source& source,
                std::optional<double> relative,
                double absolute,
                const RunOptions& options) {
  const ZeroTolerance tolerance{.relative = relative, .absolute = absolute};
  return with_operator(
      source, false, false, options,
      [&]<Scalar T>(const LinearOperator<T>& A, const AffineMap<T>&, Context& context) {
        const SvdResult<T> result = dense_svd(A, {.certify = false}, context);
        const Factors<T> factors(result);
        return std::pair(factors.pseudoinverse(tolerance, context), factors.rank(tolerance).rank);
      },
      [](auto&& made) {
        return nb::object(nb::make_tuple(to_numpy(std::move(made.first)), made.second));
      });
}

// Returns an orthonormal basis, n x nullity.
nb::object null_basis(const Source& source,
                      double tolerance,
                      std::uint64_t seed,
                      const RunOptions& options) {
  return with_operator(
      source, false, false, options,
      [&]<Scalar T>(const LinearOperator<T>& A, const AffineMap<T>&, Context& context) {
        return null_space(A, {.tolerance = tolerance, .seed = seed}, context).basis;
      },
      [](auto&& basis) { return to_numpy(std::move(basis)); });
}

// Returns the matrix by columns: as it stands, or in storage, which it is then copied to.
template <Scalar T>
MatrixView<const T> by_columns(const DenseMatrix<T>& A, Matrix<T>& storage, Context& context) {
  if (!A.row_major) return A.values;
  storage = Matrix<T>::uninitialized(A.rows(), A.cols());
  make_operator(DenseMatrix<T>{A.values, true, nullptr})->copy_to(storage.view(), context);
  return std::as_const(storage).view();
}

// Returns a dict of what LeastSquaresResult holds.
template <Scalar T>
nb::object lstsq(const Array2<T>& left,
                 const Array2<T>& right,
                 std::optional<double> ridge,
                 const std::optional<std::string>& choice,
                 std::optional<double> rcond,
                 std::optional<index_t> truncate,
                 const Array1<double>& weights,
                 bool refine,
                 const RunOptions& options) {
  const DenseMatrix<T> A = as_matrix(left), B = as_matrix(right);
  LeastSquaresOptions<T> wanted;
  wanted.ridge = ridge;
  if (choice) wanted.choose_ridge = *choice == "gcv" ? RidgeChoice::gcv : RidgeChoice::l_curve;
  wanted.rcond = rcond;
  wanted.truncate = truncate;
  wanted.weights = {weights.data(), weights.size()};
  wanted.refine = refine;
  LeastSquaresResult<T> made =
      run_for(options, brief_dense(A.rows(), A.cols()), [&](Context& context) {
        Matrix<T> left_columns, right_columns;
        const MatrixView<const T> A_view = by_columns(A, left_columns, context);
        const MatrixView<const T> B_view = by_columns(B, right_columns, context);
        return least_squares(A_view, B_view, wanted, context);
      });
  nb::dict answer;
  answer["x"] = to_numpy(std::move(made.X));
  answer["residual_vectors"] = to_numpy(std::move(made.residuals));
  answer["residual_norms"] = to_numpy(std::move(made.residual_norms));
  answer["rank"] = made.rank.rank;
  answer["s"] = to_numpy(std::move(made.sigma));
  answer["condition_number"] = made.condition_number;
  answer["amplification"] = made.amplification;
  answer["ridge"] = made.ridge;
  answer["degrees_of_freedom"] = made.degrees_of_freedom;
  answer["deviation"] = to_numpy(std::move(made.deviation));
  answer["standard_errors"] = to_numpy(std::move(made.standard_errors));
  answer["refined"] = made.refined;
  return answer;
}

template <Scalar T>
void bind_lstsq(nb::module_& module) {
  module.def("lstsq", &lstsq<T>, nb::arg().noconvert(), nb::arg().noconvert(), nb::arg().none(),
             nb::arg().none(), nb::arg().none(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg());
}

}  // namespace

void bind_solutions(nb::module_& module) {
  module.def("pinv", &pinv);
  module.def("null_space", &null_basis);
  module.def("minka_components", [](const Array1<double>& variances, index_t rows) {
    return minka_components({variances.data(), variances.size()}, rows);
  });
  bind_lstsq<double>(module);
  bind_lstsq<float>(module);
  bind_lstsq<std::complex<double>>(module);
  bind_lstsq<std::complex<float>>(module);
}

}  // namespace eckart::python
