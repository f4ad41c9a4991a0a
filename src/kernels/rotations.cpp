#include "kernels/rotations.hpp"

#include <cstddef>
#include <cstring>

#include "kernels/levels.hpp"

namespace eckart::kernels {
namespace {

// Count adjacent vectors of Bytes each: rows of one strip.
template <class Real, std::size_t Bytes, std::size_t Count>
struct Strip {
  using Vector [[gnu::vector_size(Bytes)]] = Real;
  static constexpr auto rows = static_cast<index_t>(Count * Bytes / sizeof(Real));
  Vector part[Count];

  [[gnu::always_inline]] void load(const Real* x) { std::memcpy(part, x, sizeof part); }
  [[gnu::always_inline]] void store(Real* x) const { std::memcpy(x, part, sizeof part); }
};

template <class Real, std::size_t Bytes, std::size_t Count>
struct StripKernel {
  using S = Strip<Real, Bytes, Count>;

  [[gnu::always_inline]] static void run(Real* X,
                                         index_t ld,
                                         index_t chains,
                                         const RotationChain<Real>* chain) {
    for (index_t l = 0; l < chains; ++l) {
      const PlaneRotation<Real>* rotation = chain[l].rotations;
      const index_t step = chain[l].step * ld;
      Real* x = X + chain[l].first * ld;
      S carried;
      carried.load(x);
      for (index_t k = 0; k < chain[l].count; ++k, x += step) {
        const Real c = rotation[k].c;
        const Real s = rotation[k].s;
        S next;
        next.load(x + step);
        S done;
        for (std::size_t v = 0; v < Count; ++v) {
          done.part[v] = c * carried.part[v] + s * next.part[v];
          carried.part[v] = c * next.part[v] - s * carried.part[v];
        }
        done.store(x);
      }
      carried.store(x);
    }
  }
};

template <class Real>
struct RotationsKernel {
  template <std::size_t Bytes, std::size_t Count>
  [[gnu::always_inline]] static void strips(index_t rows,
                                            index_t& done,
                                            Real* X,
                                            index_t ld,
                                            index_t chains,
                                            const RotationChain<Real>* chain) {
    using Kernel = StripKernel<Real, Bytes, Count>;
    for (; done + Kernel::S::rows <= rows; done += Kernel::S::rows) {
      Kernel::run(X + done, ld, chains, chain);
    }
  }

  [[gnu::always_inline]] static void run(
      index_t rows, Real* X, index_t ld, index_t chains, const RotationChain<Real>* chain) {
    index_t done = 0;
    strips<64, 4>(rows, done, X, ld, chains, chain);
    strips<64, 1>(rows, done, X, ld, chains, chain);
    strips<16, 1>(rows, done, X, ld, chains, chain);
    strips<sizeof(Real), 1>(rows, done, X, ld, chains, chain);
  }
};

}  // namespace

template <class Real>
void apply_rotations(
    index_t rows, Real* X, index_t ld, index_t chains, const RotationChain<Real>* chain) {
  at_level<RotationsKernel<Real>>(level(), rows, X, ld, chains, chain);
}

template void apply_rotations(index_t, float*, index_t, index_t, const RotationChain<float>*);
template void apply_rotations(index_t, double*, index_t, index_t, const RotationChain<double>*);

}  // namespace eckart::kernels
