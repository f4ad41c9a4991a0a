#include "eckart/ratings.hpp"

#include <gtest/gtest.h>

#include "eckart/error.hpp"

namespace eckart {
namespace {

Ratings sample() {
  return {Names({"ann", "bob"}), Names({"x", "y", "z"}), {{1, 2, 4}, {0, 1, 3}, {1, 0, 5}}, false};
}

TEST(Names, AreFoundAsTheyStandAndOnlySo) {
  const Names names({"0104257", "104257", "", "Ünï", "b"});
  EXPECT_EQ(names.size(), 5);
  for (index_t i = 0; i < names.size(); ++i) EXPECT_EQ(names.find(names[i]), i);
  EXPECT_EQ(names[0], "0104257");
  EXPECT_FALSE(names.find("00104257").has_value());
  EXPECT_FALSE(names.find("zzz").has_value());
  EXPECT_FALSE(Names().find("a").has_value());
}

TEST(Names, RefuseANameThatOccursTwice) { EXPECT_THROW(Names({"a", "b", "a"}), InvalidArgument); }

TEST(Names, RefusePartsThatDoNotFit) {
  using Offsets = std::vector<index_t>;
  using Text = std::vector<char>;
  using Order = std::vector<std::int32_t>;
  const Text text{'b', 'a', 'c'};
  EXPECT_EQ(Names(Offsets{0, 1, 3}, text, Order{1, 0})[1], "ac");
  EXPECT_THROW(Names(Offsets{0, 1}, text, Order{1, 0}), InvalidArgument);
  EXPECT_THROW(Names(Offsets{0, 4, 3}, text, Order{1, 0}), InvalidArgument);
  EXPECT_THROW(Names(Offsets{0, 1, 2}, text, Order{1, 0}), InvalidArgument);
  EXPECT_THROW(Names(Offsets{0, 1, 3}, text, Order{0, 1}), InvalidArgument);
  EXPECT_THROW(Names(Offsets{0, 1, 3}, text, Order{1, 1}), InvalidArgument);
  EXPECT_THROW(Names(Offsets{0, 1, 3}, text, Order{1, 2}), InvalidArgument);
  EXPECT_THROW(Names(Offsets{0, 1, 3}, text, Order{1, -1}), InvalidArgument);
}

TEST(Ratings, KnowScaleAndMean) {
  EXPECT_EQ(sample().scale().low, 3);
  EXPECT_EQ(sample().scale().high, 5);
  EXPECT_EQ(sample().mean(), 4);
  EXPECT_EQ(Ratings().mean(), 0);
  EXPECT_EQ((RatingScale{1, 5}).clip(7), 5);
  EXPECT_EQ((RatingScale{1, 5}).clip(-7), 1);
  EXPECT_THROW((RatingScale{5, 1}).validate(), InvalidArgument);
}

TEST(Ratings, ByUserSortsItemsAndLetsTheLastOfAPairCount) {
  Ratings r = sample();
  r.entries.push_back({1, 2, 1});
  const RatingRows rows = by_user(r);
  ASSERT_EQ(rows.rows(), 2);
  EXPECT_EQ(rows.items_of(0).size(), 1u);
  ASSERT_EQ(rows.items_of(1).size(), 2u);
  EXPECT_EQ(rows.items_of(1)[0], 0);
  EXPECT_EQ(rows.items_of(1)[1], 2);
  EXPECT_EQ(rows.values_of(1)[1], 1.0F);
  validate(rows, 3);
  const RatingRows back = transpose(transpose(rows, 3), 2);
  EXPECT_TRUE(std::equal(back.items.values.begin(), back.items.values.end(),
                         rows.items.values.begin(), rows.items.values.end()));
  EXPECT_EQ(transpose(rows, 3).values_of(2)[0], 1.0F);
}

TEST(Ratings, RowsThatBreakTheirInvariantAreRefused) {
  const auto rows = [](std::vector<index_t> offsets, std::vector<std::int32_t> items,
                       std::vector<float> values) {
    return RatingRows{std::move(offsets), std::move(items), std::move(values)};
  };
  validate(rows({0, 1, 2}, {1, 0}, {1, 2}), 2);
  EXPECT_THROW(validate(rows({0, 1, 3}, {1, 0}, {1, 2}), 2), InvalidArgument);
  EXPECT_THROW(validate(rows({0, 5, 2}, {1, 0}, {1, 2}), 2), InvalidArgument);
  EXPECT_THROW(validate(rows({0, 2}, {1, 1}, {1, 2}), 2), InvalidArgument);
  EXPECT_THROW(validate(rows({0, 1, 2}, {1, 2}, {1, 2}), 2), InvalidArgument);
  EXPECT_THROW(validate(rows({0, 1, 2}, {1, -1}, {1, 2}), 2), InvalidArgument);
  EXPECT_THROW(validate(rows({0, 1, 2}, {1, 0}, {1, NAN}), 2), InvalidArgument);
}

TEST(Ratings, RenumberingMarksWhatIsUnknown) {
  const Ratings r = renumbered(sample(), Names({"bob"}), Names({"z", "y"}));
  EXPECT_EQ(r.entries[0].user, 0);
  EXPECT_EQ(r.entries[0].item, 0);
  EXPECT_EQ(r.entries[1].user, -1);
  EXPECT_EQ(r.entries[1].item, 1);
  EXPECT_EQ(r.entries[2].item, -1);
}

TEST(Ratings, JoiningKeepsNumbersAndReplacesPairs) {
  const Ratings more{Names({"cy", "bob"}), Names({"w", "z"}), {{1, 1, 1}, {0, 0, 2}}, false};
  const Ratings all = joined(sample(), more);
  EXPECT_EQ(all.users[2], "cy");
  EXPECT_EQ(all.items[3], "w");
  EXPECT_EQ(all.count(), 4);
  const RatingRows rows = by_user(all);
  EXPECT_EQ(rows.values_of(1)[1], 1.0F);  // bob, z
  EXPECT_EQ(rows.values_of(2)[0], 2.0F);
}

}  // namespace
}  // namespace eckart
