// Stochastic gradient descent for matrix factorisation: one visit to every rating of a block.
//
//   e = r - b_u - b_i - p.q                       b_u += c (e - mu b_u)       b_i likewise
//   g_p = e q - lambda p    p += rate / sqrt(G_u) g_p    G_u += |g_p|^2 / k
//   g_q = e p - lambda q    q += rate / sqrt(G_i) g_q    G_i += |g_q|^2 / k     (with the old p)
//
// G makes the steps of a row shorter the more it has moved: AdaGrad (Duchi, Hazan, Singer, JMLR
// 12:2121-2159, 2011) with one sum for each row, as in Chin, Zhuang, Juan, Lin, PAKDD 2015.
#pragma once

#include <cstdint>

#include "eckart/types.hpp"
#include "kernels/levels.hpp"

namespace eckart::kernels {

// Ratings minus their mean, user by user: user[s] rated item[t] with value[t] for
// first[s] <= t < first[s + 1]. Each user stands there once.
struct SgdBlock {
  index_t users;
  const std::int32_t* user;
  const index_t* first;
  const std::int32_t* item;
  const float* value;
};

// The factors of user u begin at user_factors + u * width, aligned to 64 bytes.
struct SgdRows {
  float* user_factors;
  float* item_factors;
  float* user_bias;
  float* item_bias;
  float* user_energy;  // G, above 0
  float* item_energy;
};

struct SgdStep {
  float rate;
  float decay;  // lambda
  float bias_rate;
  float bias_decay;
  float share;  // 1 / k
};

// Returns the least width of a row that holds k factors; those beyond k must be zero, and stay so.
// 0 if k is larger than the largest width.
index_t sgd_width(index_t k);

inline constexpr index_t largest_sgd_width = 256;

// Visits the ratings of two users in turn, so that neither waits for the other's sums. Returns the
// sum of e^2.
// REQUIRES: width is an sgd_width
double sgd_block(const SgdBlock& block,
                 index_t width,
                 const SgdRows& rows,
                 const SgdStep& step,
                 Level wanted = level());

// One user's ratings in the given order, exactly as defined: no adaptive steps, in double.
//
//   z = p + s, s the user's part that comes from elsewhere (0 x k: none, then s is null)
//   e = r - b_u - b_i - z.q           b_u += rate_bu (e - decay_bu b_u)      b_i likewise
//   p += rate_p (e q - decay_p p)     s += rate_s (e q - decay_s s)
//   q += rate_q (e z - decay_q q)                                          (all with the old ones)
struct PlainStep {
  double rate_bu = 0, decay_bu = 0;
  double rate_bi = 0, decay_bi = 0;
  double rate_p = 0, decay_p = 0;
  double rate_q = 0, decay_q = 0;
  double rate_s = 0, decay_s = 0;
};

struct PlainUser {
  double* p;
  double* s;  // null: there is none
  double* bias;
  index_t ratings;
  const std::int32_t* item;
  const double* value;  // minus the mean
};

// REQUIRES: the factors of item i begin at item_factors + i * k
double sgd_user(const PlainUser& user,
                index_t k,
                double* item_factors,
                double* item_bias,
                const PlainStep& step,
                Level wanted = level());

// y <- y + a x.
void add_multiple(index_t n, float a, const float* x, float* y, Level wanted = level());
// y <- y + x.
void add_row(index_t k, const double* x, double* y, Level wanted = level());
// y <- a y + x, as y - (1 - a) y + x so that an a near one loses no digits; c = 1 - a.
void decay_row(index_t k, double c, const double* x, double* y, Level wanted = level());

}  // namespace eckart::kernels
