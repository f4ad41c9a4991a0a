// cli/explore.hpp - eckart explore: what the user asked for, and what runs it.
#pragma once

#include "eckart/explore/explorer.hpp"
#include "options.hpp"

namespace eckart::cli {

struct ExploreOptions {
  explore::ExplorerOptions explorer;
  OutputOptions output;
  bool no_browser = false;
};

int run_explore(const ExploreOptions& options);

}  // namespace eckart::cli
