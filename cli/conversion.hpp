// cli/conversion.hpp - eckart convert: options and entry point.
#pragma once

#include <string>

#include "options.hpp"

namespace eckart::cli {

struct ConvertCommandOptions {
  RunOptions run;  // max_memory_bytes 0: what the library takes
  std::string target;
  std::string triplets;  // "0" or "1": a table of entries; empty: of rows
  std::string shape;     // of their matrix: "1000x200"
  std::string element;   // "float32" or "float64"
  bool force = false;
};

int run_convert(const ConvertCommandOptions& options);

}  // namespace eckart::cli
