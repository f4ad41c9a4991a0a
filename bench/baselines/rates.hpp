// rates.hpp - how often something is done in a second, and how fast memory is read.
#pragma once

#include <omp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace bench {

// Returns the median of five rates of f, which does `work` each time it is called.
template <class F>
double rate(double work, double sample_seconds, F&& f) {
  f();  // warms caches and threads
  std::array<double, 5> rates;
  for (double& sample : rates) {
    int calls = 0;
    double taken = 0;
    for (const auto start = std::chrono::steady_clock::now(); taken < sample_seconds || calls == 0;
         ++calls) {
      f();
      taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    sample = work * calls / taken;
  }
  std::nth_element(rates.begin(), rates.begin() + 2, rates.end());
  return rates[2];
}

// The sum of count numbers, a multiple of 64, in as many independent sums as hide the latency.
inline double sum(const double* x, std::size_t count) {
  std::array<double, 64> lanes{};
  for (std::size_t i = 0; i < count; i += 64) {
#pragma omp simd
    for (std::size_t j = 0; j < 64; ++j) lanes[j] += x[i + j];
  }
  double total = 0;
  for (const double lane : lanes) total += lane;
  return total;
}

// GB/s of reading so many megabytes again and again, each thread a part of its own.
inline double read_rate(int threads, double megabytes, double sample_seconds) {
  const auto part = static_cast<std::size_t>(megabytes * 1e6 / 8 / threads) / 64 * 64;
  const auto parts = static_cast<std::size_t>(threads);
  std::vector<std::vector<double>> data(parts);
  std::vector<double> sums(parts);
#pragma omp parallel num_threads(threads)
  {
    const auto mine = static_cast<std::size_t>(omp_get_thread_num());
    data[mine].assign(part, 1);
  }
  const double total = rate(static_cast<double>(part * parts), sample_seconds, [&] {
#pragma omp parallel num_threads(threads)
    {
      const auto mine = static_cast<std::size_t>(omp_get_thread_num());
      sums[mine] = sum(data[mine].data(), part);
    }
  });
  for (const double found : sums) {
    if (found != static_cast<double>(part)) throw std::runtime_error("a sum is wrong");
  }
  return 8e-9 * total;
}

}  // namespace bench
