#include "kernels/uniform.hpp"

#include <algorithm>

#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

constexpr int lanes = 16;

using Words = std::uint32_t[4][lanes];

[[gnu::always_inline]] inline void philox_rounds(Words& words, std::uint64_t seed) {
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
#pragma omp simd
    for (int l = 0; l < lanes; ++l) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53} * words[0][l];
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * words[2][l];
      words[0][l] = static_cast<std::uint32_t>(p1 >> 32) ^ words[1][l] ^ key0;
      words[1][l] = static_cast<std::uint32_t>(p1);
      words[2][l] = static_cast<std::uint32_t>(p0 >> 32) ^ words[3][l] ^ key1;
      words[3][l] = static_cast<std::uint32_t>(p0);
    }
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
}

template <class Real>
struct UniformKernel {
  [[gnu::always_inline]] static void run(const Uniform<Real>& task) {
    const Real unit = task.half_width * Real(0x1p-31);
    for (index_t done = 0; done < task.n; done += 4 * lanes) {
      const auto counter = static_cast<std::uint64_t>((task.first + done) / 4);
      Words words;
#pragma omp simd
      for (int l = 0; l < lanes; ++l) {
        // 16 g + l never carries into the upper half.
        words[0][l] = static_cast<std::uint32_t>(counter) + static_cast<std::uint32_t>(l);
        words[1][l] = static_cast<std::uint32_t>(counter >> 32);
        words[2][l] = task.stream;
        words[3][l] = 0;
      }
      philox_rounds(words, task.seed);
      Real numbers[4 * lanes];
      const std::uint32_t* word = words[0];
#pragma omp simd
      for (int l = 0; l < 4 * lanes; ++l) {
        const auto centred = static_cast<std::int32_t>(word[l] ^ 0x80000000U);
        numbers[l] = (static_cast<Real>(centred) + Real(0.5)) * unit;
      }
      std::copy_n(numbers, std::min<index_t>(task.n - done, 4 * lanes), task.x + done);
    }
  }
};

}  // namespace

template <class Real>
void uniform(const Uniform<Real>& task) {
  at_level<UniformKernel<Real>, const Uniform<Real>&>(level(), task);
}

template void uniform(const Uniform<float>&);
template void uniform(const Uniform<double>&);

}  // namespace eckart::kernels
