// cli/recommend.hpp - what the subcommands of recommend share.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eckart/apps/recommend/evaluate.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/io/ratings.hpp"
#include "options.hpp"
#include "session.hpp"

namespace eckart::cli {

// A method by its name, with settings such as {"rank", 32}.
struct Recipe {
  std::string method;
  std::map<std::string, double> settings;
  std::uint64_t seed = 0;
};

// "baseline|svd|...": the methods.
extern const char* const recommend_methods;

// Returns the function that fits by the recipe; the watcher is called where the method descends.
// Throws UsageError for a setting that the method has not, with those that it has.
using Fitter =
    std::function<recommend::Model(const Ratings&, Context&, const recommend::Watch& watch)>;
Fitter fitter_of(const Recipe& recipe);

// Whether the method calls its watcher.
bool can_be_watched(const std::string& method);

// Reads the ratings in the file, and warns of duplicates and missing ones.
struct LoadedRatings {
  Ratings ratings;
  io::RatingsReport report;
};
LoadedRatings load_ratings(const RecommendOptions& options,
                           const std::string& path,
                           const Session& session);

// Throws UsageError for a device or keyboard, IoError.
recommend::Model load_model(const std::string& path);

// "100,000 of 943 users for 1,682 items, 1 to 5"
std::string describe(const Ratings& ratings);

// The shortest text that is the number.
std::string number_text(double value);

// The predictions of models that learnt from ratings on a scale are ratings on that scale.
std::string kind_text(const recommend::Model& model);

// A field of a CSV file, in quotes where it needs them.
std::string csv_field(std::string_view text);

int run_recommend_fit(const RecommendOptions& options);
int run_recommend_predict(const RecommendOptions& options);
int run_recommend_top(const RecommendOptions& options);
int run_recommend_similar(const RecommendOptions& options);
int run_recommend_users_like(const RecommendOptions& options);
int run_recommend_evaluate(const RecommendOptions& options);
int run_recommend_tune(const RecommendOptions& options);
int run_recommend_update(const RecommendOptions& options);

}  // namespace eckart::cli
