#include "ranks.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "eckart/mpi/world.hpp"

namespace eckart::cli {

namespace {
std::unique_ptr<mpi::World> world;
}

void join_ranks() {
  if (!mpi::launched()) return;
  world = std::make_unique<mpi::World>();
}

void leave_ranks() { world.reset(); }

const Communicator* ranks() {
  return world && world->ranks().size() > 1 ? &world->ranks() : nullptr;
}

void end_ranks(int code, const std::string& message) {
  if (!ranks()) return;
  using std::chrono::milliseconds;
  std::this_thread::sleep_for(milliseconds(ranks()->rank() == 0 ? 0 : 2000 + ranks()->rank()));
  std::fprintf(stderr, "%s\n", message.c_str());
  std::fflush(stderr);
  std::this_thread::sleep_for(milliseconds(100));  // until mpirun has passed it on
  world->abort(code);
}

nlohmann::ordered_json traffic_json() {
  const mpi::Traffic sent = world->traffic();
  return {{"size", world->ranks().size()},
          {"messages", sent.messages},
          {"bytes", sent.bytes},
          {"seconds", sent.seconds}};
}

bool speaks() { return ranks() == nullptr || ranks()->rank() == 0; }

}  // namespace eckart::cli
