// python/ext/errors.hpp - the library's exceptions as the classes of eckart._errors.
#pragma once

namespace eckart::python {

// From now on every exception of the library that leaves a bound function becomes its Python class.
void register_errors();

}  // namespace eckart::python
