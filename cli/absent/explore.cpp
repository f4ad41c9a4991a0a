// What eckart explore does in a build without the explorer.
#include "cli/explore.hpp"

#include "cli/exit_code.hpp"

namespace eckart::cli {

int run_explore(const ExploreOptions&) {
  throw UsageError(
      "explore: this eckart was built without the explorer; configure it with "
      "-DECKART_EXPLORER=ON");
}

}  // namespace eckart::cli
