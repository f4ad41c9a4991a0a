#include "kernels/sgd.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/lanes.hpp"

namespace eckart::kernels {
namespace {

// The sum of the lanes of a vector, halved until four are left.
template <int Bytes>
struct LaneSum {
  using Vec = typename Lanes<float, Bytes>::Vec;
  [[gnu::always_inline]] static float of(const Vec& v) {
    if constexpr (Bytes == 64) {
      return LaneSum<32>::of(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                             __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
    } else if constexpr (Bytes == 32) {
      return LaneSum<16>::of(__builtin_shufflevector(v, v, 0, 1, 2, 3) +
                             __builtin_shufflevector(v, v, 4, 5, 6, 7));
    } else {
      return (v[0] + v[2]) + (v[1] + v[3]);
    }
  }
};

template <int Width, int Most>
struct BlockKernel {
  static constexpr int bytes = std::min(Width * 4, Most);
  static constexpr int count = Width * 4 / bytes;
  using L = Lanes<float, bytes>;
  using Vec = typename L::Vec;

  // A user whose factors stand in registers.
  struct Visit {
    Row<Vec, count> p;
    float bias;
    float energy;
    index_t next;  // rating
    index_t last;
    index_t user;
  };

  [[gnu::always_inline]] static Vec& at(float* row, int v) {
    return *reinterpret_cast<Vec*>(row + v * L::width);
  }

  [[gnu::always_inline]] static void open(const SgdBlock& block,
                                          const SgdRows& rows,
                                          index_t s,
                                          Visit& visit) {
    visit.user = block.user[s];
    visit.next = block.first[s];
    visit.last = block.first[s + 1];
    visit.bias = rows.user_bias[visit.user];
    visit.energy = rows.user_energy[visit.user];
#pragma GCC unroll 64
    for (int v = 0; v < count; ++v) visit.p[v] = at(rows.user_factors + visit.user * Width, v);
  }

  [[gnu::always_inline]] static void close(const SgdRows& rows, const Visit& visit) {
    rows.user_bias[visit.user] = visit.bias;
    rows.user_energy[visit.user] = visit.energy;
#pragma GCC unroll 64
    for (int v = 0; v < count; ++v) at(rows.user_factors + visit.user * Width, v) = visit.p[v];
  }

  // Returns e^2.
  [[gnu::always_inline]] static float visit_rating(const SgdBlock& block,
                                                   const SgdRows& rows,
                                                   const SgdStep& step,
                                                   Visit& visit) {
    constexpr int chains = std::min(count, 2);
    const index_t item = block.item[visit.next];
    float* const q = rows.item_factors + item * Width;
    Row<Vec, chains> sums{};
#pragma GCC unroll 64
    for (int v = 0; v < count; ++v) sums[v % chains] += visit.p[v] * at(q, v);
    if constexpr (chains == 2) sums[0] += sums[1];
    const float e =
        block.value[visit.next] - visit.bias - rows.item_bias[item] - LaneSum<bytes>::of(sums[0]);
    ++visit.next;
    visit.bias += step.bias_rate * (e - step.bias_decay * visit.bias);
    rows.item_bias[item] += step.bias_rate * (e - step.bias_decay * rows.item_bias[item]);
    const float rate_p = step.rate / std::sqrt(visit.energy);
    const float rate_q = step.rate / std::sqrt(rows.item_energy[item]);
    Vec energy_p{}, energy_q{};
#pragma GCC unroll 64
    for (int v = 0; v < count; ++v) {
      const Vec g_p = e * at(q, v) - step.decay * visit.p[v];
      const Vec g_q = e * visit.p[v] - step.decay * at(q, v);
      energy_p += g_p * g_p;
      energy_q += g_q * g_q;
      visit.p[v] += rate_p * g_p;
      at(q, v) += rate_q * g_q;
    }
    visit.energy += step.share * LaneSum<bytes>::of(energy_p);
    rows.item_energy[item] += step.share * LaneSum<bytes>::of(energy_q);
    return e * e;
  }

  [[gnu::always_inline]] static double run(const SgdBlock& block,
                                           const SgdRows& rows,
                                           const SgdStep& step) {
    if (block.users == 0) return 0;
    double loss = 0;
    index_t next = 0;
    Visit a, b;
    open(block, rows, next++, a);
    if (next == block.users) b.next = b.last = 0;
    if (next < block.users) open(block, rows, next++, b);
    const bool pair = block.users > 1;
    while (pair) {
      for (index_t left = std::min(a.last - a.next, b.last - b.next); left > 0; --left) {
        loss += visit_rating(block, rows, step, a);
        loss += visit_rating(block, rows, step, b);
      }
      // Whoever is done makes room for the next user.
      if (next == block.users) break;
      if (a.next == a.last) {
        close(rows, a);
        open(block, rows, next++, a);
      } else {
        close(rows, b);
        open(block, rows, next++, b);
      }
    }
    while (a.next < a.last) loss += visit_rating(block, rows, step, a);
    close(rows, a);
    if (!pair) return loss;
    while (b.next < b.last) loss += visit_rating(block, rows, step, b);
    close(rows, b);
    return loss;
  }
};

template <int Most>
struct AnyWidth {
  [[gnu::always_inline]] static double run(const SgdBlock& block,
                                           index_t width,
                                           const SgdRows& rows,
                                           const SgdStep& step) {
    switch (width) {
      case 8:
        return BlockKernel<8, Most>::run(block, rows, step);
      case 16:
        return BlockKernel<16, Most>::run(block, rows, step);
      case 32:
        return BlockKernel<32, Most>::run(block, rows, step);
      case 48:
        return BlockKernel<48, Most>::run(block, rows, step);
      case 64:
        return BlockKernel<64, Most>::run(block, rows, step);
      case 96:
        return BlockKernel<96, Most>::run(block, rows, step);
      case 128:
        return BlockKernel<128, Most>::run(block, rows, step);
      default:
        return BlockKernel<256, Most>::run(block, rows, step);
    }
  }
};

struct UserKernel {
  // Sums run over eight lanes whatever the level, so that its bits are those of any level with the
  // same fused operations.
  [[gnu::always_inline]] static double dot(index_t k, const double* x, const double* y) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (index_t j = 0; j < k; ++j) sum += x[j] * y[j];
    return sum;
  }

