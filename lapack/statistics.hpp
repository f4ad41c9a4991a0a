// How many calls were served, and in what time: counted in a file that all processes of a command
// share, so that nothing is lost when one of them is forked or killed.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace eckart::lapack {

// The environment variable that names the file. It must hold sizeof(Counts) zeros.
inline constexpr const char* counts_variable = "ECKART_LAPACK_COUNTS";

enum class Routine { gesdd, gesvd, gelsd, gesvdx, gesvj, gejsv };
inline constexpr std::array routine_names = {"gesdd", "gesvd", "gelsd", "gesvdx", "gesvj", "gejsv"};

struct Counts {
  struct Of {
    std::atomic<std::uint64_t> calls;
    std::atomic<std::uint64_t> nanoseconds;
    // Of the calls that were compared with the machine's own LAPACK: our time, and its time as far
    // as it is known or estimated.
    std::atomic<std::uint64_t> compared;
    std::atomic<std::uint64_t> machines;
  };
  std::atomic<std::uint64_t> processes;  // that loaded the library
  std::array<Of, routine_names.size()> routines;

  Of& operator[](Routine routine) { return routines[static_cast<std::size_t>(routine)]; }
};

// Adds a call that took so many nanoseconds here, and there.
void count_comparison(Routine routine, double ours, double machines);

// While one exists, the calls of its thread are not counted: they repeat another.
class Uncounted {
 public:
  Uncounted();
  ~Uncounted();
  Uncounted(const Uncounted&) = delete;
  Uncounted& operator=(const Uncounted&) = delete;
};

// Counts one call from its construction to its end.
class CountedCall {
 public:
  explicit CountedCall(Routine routine)
      : routine_(routine), start_(std::chrono::steady_clock::now()) {}
  ~CountedCall();
  CountedCall(const CountedCall&) = delete;
  CountedCall& operator=(const CountedCall&) = delete;

 private:
  Routine routine_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace eckart::lapack
