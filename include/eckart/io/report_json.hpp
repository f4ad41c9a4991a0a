// eckart/io/report_json.hpp - reports and plans as JSON.
#pragma once

#include <string>

#include "eckart/report.hpp"
#include "eckart/svd.hpp"

namespace eckart::io {

// Returns one JSON object, pretty-printed with the given indent (-1: one line), numbers by
// shortest round trip, non-finite numbers as null. "schema" counts incompatible changes.
std::string to_json(const SvdReport& report, int indent = 2);
std::string to_json(const SvdPlan& plan, int indent = 2);

}  // namespace eckart::io
