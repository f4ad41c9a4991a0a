#include "kernels/sgd.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace eckart::kernels {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

double noise(index_t i) { return std::sin(static_cast<double>(i) * 12.9898) * 0.5; }

// The update rule of the header, in double and in the plainest words.
struct Reference {
  std::vector<double> p, q, bu, bi, gu, gi;

  double visit(index_t u, index_t i, double r, index_t k, index_t width, const SgdStep& s) {
    double e = r - bu[at(u)] - bi[at(i)];
    for (index_t j = 0; j < k; ++j) e -= p[at(u * width + j)] * q[at(i * width + j)];
    bu[at(u)] += s.bias_rate * (e - s.bias_decay * bu[at(u)]);
    bi[at(i)] += s.bias_rate * (e - s.bias_decay * bi[at(i)]);
    double sum_p = 0, sum_q = 0;
    const double rate_p = s.rate / std::sqrt(gu[at(u)]), rate_q = s.rate / std::sqrt(gi[at(i)]);
    for (index_t j = 0; j < k; ++j) {
      double &x = p[at(u * width + j)], &y = q[at(i * width + j)];
      const double g = e * y - s.decay * x, h = e * x - s.decay * y;
      x += rate_p * g;
      y += rate_q * h;
      sum_p += g * g;
      sum_q += h * h;
    }
    gu[at(u)] += sum_p / static_cast<double>(k);
    gi[at(i)] += sum_q / static_cast<double>(k);
    return e * e;
  }
};

struct Problem {
  Problem(index_t users, index_t items, index_t factors)
      : m(users), n(items), k(factors), width(sgd_width(factors)) {
    for (index_t u = 0; u < m; ++u) {
      user.push_back(static_cast<std::int32_t>(m - 1 - u));
      for (index_t t = 0; t < 1 + (u * 7) % 5; ++t) {
        item.push_back(static_cast<std::int32_t>((u + t * t) % n));
        value.push_back(static_cast<float>(4 * noise(u * 31 + t)));
      }
      first.push_back(static_cast<index_t>(item.size()));
    }
  }

  void expect_agreement(Level level) const {
    // GCC's operator new would not align to 64 bytes.
    struct alignas(64) Line {
      float x[16];
    };
    std::vector<Line> P(at((m * width + 15) / 16)), Q(at((n * width + 15) / 16));
    const double size = 2 / std::sqrt(static_cast<double>(k));
    float* const p = P[0].x;
    float* const q = Q[0].x;
    for (index_t u = 0; u < m; ++u) {
      for (index_t j = 0; j < k; ++j)
        p[u * width + j] = static_cast<float>(size * noise(u * 97 + j + 1));
    }
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < k; ++j)
        q[i * width + j] = static_cast<float>(size * noise(i * 89 + j + 5000));
    }
    std::vector<float> bu(at(m), 0.1F), bi(at(n), -0.2F), gu(at(m), 1), gi(at(n), 2);
    Reference ref{{p, p + m * width},     {q, q + n * width},     {bu.begin(), bu.end()},
                  {bi.begin(), bi.end()}, {gu.begin(), gu.end()}, {gi.begin(), gi.end()}};
    const SgdStep step{.rate = 0.1F,
                       .decay = 0.07F,
                       .bias_rate = 0.03F,
                       .bias_decay = 0.05F,
                       .share = 1.0F / static_cast<float>(k)};
    const double loss = sgd_block({m, user.data(), first.data(), item.data(), value.data()}, width,
                                  {p, q, bu.data(), bi.data(), gu.data(), gi.data()}, step, level);
    const double expected = in_order_of_visits(ref, step);
    EXPECT_TRUE(std::abs(loss - expected) <= 1e-4 * expected) << loss << " " << expected;
    double worst = 0;
    for (index_t x = 0; x < m * width; ++x) worst = std::max(worst, std::abs(p[x] - ref.p[at(x)]));
    for (index_t x = 0; x < n * width; ++x) worst = std::max(worst, std::abs(q[x] - ref.q[at(x)]));
    for (index_t u = 0; u < m; ++u) {
      worst = std::max(
          {worst, std::abs(bu[at(u)] - ref.bu[at(u)]), std::abs(gu[at(u)] - ref.gu[at(u)])});
    }
    for (index_t i = 0; i < n; ++i) {
      worst = std::max(
          {worst, std::abs(bi[at(i)] - ref.bi[at(i)]), std::abs(gi[at(i)] - ref.gi[at(i)])});
    }
    EXPECT_TRUE(worst <= 2e-5 * std::sqrt(static_cast<double>(k)))
        << "k " << k << " users " << m << " " << worst;
    for (index_t u = 0; u < m; ++u) {
      for (index_t j = k; j < width; ++j) EXPECT_EQ(p[u * width + j], 0.0F);
    }
  }

  // Two users in turn; whoever is done makes room for the next.
  double in_order_of_visits(Reference& ref, const SgdStep& step) const {
    double loss = 0;
    const auto visit = [&](index_t s, index_t t) {
      loss += ref.visit(user[at(s)], item[at(t)], value[at(t)], k, width, step);
    };
    index_t seat[2] = {0, 1}, next = 2;
    std::vector<index_t> t(first.begin(), first.end() - 1);
    while (seat[0] < m || seat[1] < m) {
      for (const int side : {0, 1}) {
        if (seat[side] < m) visit(seat[side], t[at(seat[side])]++);
      }
      for (const int side : {0, 1}) {
        if (seat[side] < m && t[at(seat[side])] == first[at(seat[side] + 1)]) {
          seat[side] = next < m ? next++ : m;
        }
      }
    }
    return loss;
  }

  index_t m, n, k, width;
  std::vector<std::int32_t> user, item;
  std::vector<index_t> first{0};
  std::vector<float> value;
};

