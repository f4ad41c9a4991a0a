// Stacks of small matrices, decomposed in one call.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <span>

#include "arrays.hpp"
#include "decompose.hpp"
#include "eckart/batch_svd.hpp"
#include "run.hpp"

namespace eckart::python {
namespace {

template <Scalar T>
using Stack = nb::ndarray<const T, nb::ndim<3>, nb::device::cpu>;
template <class T>
using Output = nb::ndarray<T, nb::c_contig, nb::device::cpu>;

// Writes the factors of every matrix of A (count x m x n) into U (count x m x k), s (count x k) and
// Vt (count x k x n), which are as large as vectors (0 none, 1 thin, 2 full) says. Returns a dict.
template <Scalar T>
nb::object svd_stack(const Stack<T>& A,
                     const Output<T>& U,
                     const Output<real_t<T>>& s,
                     const Output<T>& Vt,
                     int vectors,
                     double accuracy,
                     const RunOptions& options) {
  const index_t count = extent(A, 0), m = extent(A, 1), n = extent(A, 2);
  const BatchView<const T> matrices{A.data(),    count,       m,           n,
                                    A.stride(1), A.stride(2), A.stride(0), false};
  const BatchSvdOptions wanted{.vectors = static_cast<Vectors>(vectors), .accuracy = accuracy};
  const bool full = wanted.vectors == Vectors::full;
  const index_t k = std::min(m, n);
  const BatchView<T> left = row_major_batch(U.data(), count, m, full ? m : k);
  const BatchView<T> right = row_major_batch(Vt.data(), count, full ? n : k, n).adjoint();
  const double work = static_cast<double>(count) * static_cast<double>(m * n * k);
  const BatchSvdReport report = run_for(options, brief_dense(work), [&](Context& context) {
    return batch_svd_into<T>(matrices, left, std::span<real_t<T>>(s.data(), s.size()), right,
                             wanted, context);
  });
  nb::dict answer;
  answer["scalar"] = report.scalar;
  answer["count"] = report.count;
  answer["rows"] = report.rows;
  answer["cols"] = report.cols;
  answer["failed"] = report.failed;
  answer["fallbacks"] = report.fallbacks;
  answer["reasons"] = report.reasons;
  answer["residual"] = report.residual;
  answer["orthogonality_U"] = report.orthogonality_U;
  answer["orthogonality_V"] = report.orthogonality_V;
  answer["energy_defect"] = report.energy_defect;
  answer["worst"] = report.worst;
  answer["accuracy"] = report.accuracy;
  answer["met"] = report.met;
  answer["seconds"] = report.seconds;
  answer["peak_bytes"] = report.peak_bytes;
  answer["threads"] = report.threads;
  answer["isa"] = report.isa;
  return answer;
}

template <Scalar T>
void bind_stack(nb::module_& module) {
  module.def("svd_stack", &svd_stack<T>, nb::arg().noconvert(), nb::arg().noconvert(),
             nb::arg().noconvert(), nb::arg().noconvert(), nb::arg(), nb::arg(), nb::arg());
}

}  // namespace

void bind_batches(nb::module_& module) {
  bind_stack<double>(module);
  bind_stack<float>(module);
  bind_stack<std::complex<double>>(module);
  bind_stack<std::complex<float>>(module);
}

}  // namespace eckart::python
