// eckart doctor: what this machine computes with, how fast, and what is wrong with it.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "blas_repair.hpp"
#include "eckart/context.hpp"
#include "eckart/error.hpp"
#include "eckart/machine.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "session.hpp"
#include "terminal.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Returns a limit of this process's control group (version 2, then 1), or empty without one.
std::string control_group_limit(const std::string& v2_name, const std::string& v1_path) {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;
    const std::string own = first_line("/sys/fs/cgroup" + line.substr(3) + "/" + v2_name);
    if (!own.empty()) return own;
  }
  const std::string top = first_line("/sys/fs/cgroup/" + v2_name);
  return !top.empty() ? top : first_line("/sys/fs/cgroup/" + v1_path);
}

std::string memory_limit_text() {
  const std::string limit = control_group_limit("memory.max", "memory/memory.limit_in_bytes");
  if (limit.empty() || limit == "max") return "none";
  const unsigned long long bytes = std::strtoull(limit.c_str(), nullptr, 10);
  // Version 1 says "no limit" by a number near 2^63.
  return bytes >= 1ULL << 62 ? "none" : format_bytes(bytes);
}

std::string cpu_limit_text() {
  const std::string limit = control_group_limit("cpu.max", "cpu/cpu.cfs_quota_us");
  double quota = 0, period = 100000;
  const char* text = limit.c_str();
  char* rest = nullptr;
  quota = std::strtod(text, &rest);
  if (rest == text || quota <= 0) return "none";
  if (*rest) period = std::strtod(rest, nullptr);
  return fmt::format("{:.2g} CPUs", quota / period);
}

std::uint64_t machine_memory() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

struct Diagnosis {
  std::vector<std::string> problems;  // eckart itself suffers
  std::vector<std::string> notes;     // worth knowing
};

Diagnosis diagnose(const BlasInfo& blas, int threads) {
  Diagnosis found;
  const std::string before = kernel_before_repair();
  if (blas.misdetected) {
    const char* chosen = std::getenv(kernel_variable);
    found.problems.push_back(
        fmt::format("{} runs its {} kernels, this CPU can run {}: several times slower. {}",
                    blas.library, blas.kernel, blas.best_kernel,
                    chosen ? fmt::format("{}={} asks for them: unset it, or set it to {}",
                                         kernel_variable, chosen, blas.best_kernel)
                           : fmt::format("Set {}={}", kernel_variable, blas.best_kernel)));
  } else if (!before.empty()) {
    found.notes.push_back(fmt::format(
        "{} does not know this CPU and chose {}; eckart restarted itself with {}={}. Other "
        "programs stay slow until you run: export {}={}",
        blas.library, before, kernel_variable, blas.kernel, kernel_variable, blas.kernel));
  }
  if (threads > available_threads()) {
    found.problems.push_back(
        fmt::format("{} threads asked for, {} CPUs available: they will wait "
                    "for each other",
                    threads, available_threads()));
  }
  return found;
}

std::string row(const char* label, const std::string& value) {
  return fmt::format("  {:<16}{}\n", label, value);
}

}  // namespace

int run_doctor(const DoctorOptions& options) {
  const Terminal terminal = detect_terminal(options.output.color);
  const BlasInfo blas = blas_info();
  const int available = available_threads();
  const int threads = options.threads ? static_cast<int>(*options.threads) : available;
  const MachineRates rates = measure_rates(threads);
  const Diagnosis found = diagnose(blas, threads);

  if (options.output.json) {
    const ordered_json object = {{"schema", 1},
                                 {"version", version()},
                                 {"blas",
                                  {{"library", blas.library},
                                   {"kernel", blas.kernel},
                                   {"best_kernel", blas.best_kernel},
                                   {"misdetected", blas.misdetected},
                                   {"kernel_before_repair", kernel_before_repair()}}},
                                 {"isa", isa_name()},
                                 {"threads_available", available},
                                 {"threads_used", threads},
                                 {"gemm_gflops", rates.gemm_gflops},
                                 {"read_gb_per_second", rates.read_gb_per_second},
                                 {"memory_bytes", machine_memory()},
                                 {"memory_limit", memory_limit_text()},
                                 {"cpu_limit", cpu_limit_text()},
                                 {"problems", found.problems},
                                 {"notes", found.notes}};
    write_json(object);
    return found.problems.empty() ? exit_met : exit_not_met;
  }

  std::string text = row("eckart", version());
  text += row("BLAS", blas.library);
  text += row("BLAS kernel", blas.kernel.empty() ? "the BLAS does not tell" : blas.kernel);
  text += row("eckart kernels", isa_name());
  text += row("threads", fmt::format("{} used, {} available", threads, available));
  text += row("matrix product", fmt::format("{:.0f} GFLOP/s (double)", rates.gemm_gflops));
  text += row("memory read", fmt::format("{:.1f} GB/s", rates.read_gb_per_second));
  text += row("memory", format_bytes(machine_memory()));
  text += row("memory limit", memory_limit_text() + " (control group)");
  text += row("CPU limit", cpu_limit_text() + " (control group)");
  text += "\n";
  for (const std::string& note : found.notes) text += "note: " + note + "\n";
  for (const std::string& problem : found.problems) {
    text += terminal.bad(terminal.text("✗ wrong:")) + " " + problem + "\n";
  }
  if (found.problems.empty()) text += terminal.good(terminal.text("✓ nothing is wrong")) + "\n";
  write_stdout(text);
  return found.problems.empty() ? exit_met : exit_not_met;
}

}  // namespace eckart::cli