TEST(SgdBlock, FollowsTheRuleForEveryWidthAndLevel) {
  for (const Level wanted : {Level::base, Level::v3, Level::v4}) {
    if (wanted > level()) continue;
    for (const index_t k : {1, 7, 8, 16, 20, 32, 48, 64, 90, 128, 200, 256}) {
      Problem(30, 11, k).expect_agreement(wanted);
    }
  }
}

TEST(SgdBlock, ManagesOneTwoAndThreeUsersAndASharedItem) {
  for (const index_t users : {1, 2, 3}) {
    for (const index_t items : {1, 4}) Problem(users, items, 32).expect_agreement(level());
  }
}

TEST(SgdBlock, NothingHappensWithoutUsers) {
  const SgdBlock none{0, nullptr, nullptr, nullptr, nullptr};
  EXPECT_EQ(sgd_block(none, 64, {}, {}), 0);
}

TEST(SgdWidth, IsTheLeastThatHoldsTheFactors) {
  EXPECT_EQ(sgd_width(1), 8);
  EXPECT_EQ(sgd_width(64), 64);
  EXPECT_EQ(sgd_width(65), 96);
  EXPECT_EQ(sgd_width(256), largest_sgd_width);
  EXPECT_EQ(sgd_width(257), 0);
}

void expect_plain_rule(bool elsewhere, Level wanted) {
  const index_t k = 13, ratings = 9;
  std::vector<double> p, s, q, bi{0.1, 0.2, -0.3};
  for (index_t j = 0; j < k; ++j) p.push_back(noise(j)), s.push_back(noise(j + 50));
  for (index_t j = 0; j < 3 * k; ++j) q.push_back(noise(j + 100));
  std::vector<std::int32_t> item;
  std::vector<double> value;
  for (index_t t = 0; t < ratings; ++t) {
    item.push_back(static_cast<std::int32_t>(t % 3));
    value.push_back(noise(t + 300));
  }
  const PlainStep c{.1, .2, .3, .15, .05, .06, .07, .08, .09, .04};
  std::vector<double> P = p, S = s, Q = q, B = bi;
  double b = 0.4, bias = 0.4, expected = 0;
  for (index_t t = 0; t < ratings; ++t) {
    const index_t i = item[at(t)];
    double e = value[at(t)] - b - B[at(i)];
    for (index_t j = 0; j < k; ++j) e -= (P[at(j)] + (elsewhere ? S[at(j)] : 0)) * Q[at(i * k + j)];
    b += c.rate_bu * (e - c.decay_bu * b);
    B[at(i)] += c.rate_bi * (e - c.decay_bi * B[at(i)]);
    for (index_t j = 0; j < k; ++j) {
      const double x = P[at(j)], z = elsewhere ? S[at(j)] : 0, y = Q[at(i * k + j)];
      P[at(j)] += c.rate_p * (e * y - c.decay_p * x);
      S[at(j)] += c.rate_s * (e * y - c.decay_s * z);
      Q[at(i * k + j)] += c.rate_q * (e * (x + z) - c.decay_q * y);
    }
    expected += e * e;
  }
  const double loss = sgd_user(
      {p.data(), elsewhere ? s.data() : nullptr, &bias, ratings, item.data(), value.data()}, k,
      q.data(), bi.data(), c, wanted);
  EXPECT_TRUE(std::abs(loss - expected) <= 1e-13 * expected);
  EXPECT_TRUE(std::abs(bias - b) <= 1e-14);
  for (index_t j = 0; j < k; ++j) {
    EXPECT_TRUE(std::abs(p[at(j)] - P[at(j)]) <= 1e-14);
    EXPECT_TRUE(!elsewhere || std::abs(s[at(j)] - S[at(j)]) <= 1e-14) << j;
  }
  for (index_t x = 0; x < 3 * k; ++x) EXPECT_TRUE(std::abs(q[at(x)] - Q[at(x)]) <= 1e-14);
  for (index_t i = 0; i < 3; ++i) EXPECT_TRUE(std::abs(bi[at(i)] - B[at(i)]) <= 1e-14);
}

TEST(SgdUser, FollowsTheRuleWithAndWithoutAPartFromElsewhere) {
  for (const Level wanted : {Level::base, Level::v3, Level::v4}) {
    if (wanted > level()) continue;
    expect_plain_rule(false, wanted);
    expect_plain_rule(true, wanted);
  }
}

TEST(RowKernels, AddAndDecay) {
  std::vector<double> y(37), x(37);
  std::vector<float> f(37), g(37);
  for (index_t j = 0; j < 37; ++j) {
    y[at(j)] = noise(j), x[at(j)] = noise(j + 9);
    f[at(j)] = static_cast<float>(noise(j)), g[at(j)] = static_cast<float>(noise(j + 9));
  }
  std::vector<double> sum = y, decayed = y;
  std::vector<float> more = f;
  add_row(37, x.data(), sum.data());
  decay_row(37, 0.25, x.data(), decayed.data());
  add_multiple(37, 3.0F, g.data(), more.data());
  for (index_t j = 0; j < 37; ++j) {
    EXPECT_TRUE(std::abs(sum[at(j)] - (y[at(j)] + x[at(j)])) <= 1e-16);
    EXPECT_TRUE(std::abs(decayed[at(j)] - (0.75 * y[at(j)] + x[at(j)])) <= 1e-15);
    EXPECT_TRUE(std::abs(more[at(j)] - (f[at(j)] + 3 * g[at(j)])) <= 1e-6F);
  }
}

}  // namespace
}  // namespace eckart::kernels
