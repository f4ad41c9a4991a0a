#include "replay.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

namespace eckart::lapack {
namespace {

double nanoseconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  return taken.count();
}

// Copies of the inputs, to put back before each run.
class Saved {
 public:
  explicit Saved(std::span<const InOut> inputs) : inputs_(inputs.begin(), inputs.end()) {
    for (const InOut& in : inputs_) {
      const auto* bytes = static_cast<const char*>(in.data);
      copies_.emplace_back(bytes, bytes + in.bytes);
    }
  }
  void put_back() const {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].bytes > 0) std::memcpy(inputs_[i].data, copies_[i].data(), inputs_[i].bytes);
    }
  }

 private:
  std::vector<InOut> inputs_;
  std::vector<std::vector<char>> copies_;
};

// The machine's time over ours, by kind. One comparison at a time, so that they do not disturb
// each other.
std::mutex mutex;
std::map<std::string, double> ratios;

}  // namespace

void* machines(const char* symbol) {
  static void* const library = [] {
    const bool asked = std::getenv(compare_variable) != nullptr;
    return asked ? dlopen("liblapack.so.3", RTLD_NOW | RTLD_LOCAL) : nullptr;
  }();
  return library == nullptr ? nullptr : dlsym(library, symbol);
}

void compare(Routine routine,
             const std::string& kind,
             std::span<const InOut> inputs,
             const std::function<bool()>& ours,
             const std::function<void()>& machine) {
  const std::lock_guard lock(mutex);
  const auto known = ratios.find(kind);
  if (known != ratios.end()) {
    bool good = false;
    const double taken = nanoseconds_of([&] { good = ours(); });
    if (good) count_comparison(routine, taken, known->second * taken);
    return;
  }
  const Saved saved(inputs);
  bool good = false;
  double least_ours = nanoseconds_of([&] { good = ours(); });
  if (!good) return;  // nor would the machine succeed, and it may wait for ever
  double least_machine = 1e300;
  for (int round = 0; round < 2; ++round) {  // the first may have threads to start
    const Uncounted uncounted;
    saved.put_back();
    least_machine = std::min(least_machine, nanoseconds_of(machine));
    saved.put_back();
    least_ours = std::min(least_ours, nanoseconds_of([&] { ours(); }));
  }
  ratios[kind] = least_machine / least_ours;
  count_comparison(routine, least_ours, least_machine);
}

}  // namespace eckart::lapack
