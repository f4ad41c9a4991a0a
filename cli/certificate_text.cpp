#include "certificate_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "session.hpp"

namespace eckart::cli {
namespace {

std::string kind_text(const Bound& bound) {
  std::string text = to_string(bound.kind);
  if (bound.kind == BoundKind::probabilistic && bound.failure_probability > 0) {
    text += fmt::format(", wrong with probability {:.0e} at most", bound.failure_probability);
  }
  return text;
}

std::string line(const char* label, const std::string& value, const std::string& kind) {
  return fmt::format("  {:<15}{}  [{}]\n", label, value, kind);
}

// 99.99999 % would be printed as 100.00 %: what is next to everything is told by its distance.
std::string energy_text(const Bound& energy) {
  const double off = std::abs(1 - energy.value);
  if (off == 0) return "all of ‖A‖²";
  if (off <= 1e-6) return fmt::format("all of ‖A‖², to {:.0e}", off);
  return fmt::format("{} of ‖A‖²", percent(energy.value));
}

// Whether the triplets are known to be all that there are, or the values to make up all of A.
bool is_complete(const Certificate& c) {
  if (c.spectral_error_seen.known()) return c.spectral_error_seen.value == 0;
  return !c.residual.known() && c.energy.known() && std::abs(1 - c.energy.value) <= 1e-9;
}

}  // namespace

std::string certificate_text(const Certificate& c, const Terminal& terminal) {
  std::string text;
  if (c.residual.known()) {
    text += line("residual",
                 fmt::format("{:.1e}  worst of ‖Av−σu‖, ‖Aᴴu−σv‖ over σ₁", c.residual.value),
                 kind_text(c.residual));
  }
  if (c.orthogonality_U.known() && c.orthogonality_V.known()) {
    text += line("orthogonality",
                 fmt::format("U {:.1e}, V {:.1e}  from orthonormal", c.orthogonality_U.value,
                             c.orthogonality_V.value),
                 kind_text(c.orthogonality_U));
  }
  if (c.energy.known()) text += line("energy held", energy_text(c.energy), kind_text(c.energy));
  if (is_complete(c)) {
    if (c.residual.known()) {
      text += line("left out",
                   fmt::format("nothing but rounding: {:.1e} ‖A‖ in the Frobenius norm",
                               c.frobenius_error.value),
                   kind_text(c.frobenius_error));
    }
    return terminal.text(text) + "\n" + verdict_text(c, terminal);
  }
  if (c.frobenius_error.known()) {
    text +=
        line("left out", fmt::format("{:.3g} ‖A‖ in the Frobenius norm", c.frobenius_error.value),
             kind_text(c.frobenius_error));
  }
  if (c.spectral_error.known()) {
    text += line("", fmt::format("at most {:.2g} σ₁ in the 2-norm", c.spectral_error.value),
                 kind_text(c.spectral_error));
  }
  if (c.spectral_error_seen.known()) {
    text += line("", fmt::format("at least {:.2g} σ₁ in the 2-norm", c.spectral_error_seen.value),
                 kind_text(c.spectral_error_seen));
  }
  return terminal.text(text) + "\n" + verdict_text(c, terminal);
}

std::string verdict_text(const Certificate& c, const Terminal& terminal) {
  const std::string asked = fmt::format("accuracy {:g} asked: ", c.accuracy);
  if (c.met) return terminal.good(terminal.text("✓ " + asked + "met")) + "\n";
  std::string text = terminal.bad(terminal.text("✗ " + asked + "NOT met")) + "\n";
  for (const std::string& finding : c.findings) text += "    - " + finding + "\n";
  return text;
}

}  // namespace eckart::cli
