#include "eckart/apps/recommend/model.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "eckart/apps/recommend/fit.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

TEST(Model, KindsHaveNames) {
  for (int i = 0; i <= static_cast<int>(Kind::ease); ++i) {
    const auto kind = static_cast<Kind>(i);
    EXPECT_EQ(kind_from_string(to_string(kind)), kind);
  }
  EXPECT_THROW(kind_from_string("knn"), InvalidArgument);
}

TEST(Model, ValidationFindsWhateverDoesNotFit) {
  const Model good = fit_svd(sample(20, 10), {.rank = 3, .epochs = 1});
  validate(good);
  const auto broken = [&](auto change) {
    Model m = good;
    change(m);
    EXPECT_THROW(validate(m), InvalidArgument);
  };
  broken([](Model& m) { m.user_bias = {}; });
  broken([](Model& m) { m.rank = 4; });
  broken([](Model& m) { m.rank = 0; });
  broken([](Model& m) { m.kind = Kind::ease; });
  broken([](Model& m) { m.kind = Kind::svdpp; });
  broken([](Model& m) { m.mean = NAN; });
  broken([](Model& m) { m.scale = {5, 1}; });
  broken([](Model& m) { m.users = Names(numbered("u", 21)); });
  broken([](Model& m) { m.items = Names(numbered("i", 9)); });
  broken([](Model& m) {
    std::vector<float> q(m.item_factors.values.begin(), m.item_factors.values.end());
    q[5] = INFINITY;
    m.item_factors = q;
    validate(m, false);  // does not look
  });
}

}  // namespace
}  // namespace eckart::recommend
