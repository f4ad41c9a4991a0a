// python/ext/source.hpp - what is to be decomposed: an array, a sparse matrix or an operator.
#pragma once

#include <nanobind/nanobind.h>

#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include "eckart/linear_operator.hpp"
#include "eckart/operators.hpp"
#include "run.hpp"

namespace eckart::python {

// Makes the operator; called without the interpreter lock, on the thread that computes.
template <Scalar T>
using Open = std::function<std::unique_ptr<LinearOperator<T>>(Context&)>;

struct Source {
  std::variant<Open<float>, Open<double>, Open<std::complex<float>>, Open<std::complex<double>>>
      open;
  nb::object owner = {};  // of the functions that open calls
  bool brief = false;
};

// Binds the class Source and the functions that make one: dense, sparse, matrix_free.
void bind_sources(nb::module_& module);

// Calls compute(A, map, context) for the source as an operator A, standardised by map if wanted,
// and returns convert(what compute returned), which holds the interpreter lock.
template <class Compute, class Convert>
nb::object with_operator(const Source& source,
                         bool center,
                         bool scale,
                         const RunOptions& options,
                         const Compute& compute,
                         const Convert& convert) {
  return std::visit(
      [&]<Scalar T>(const Open<T>& open) -> nb::object {
        return convert(run_for(options, source.brief, [&](Context& context) {
          const std::unique_ptr<LinearOperator<T>> A = open(context);
          if (!center && !scale) return compute(*A, AffineMap<T>{}, context);
          AffineMap<T> map = standardisation(*A, center, scale, context);
          const std::unique_ptr<LinearOperator<T>> B = make_affine(*A, map);
          return compute(*B, std::move(map), context);
        }));
      },
      source.open);
}

}  // namespace eckart::python
