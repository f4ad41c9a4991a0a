#include "fuzz/check_matrix.hpp"
#include "io/ratings_text.hpp"

// The first byte chooses the options, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eckart;
  if (size == 0) return 0;
  using Options = io::RatingsOptions;
  Options options{.max_bytes = 64 << 20};
  options.missing = (data[0] & 1) != 0 ? Options::Missing::skip : Options::Missing::error;
  options.duplicates = static_cast<Options::Duplicates>((data[0] >> 1) % 5);
  if ((data[0] & 16) != 0) options.rating = "3";
  if ((data[0] & 32) != 0) options.user = "b";
  io::RatingsReport report;
  Ratings ratings;
  try {
    ratings = io::read_ratings_text(fuzz::input_of(data + 1, size - 1), options, report);
  } catch (const IoError&) {
    return 0;
  } catch (const MemoryLimit&) {
    return 0;
  }
  for (const Rating& r : ratings.entries) {
    if (r.user < 0 || r.user >= ratings.users.size() || r.item < 0 ||
        r.item >= ratings.items.size() || !(r.value >= -1e30 && r.value <= 1e30)) {
      std::abort();
    }
  }
  validate(by_user(ratings), ratings.items.size());
  for (index_t i = 0; i < ratings.items.size(); ++i) {
    if (ratings.items.find(ratings.items[i]) != i) std::abort();
  }
  return 0;
}
