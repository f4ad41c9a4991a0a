// A build without MPI: every process is on its own.
#include "cli/ranks.hpp"

#include <nlohmann/json.hpp>

namespace eckart::cli {

void join_ranks() {}
void leave_ranks() {}
const Communicator* ranks() { return nullptr; }
bool speaks() { return true; }
void end_ranks(int, const std::string&) {}
nlohmann::ordered_json traffic_json() { return {}; }

}  // namespace eckart::cli
