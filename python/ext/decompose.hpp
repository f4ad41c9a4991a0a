// python/ext/decompose.hpp - what the extension offers, one function for each source file.
#pragma once

#include <nanobind/nanobind.h>

namespace eckart::python {

void bind_decompositions(nanobind::module_& module);
void bind_solutions(nanobind::module_& module);
void bind_batches(nanobind::module_& module);
void bind_texts(nanobind::module_& module);
void bind_ratings(nanobind::module_& module);

}  // namespace eckart::python
