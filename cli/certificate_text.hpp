// cli/certificate_text.hpp - a certificate in plain words.
#pragma once

#include <string>

#include "eckart/report.hpp"
#include "terminal.hpp"

namespace eckart::cli {

// Returns one line per number of the certificate, each with its kind (exact, estimated,
// probabilistic), then the verdict and what stands against it. Ends with a newline.
std::string certificate_text(const Certificate& certificate, const Terminal& terminal);

// Returns "accuracy 1e-10 asked: met" or "... NOT met", marked, followed by the findings.
std::string verdict_text(const Certificate& certificate, const Terminal& terminal);

}  // namespace eckart::cli
