#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace eckart::cli {
namespace {

using namespace std::chrono_literals;

bool can_rewrite_a_line() {
  const char* term = std::getenv("TERM");
  const char* ci = std::getenv("CI");
  return isatty(STDERR_FILENO) && term && std::strcmp(term, "dumb") != 0 && !(ci && *ci);
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string bar_text(double fraction) {
  constexpr int width = 20;
  const int filled = static_cast<int>(fraction * width);
  return "[" + std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(width - filled), '.') + "]";
}

}  // namespace

ProgressLine::ProgressLine(bool quiet) : enabled_(!quiet && can_rewrite_a_line()) {}

void ProgressLine::update(const Progress& progress) {
  const auto now = Clock::now();
  if (!enabled_ || now - start_ < 500ms || (shown_ && now - last_ < 100ms)) return;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  std::string line = fmt::format("{:<18.18}", progress.stage);
  if (progress.fraction >= 0) {
    const double fraction = std::min(progress.fraction, 1.0);
    line += fmt::format(" {} {:3.0f} %", bar_text(fraction), 100 * fraction);
    if (fraction > 0.01) {
      line += fmt::format("  {} left", clock_text(elapsed * (1 - fraction) / fraction));
    }
  } else {
    line += fmt::format("  {} so far", clock_text(elapsed));
  }
  if (progress.converged >= 0) line += fmt::format("  {} converged", progress.converged);
  if (progress.residual >= 0) line += fmt::format("  residual {:.0e}", progress.residual);
  fmt::print(stderr, "\r{}\033[K", line);
  std::fflush(stderr);
  shown_ = true;
  last_ = now;
}

void ProgressLine::clear() {
  if (!shown_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace eckart::cli
