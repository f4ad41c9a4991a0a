// eckart/given_svd.hpp - factors that someone else found, as a result of this library.
#pragma once

#include <vector>

#include "eckart/certify.hpp"
#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

// Returns A ~= U diag(sigma) V^H with the sign rule applied and a certificate; report.method is the
// name given. Of a matrix that is spread over ranks each rank gives its rows of U and V.
// Cost: that of certify(). Throws InvalidArgument if the shapes do not fit, NonFiniteInput if A is
// not finite.
template <Scalar T>
[[nodiscard]] SvdResult<T> given_svd(const LinearOperator<T>& A,
                                     Matrix<T> U,
                                     std::vector<real_t<T>> sigma,
                                     Matrix<T> V,
                                     const char* name,
                                     const CertifyOptions& options = {},
                                     Context& context = default_context());

}  // namespace eckart
