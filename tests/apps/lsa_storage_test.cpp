#include "apps/lsa_storage.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace eckart::apps {
namespace {

TEST(LsaStorage, LivesAsLongAsTheModel) {
  LsaModel copy;
  {
    auto storage = std::make_unique<LsaStorage>();
    storage->sigma = {3, 2};
    storage->Vt = Matrix<float>(2, 3);
    storage->Vt(0, 0) = 1;
    storage->Vt(1, 0) = 2;
    storage->terms.add("term");
    LsaModel model;
    adopt(model, std::move(storage));
    copy = model;
  }
  EXPECT_EQ(copy.terms[0], "term");
  EXPECT_EQ(copy.sigma[1], 2);
  EXPECT_TRUE(std::abs(copy.document_lengths[0] - 5) <= 1e-6F);  // of (3, 4)
  EXPECT_EQ(copy.document_lengths[1], 0);
}

TEST(LsaStorage, AppendsEntriesAndStrings) {
  LsaStorage storage;
  append_entries(storage, {2, 3, {0, 1, 1}, {2}, {0.5}});
  append_entries(storage, {1, 3, {0, 2}, {0, 1}, {1, 2}});
  EXPECT_EQ(storage.entry_offsets, (std::vector<index_t>{0, 1, 1, 3}));
  EXPECT_EQ(storage.entry_terms, (std::vector<std::int32_t>{2, 0, 1}));
  EXPECT_EQ(storage.entry_weights, (std::vector<float>{0.5F, 1, 2}));
  Strings more;
  more.add("a");
  more.add("");
  append(storage.names, more.view());
  append(storage.names, more.view());
  EXPECT_EQ(storage.names.view().size(), 4);
  EXPECT_EQ(storage.names.view()[2], "a");
}

}  // namespace
}  // namespace eckart::apps
