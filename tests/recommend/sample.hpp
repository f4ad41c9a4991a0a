// Ratings for tests: small, made up, with a structure to be learnt.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "eckart/io/ratings.hpp"
#include "eckart/ratings.hpp"

namespace eckart::recommend {

inline std::vector<std::string> numbered(const std::string& prefix, index_t n) {
  std::vector<std::string> names;
  for (index_t i = 0; i < n; ++i) names.push_back(prefix + std::to_string(i));
  return names;
}

// Each user rates about the given share of the items, 1 to 5 in halves: biases and two tastes.
inline Ratings sample(index_t users, index_t items, double share = 0.4) {
  Ratings r{Names(numbered("u", users)), Names(numbered("i", items)), {}, false};
  const auto noise = [](index_t x) {
    return std::fmod(static_cast<double>((x * 2654435761) & 0x7fffffff) / 1000.0, 1.0);
  };
  for (index_t u = 0; u < users; ++u) {
    for (index_t i = 0; i < items; ++i) {
      if (noise(u * items + i + 17) > share && i != u % items) continue;
      const double a = noise(u + 1) - 0.5, b = noise(u + 1001) - 0.5;
      const double x = noise(i + 5003) - 0.5, y = noise(i + 7001) - 0.5;
      const double value = 3 + a + y + 5 * a * x + 5 * b * y;
      r.entries.push_back({static_cast<std::int32_t>(u), static_cast<std::int32_t>(i),
                           std::clamp(std::round(2 * value) / 2, 1.0, 5.0), 0});
    }
  }
  return r;
}

template <class X>
bool same_bits(const Shared<X>& a, const Shared<X>& b) {
  return std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end());
}

// The file below the folder of test data, or "": then the test is to be skipped.
inline std::string data_file(const std::string& name) {
  const char* folder = std::getenv("ECKART_DATA");
  if (folder == nullptr) return "";
  const std::string path = std::string(folder) + "/ratings/" + name;
  return std::filesystem::exists(path) ? path : "";
}

}  // namespace eckart::recommend
