#include "request.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "exit_code.hpp"

namespace eckart::cli {

Method method_named(const std::string& name) {
  return name == "auto" ? Method::automatic : method_from_string(name);
}

void check_noise(const RankRule& rank) {
  if (rank.noise && rank.choice != RankChoice::gavish_donoho) {
    throw UsageError("--noise is for --choose gavish-donoho");
  }
}

template <class Real>
std::vector<double> as_doubles(const std::vector<Real>& sigma) {
  std::vector<double> result;
  result.reserve(sigma.size());
  for (const Real value : sigma) {
    // 0.1f is to print as 0.1, not as 0.10000000149011612.
    if constexpr (sizeof(Real) < sizeof(double)) {
      result.push_back(std::strtod(fmt::format("{}", value).c_str(), nullptr));
    } else {
      result.push_back(value);
    }
  }
  return result;
}
template std::vector<double> as_doubles(const std::vector<float>&);
template std::vector<double> as_doubles(const std::vector<double>&);

double frobenius_norm_of(const SvdReport& report, const std::vector<double>& sigma) {
  if (report.certificate.frobenius_norm.known()) return report.certificate.frobenius_norm.value;
  double norm = 0;
  for (const double value : sigma) norm = std::hypot(norm, value);
  return norm;
}

std::string passes_text(double passes) {
  return fmt::format("{:.3g} {}", passes, passes == 1 ? "pass" : "passes");
}

namespace {

const char* status_text(Status status) {
  switch (status) {
    case Status::converged:
      return "converged";
    case Status::iteration_limit:
      return "stopped at the iteration limit";
    case Status::time_limit:
      return "stopped at the time limit";
    case Status::cancelled:
      break;
  }
  return "interrupted";
}

}  // namespace

std::string run_text(const SvdReport& report, const Session& session) {
  std::string text = fmt::format("method   {}", session.terminal.bold(report.method));
  if (!report.why.empty()) text += ": " + report.why;
  text += fmt::format("\nstatus   {}; {} in {:.3g} s, {} over A, {}, {} of working memory\n",
                      status_text(report.status), counted(report.rank, "triplet"), report.seconds,
                      passes_text(report.passes_over_A), counted(report.threads, "thread"),
                      format_bytes(report.peak_bytes));
  for (const std::string& fallback : report.fallbacks) text += "         " + fallback + "\n";
  return text;
}

int exit_code_of(const SvdReport& report) {
  if (report.status == Status::cancelled || interrupted()) return interrupted_exit_code();
  if (report.status == Status::time_limit) return exit_budget;
  return report.certificate.met ? exit_met : exit_not_met;
}

void print_warnings(const SvdReport& report, const Session& session) {
  if (session.quiet) return;
  for (const std::string& warning : report.warnings) warn(warning);
}

namespace fs = std::filesystem;

void check_free(const std::string& path, bool force) {
  std::error_code error;
  if (!force && fs::exists(fs::symlink_status(path, error))) {
    throw UsageError(path + " exists already; choose another name, or add --force to replace it");
  }
}

void check_not_input(const std::string& path, const std::vector<std::string>& inputs) {
  std::error_code error;
  for (const std::string& input : inputs) {
    // Through every link: what matters is the file that would go.
    const fs::path file = fs::canonical(input == "-" ? "/dev/stdin" : input, error);
    for (fs::path part = error ? fs::path() : file; part.has_relative_path();
         part = part.parent_path()) {
      if (!fs::equivalent(part, path, error) || error) continue;
      throw UsageError(fmt::format("the output {} {} the input {}; choose another name", path,
                                   part == file ? "is" : "holds",
                                   input == "-" ? "on standard input" : input));
    }
  }
}

void check_target(const std::string& path, bool force, bool create_parents) {
  std::error_code error;
  check_free(path, force);
  fs::path parent = fs::absolute(path).lexically_normal();
  if (!parent.has_filename()) parent = parent.parent_path();
  parent = parent.parent_path();
  if (create_parents) {
    fs::create_directories(parent, error);
    if (error) throw IoError(path, "cannot create the folder it is in: " + error.message());
  }
  if (!fs::is_directory(parent, error)) {
    throw IoError(path, "cannot be created: there is no folder " + parent.string());
  }
  if (access(parent.c_str(), W_OK) != 0) {
    throw IoError(path, "cannot be created in " + parent.string() + ": " + std::strerror(errno));
  }
}

}  // namespace eckart::cli
