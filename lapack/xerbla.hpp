// LAPACK's way of saying that an argument is wrong.
#pragma once

#include <cstdint>
#include <string>

namespace eckart::lapack {

// Calls the program's own xerbla_, if it has one: LAPACK lets programs replace it. Otherwise, and
// where the only one is that of a BLAS, which may end the process, prints a line to standard error
// and returns.
void xerbla(const std::string& routine, std::int64_t position);

}  // namespace eckart::lapack