  template <bool elsewhere>
  [[gnu::always_inline]] static double visit(const PlainUser& user,
                                             index_t k,
                                             double* item_factors,
                                             double* item_bias,
                                             const PlainStep& c) {
    double* const p = user.p;
    double* const s = user.s;
    double bias = *user.bias;
    double loss = 0;
    for (index_t t = 0; t < user.ratings; ++t) {
      const index_t item = user.item[t];
      double* const q = item_factors + item * k;
      double product = dot(k, p, q);
      if constexpr (elsewhere) product += dot(k, s, q);
      const double e = user.value[t] - bias - item_bias[item] - product;
      bias += c.rate_bu * (e - c.decay_bu * bias);
      item_bias[item] += c.rate_bi * (e - c.decay_bi * item_bias[item]);
#pragma omp simd
      for (index_t j = 0; j < k; ++j) {
        const double old_q = q[j], old_p = p[j];
        if constexpr (elsewhere) {
          const double old_s = s[j];
          q[j] = old_q + c.rate_q * (e * (old_p + old_s) - c.decay_q * old_q);
          s[j] = old_s + c.rate_s * (e * old_q - c.decay_s * old_s);
        } else {
          q[j] = old_q + c.rate_q * (e * old_p - c.decay_q * old_q);
        }
        p[j] = old_p + c.rate_p * (e * old_q - c.decay_p * old_p);
      }
      loss += e * e;
    }
    *user.bias = bias;
    return loss;
  }

  [[gnu::always_inline]] static double run(const PlainUser& user,
                                           index_t k,
                                           double* item_factors,
                                           double* item_bias,
                                           const PlainStep& step) {
    return user.s == nullptr ? visit<false>(user, k, item_factors, item_bias, step)
                             : visit<true>(user, k, item_factors, item_bias, step);
  }
};

struct AddKernel {
  [[gnu::always_inline]] static void run(index_t k, const double* x, double* y) {
#pragma omp simd
    for (index_t j = 0; j < k; ++j) y[j] += x[j];
  }
};

struct AddMultipleKernel {
  [[gnu::always_inline]] static void run(index_t n, float a, const float* x, float* y) {
#pragma omp simd
    for (index_t i = 0; i < n; ++i) y[i] += a * x[i];
  }
};

struct DecayKernel {
  [[gnu::always_inline]] static void run(index_t k, double c, const double* x, double* y) {
#pragma omp simd
    for (index_t j = 0; j < k; ++j) y[j] += x[j] - c * y[j];
  }
};

}  // namespace

index_t sgd_width(index_t k) {
  for (const index_t width : {8, 16, 32, 48, 64, 96, 128, 256}) {
    if (k <= width) return width;
  }
  return 0;
}

double sgd_block(
    const SgdBlock& block, index_t width, const SgdRows& rows, const SgdStep& step, Level wanted) {
  using Block = const SgdBlock&;
  using Rows = const SgdRows&;
  using Step = const SgdStep&;
  switch (wanted) {
    case Level::v4:
      return run_v4<AnyWidth<64>, Block, index_t, Rows, Step>(block, width, rows, step);
    case Level::v3:
      return run_v3<AnyWidth<32>, Block, index_t, Rows, Step>(block, width, rows, step);
    case Level::base:
      break;
  }
  return run_base<AnyWidth<16>, Block, index_t, Rows, Step>(block, width, rows, step);
}

double sgd_user(const PlainUser& user,
                index_t k,
                double* item_factors,
                double* item_bias,
                const PlainStep& step,
                Level wanted) {
  return at_level<UserKernel, const PlainUser&, index_t, double*, double*, const PlainStep&>(
      wanted, user, k, item_factors, item_bias, step);
}

void add_multiple(index_t n, float a, const float* x, float* y, Level wanted) {
  at_level<AddMultipleKernel>(wanted, n, a, x, y);
}

void add_row(index_t k, const double* x, double* y, Level wanted) {
  at_level<AddKernel>(wanted, k, x, y);
}

void decay_row(index_t k, double c, const double* x, double* y, Level wanted) {
  at_level<DecayKernel>(wanted, k, c, x, y);
}

}  // namespace eckart::kernels
