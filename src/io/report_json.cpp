#include "eckart/io/report_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace eckart::io {
namespace {

using Json = nlohmann::ordered_json;

constexpr int schema = 1;

// JSON has no infinities and no NaN.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json numbers(const std::vector<double>& values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(number(value));
  return array;
}

Json bound(const Bound& b) {
  return {{"value", b.known() ? number(b.value) : Json(nullptr)},
          {"kind", to_string(b.kind)},
          {"failure_probability", number(b.failure_probability)}};
}

Json certificate(const Certificate& c) {
  return {{"met", c.met},
          {"accuracy", number(c.accuracy)},
          {"findings", c.findings},
          {"residual", bound(c.residual)},
          {"residuals", numbers(c.residuals)},
          {"orthogonality_U", bound(c.orthogonality_U)},
          {"orthogonality_V", bound(c.orthogonality_V)},
          {"frobenius_norm", bound(c.frobenius_norm)},
          {"energy", bound(c.energy)},
          {"frobenius_error", bound(c.frobenius_error)},
          {"spectral_error", bound(c.spectral_error)},
          {"spectral_error_seen", bound(c.spectral_error_seen)}};
}

std::string text(const Json& json, int indent) {
  // A file name in a warning need not be UTF-8.
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const SvdReport& report, int indent) {
  Json stages = Json::array();
  for (const Stage& stage : report.stages) {
    stages.push_back({{"name", stage.name}, {"seconds", number(stage.seconds)}});
  }
  return text({{"schema", schema},
               {"method", report.method},
               {"why", report.why},
               {"status", to_string(report.status)},
               {"scalar", report.scalar},
               {"rows", report.rows},
               {"cols", report.cols},
               {"rank", report.rank},
               {"passes_over_A", number(report.passes_over_A)},
               {"products", report.products},
               {"iterations", report.iterations},
               {"restarts", report.restarts},
               {"seconds", number(report.seconds)},
               {"stages", stages},
               {"peak_bytes", report.peak_bytes},
               {"threads", report.threads},
               {"isa", report.isa},
               {"blas", report.blas},
               {"seed", report.seed},
               {"fallbacks", report.fallbacks},
               {"warnings", report.warnings},
               {"certificate", certificate(report.certificate)}},
              indent);
}

std::string to_json(const SvdPlan& plan, int indent) {
  return text({{"schema", schema},
               {"method", to_string(plan.method)},
               {"why", plan.why},
               {"passes", number(plan.passes)},
               {"flops", number(plan.flops)},
               {"peak_bytes", number(plan.peak_bytes)},
               {"input_bytes", number(plan.input_bytes)},
               {"read_bytes", number(plan.read_bytes)},
               {"rejected", plan.rejected}},
              indent);
}

}  // namespace eckart::io
