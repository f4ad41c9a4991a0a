#include "eckart/apps/recommend/use.hpp"
#include "fuzz/check_matrix.hpp"
#include "io/recommender_bytes.hpp"

// A model that can be read can be used, whatever its numbers are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eckart;
  recommend::Model model;
  try {
    model = io::read_recommender_bytes(fuzz::input_of(data, size));
  } catch (const IoError&) {
    return 0;
  }
  Context context(1);
  for (std::int32_t u = 0; u < std::min<index_t>(model.users.size(), 4); ++u) {
    static_cast<void>(recommend::top(model, {&u, 1}, {.count = 3, .min_ratings = 1}, context));
    static_cast<void>(recommend::predict(model, u, model.items.size() - 1));
    static_cast<void>(recommend::similar_users(model, u, 2));
  }
  if (model.items.size() > 0) static_cast<void>(recommend::similar_items(model, 0, 3));
  return 0;
}
