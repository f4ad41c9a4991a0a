// cli/spectrum.hpp - singular values as a table and as a picture.
#pragma once

#include <span>
#include <string>

#include "eckart/types.hpp"
#include "terminal.hpp"

namespace eckart::cli {

// Returns the importance of components: number, sigma, share of the energy ||A||_F^2, cumulative
// share. At most about a dozen rows; the rest is counted. Shares are "-" when ||A||_F is 0.
std::string importance_table(std::span<const double> sigma,
                             double frobenius_norm,
                             const Terminal& terminal);

// Returns the values as bars over a logarithmic axis; several values share a bar when there
// are more than fit, the largest of them is drawn. Values below floor are rounding and are
// counted, not drawn. Empty when fewer than two values can be drawn.
std::string spectrum_plot(std::span<const double> sigma, double floor, const Terminal& terminal);

// Returns max(m, n) eps sigma_1: what rounding leaves of a zero singular value.
double rounding_level(index_t rows, index_t cols, double epsilon, double largest_sigma);

}  // namespace eckart::cli
