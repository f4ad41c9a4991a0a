// cli/request.hpp - from options to what the library is asked, and what a run left behind.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "eckart/report.hpp"
#include "eckart/svd.hpp"
#include "options.hpp"
#include "session.hpp"

namespace eckart::cli {

// Returns the method that the option names. Throws InvalidArgument naming the known ones.
Method method_named(const std::string& name);

// Throws UsageError if the noise is given to a rule that has no use for it.
void check_noise(const RankRule& rank);

// Returns sigma as doubles whose shortest text is that of the values themselves.
template <class Real>
std::vector<double> as_doubles(const std::vector<Real>& sigma);

// Returns ||A||_F if the certificate knows it, else the root of the sum of squares of sigma.
double frobenius_norm_of(const SvdReport& report, const std::vector<double>& sigma);

// Returns "1 pass", "2.5 passes".
std::string passes_text(double passes);

// Returns the lines "method ...", "status ...", with the fallbacks that were needed.
std::string run_text(const SvdReport& report, const Session& session);

// Returns 0 if the accuracy was met, 1 if not, 4 if the time limit stopped the run, 130 (143) if it
// was interrupted, even where it could not stop before its end.
int exit_code_of(const SvdReport& report);

// Warnings of the report, to standard error, unless the user wants quiet.
void print_warnings(const SvdReport& report, const Session& session);

// Throws UsageError if path exists and force is not set.
void check_free(const std::string& path, bool force);

// Throws UsageError if writing path would replace one of the inputs: path is that file, or a
// folder above it, by whatever name. Inputs that are no files are passed over.
void check_not_input(const std::string& path, const std::vector<std::string>& inputs);

// Throws UsageError if path exists and force is not set, IoError if nothing can be created
// there: a mistake that should cost no computation. Creates the folders above path if asked to.
void check_target(const std::string& path, bool force, bool create_parents);

}  // namespace eckart::cli
