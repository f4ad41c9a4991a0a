#include "eckart/io/report_json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace eckart::io {
namespace {

using nlohmann::json;

TEST(ReportJson, HoldsEveryFieldOfAReport) {
  SvdReport report;
  report.method = "lanczos";
  report.why = "few triplets of a large matrix";
  report.status = Status::iteration_limit;
  report.scalar = "float64";
  report.rows = 5000000000;
  report.cols = 7;
  report.rank = 3;
  report.passes_over_A = 12.5;
  report.products = 40;
  report.iterations = 6;
  report.restarts = 2;
  report.stages = {{"sketch", 0.25}, {"project", 0.5}};
  report.seconds = 0.75;
  report.peak_bytes = 123456789012;
  report.threads = 2;
  report.isa = "v4";
  report.blas = "OpenBLAS";
  report.seed = UINT64_MAX;
  report.fallbacks = {"D&C failed"};
  report.warnings = {"careful"};
  Certificate& c = report.certificate;
  c.residuals = {1e-12, 0.1};
  c.residual = {0.1, BoundKind::exact, 0};
  c.orthogonality_U = {1e-15, BoundKind::exact, 0};
  c.orthogonality_V = {2e-15, BoundKind::exact, 0};
  c.frobenius_norm = {3, BoundKind::estimated, 0};
  c.energy = {0.5, BoundKind::exact, 0};
  c.frobenius_error = {0.7, BoundKind::exact, 0};
  c.spectral_error = {0.6, BoundKind::probabilistic, 1e-6};
  c.spectral_error_seen = {0.4, BoundKind::exact, 0};
  c.accuracy = 1e-10;
  c.met = false;
  c.findings = {"a triplet is missing"};

  const auto bound = [](double value, const char* kind, double failure) {
    return json{{"value", value}, {"kind", kind}, {"failure_probability", failure}};
  };
  const json expected = {
      {"schema", 1},
      {"method", "lanczos"},
      {"why", "few triplets of a large matrix"},
      {"status", to_string(Status::iteration_limit)},
      {"scalar", "float64"},
      {"rows", 5000000000},
      {"cols", 7},
      {"rank", 3},
      {"passes_over_A", 12.5},
      {"products", 40},
      {"iterations", 6},
      {"restarts", 2},
      {"stages",
       {{{"name", "sketch"}, {"seconds", 0.25}}, {{"name", "project"}, {"seconds", 0.5}}}},
      {"seconds", 0.75},
      {"peak_bytes", 123456789012},
      {"threads", 2},
      {"isa", "v4"},
      {"blas", "OpenBLAS"},
      {"seed", UINT64_MAX},
      {"fallbacks", json::array({"D&C failed"})},
      {"warnings", json::array({"careful"})},
      {"certificate",
       {{"met", false},
        {"accuracy", 1e-10},
        {"findings", json::array({"a triplet is missing"})},
        {"residual", bound(0.1, "exact", 0)},
        {"residuals", {1e-12, 0.1}},
        {"orthogonality_U", bound(1e-15, "exact", 0)},
        {"orthogonality_V", bound(2e-15, "exact", 0)},
        {"frobenius_norm", bound(3, "estimated", 0)},
        {"energy", bound(0.5, "exact", 0)},
        {"frobenius_error", bound(0.7, "exact", 0)},
        {"spectral_error", bound(0.6, "probabilistic", 1e-6)},
        {"spectral_error_seen", bound(0.4, "exact", 0)}}}};
  EXPECT_EQ(json::parse(to_json(report)), expected);
}

TEST(ReportJson, HoldsEveryFieldOfAPlan) {
  SvdPlan plan;
  plan.method = Method::dense;
  plan.why = "small";
  plan.passes = 1;
  plan.flops = 2e9;
  plan.peak_bytes = 3e9;
  plan.input_bytes = 4e9;
  plan.read_bytes = 5e9;
  plan.rejected = {"gram: inaccurate"};
  const json expected = {{"schema", 1},
                         {"method", to_string(Method::dense)},
                         {"why", "small"},
                         {"passes", 1.0},
                         {"flops", 2e9},
                         {"peak_bytes", 3e9},
                         {"input_bytes", 4e9},
                         {"read_bytes", 5e9},
                         {"rejected", json::array({"gram: inaccurate"})}};
  EXPECT_EQ(json::parse(to_json(plan)), expected);
}

TEST(ReportJson, WritesNumbersThatAreNotFiniteAsNull) {
  SvdReport report;
  report.seconds = std::numeric_limits<double>::infinity();
  report.certificate.residuals = {1, std::nan("")};
  report.certificate.energy = {std::nan(""), BoundKind::estimated, 0};
  const json parsed = json::parse(to_json(report));
  EXPECT_TRUE(parsed["seconds"].is_null());
  EXPECT_TRUE(parsed["certificate"]["residuals"][1].is_null());
  EXPECT_TRUE(parsed["certificate"]["energy"]["value"].is_null());
  EXPECT_EQ(parsed["certificate"]["energy"]["kind"], "estimated");
}

TEST(ReportJson, WritesABoundThatIsNotKnownAsNull) {
  const json parsed = json::parse(to_json(SvdReport{}));
  EXPECT_TRUE(parsed["certificate"]["spectral_error"]["value"].is_null());
  EXPECT_EQ(parsed["certificate"]["spectral_error"]["kind"], "unknown");
}

TEST(ReportJson, WritesNumbersThatReadBackToTheSameBits) {
  SvdReport report;
  report.seconds = 0.1 + 0.2;
  report.certificate.residuals = {5e-324, 1.7976931348623157e308, 1.0 / 3};
  const json parsed = json::parse(to_json(report));
  EXPECT_EQ(parsed["seconds"].get<double>(), 0.1 + 0.2);
  EXPECT_EQ(parsed["certificate"]["residuals"].get<std::vector<double>>(),
            report.certificate.residuals);
}

TEST(ReportJson, IsOneLineOrIndentedAndAlwaysUtf8) {
  SvdReport report;
  report.warnings = {"the file \xff\xfe is odd"};
  EXPECT_EQ(to_json(report, -1).find('\n'), std::string::npos);
  EXPECT_NE(to_json(report, 2).find("\n  \"method\""), std::string::npos);
  EXPECT_NO_THROW(json::parse(to_json(report)));
}

}  // namespace
}  // namespace eckart::io
