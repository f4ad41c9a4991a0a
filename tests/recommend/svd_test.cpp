#include <gtest/gtest.h>

#include <cmath>

#include "eckart/apps/recommend/evaluate.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/error.hpp"
#include "tests/recommend/sample.hpp"

namespace eckart::recommend {
namespace {

SvdOptions small() { return {.rank = 12, .epochs = 6}; }

void expect_same(const Model& a, const Model& b) {
  EXPECT_TRUE(same_bits(a.user_factors, b.user_factors));
  EXPECT_TRUE(same_bits(a.item_factors, b.item_factors));
  EXPECT_TRUE(same_bits(a.user_bias, b.user_bias));
  EXPECT_TRUE(same_bits(a.item_bias, b.item_bias));
}

TEST(Svd, SameSeedGivesSameBitsForAnyThreadCount) {
  const Ratings r = sample(300, 200);
  Context one(1);
  const Model reference = fit_svd(r, small(), one);
  for (const int threads : {2, 3, 7}) {
    Context context(threads);
    expect_same(fit_svd(r, small(), context), reference);
  }
}

TEST(Svd, LearnsWhatTheBiasesCannotSay) {
  const Ratings r = sample(300, 200);
  const Split split = split_randomly(r, 0.1, 5);
  const double baseline = rating_errors(fit_baseline(split.train), split.test).rmse;
  const Model model = fit_svd(split.train);
  validate(model);
  const double rmse = rating_errors(model, split.test).rmse;
  EXPECT_TRUE(rmse <= 0.6 * baseline) << rmse << " " << baseline;
}

TEST(Svd, TheOrderOfTheFileChangesNothing) {
  Ratings r = sample(60, 40);
  const Model reference = fit_svd(r, small());
  std::reverse(r.entries.begin(), r.entries.end());
  const Model reversed = fit_svd(r, small());
  EXPECT_TRUE(same_bits(reversed.item_factors, reference.item_factors));
}

TEST(Svd, EveryOptionMatters) {
  const Ratings r = sample(60, 40);
  const Model reference = fit_svd(r, small());
  const auto differs = [&](auto change) {
    SvdOptions o = small();
    change(o);
    EXPECT_FALSE(same_bits(fit_svd(r, o).item_factors, reference.item_factors));
  };
  differs([](auto& o) { o.rank = 13; });
  differs([](auto& o) { o.epochs = 7; });
  differs([](auto& o) { o.rate = 0.2; });
  differs([](auto& o) { o.bias_rate = 0.02; });
  differs([](auto& o) { o.rate_decay = 0.8; });
  differs([](auto& o) { o.regularization = 0.2; });
  differs([](auto& o) { o.bias_regularization = 0.9; });
  differs([](auto& o) { o.deviation = 0.2; });
  differs([](auto& o) { o.grid = 4; });
  differs([](auto& o) { o.seed = 1; });
}

TEST(Svd, RefusesWhatCannotBe) {
  const Ratings r = sample(10, 8);
  const auto refused = [&](auto change) {
    SvdOptions o = small();
    change(o);
    EXPECT_THROW(static_cast<void>(fit_svd(r, o)), InvalidArgument);
  };
  refused([](auto& o) { o.rank = 0; });
  refused([](auto& o) { o.rank = 257; });
  refused([](auto& o) { o.epochs = 0; });
  refused([](auto& o) { o.rate = 0; });
  refused([](auto& o) { o.rate = NAN; });
  refused([](auto& o) {
    o.bias_rate = 1e6;
    o.epochs = 50;
  });  // it diverges
  refused([](auto& o) { o.bias_rate = -1; });
  refused([](auto& o) { o.rate_decay = 0; });
  refused([](auto& o) { o.rate_decay = 1.5; });
  refused([](auto& o) { o.regularization = -1; });
  refused([](auto& o) { o.deviation = 0; });
  refused([](auto& o) { o.grid = -1; });
  EXPECT_THROW(static_cast<void>(fit_svd({}, {})), InvalidArgument);
}

TEST(Svd, TheWatcherSeesEveryEpochAndCanEndTheFit) {
  const Ratings r = sample(60, 40);
  std::vector<double> errors;
  const Model model = fit_svd(r, small(), default_context(), [&](const Epoch& epoch) {
    errors.push_back(epoch.train_rmse);
    EXPECT_EQ(epoch.number, static_cast<index_t>(errors.size()));
    return epoch.number < 3;
  });
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_TRUE(errors[2] < errors[0]);
  SvdOptions three = small();
  three.epochs = 3;
  expect_same(model, fit_svd(r, three));
  EXPECT_EQ(model.options.at("epochs"), 3);
}

TEST(Svd, ACancelledFitThrows) {
  Context context(2);
  context.cancel();
  EXPECT_THROW(static_cast<void>(fit_svd(sample(20, 20), small(), context)), Cancelled);
}

TEST(Svd, ManagesOneRatingAndEqualRatings) {
  const Ratings one{Names({"a"}), Names({"x"}), {{0, 0, 4}}, false};
  const Model single = fit_svd(one, small());
  EXPECT_EQ(predict(single, 0, 0), 4);
  EXPECT_EQ(predict(single, -1, -1), 4);
  Ratings equal = sample(30, 20);
  for (Rating& e : equal.entries) e.value = 3;
  const Model flat = fit_svd(equal, small());
  validate(flat);
  for (index_t i = 0; i < 20; ++i) EXPECT_EQ(predict(flat, 5, i), 3);
}

TEST(Svd, BeatsLibmfsErrorOnMovieLens) {
  const std::string file = data_file("ml-100k/u.data.gz");
  if (file.empty()) GTEST_SKIP() << "needs ECKART_DATA with ratings/ml-100k/u.data.gz";
  const Ratings r = io::read_ratings(file);
  const auto fit = [](const Ratings& train, Context& context) {
    return fit_svd(train, {}, context);
  };
  std::vector<double> errors;
  for (const auto& e : cross_validate(r, assign_folds(r, 5, 0), fit, nullptr).errors) {
    errors.push_back(e.rmse);
  }
  EXPECT_TRUE(spread_of(errors).mean <= 0.906) << spread_of(errors).mean;
}

}  // namespace
}  // namespace eckart::recommend
