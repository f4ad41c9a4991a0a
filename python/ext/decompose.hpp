// python/ext/decompose.hpp - svd and what is made of one: plan, pinv, null_space, check.
#pragma once

#include <nanobind/nanobind.h>

namespace eckart::python {

void bind_decompositions(nanobind::module_& module);
void bind_solutions(nanobind::module_& module);
void bind_batches(nanobind::module_& module);

}  // namespace eckart::python
