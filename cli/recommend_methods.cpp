// The methods of eckart recommend and their settings, by name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "exit_code.hpp"
#include "recommend.hpp"

namespace eckart::cli {
namespace {

using namespace recommend;

template <class O>
using Setters = std::map<std::string, std::function<void(O&, double)>>;

index_t whole(double value) { return static_cast<index_t>(value); }

// Returns the options with the settings of the recipe.
template <class O>
O configured(const Recipe& recipe, O options, const Setters<O>& setters) {
  for (const auto& [name, value] : recipe.settings) {
    const auto setter = setters.find(name);
    if (setter == setters.end()) {
      std::vector<std::string> known;
      for (const auto& [key, unused] : setters) known.push_back("--" + key);
      throw UsageError(fmt::format("--{}: {} has no such setting; it has {}", name, recipe.method,
                                   fmt::join(known, ", ")));
    }
    setter->second(options, value);
  }
  if constexpr (requires { options.seed; }) options.seed = recipe.seed;
  return options;
}

Values values_of(double value) { return value != 0 ? Values::ratings : Values::ones; }

BaselineOptions baseline_options(const Recipe& recipe) {
  using O = BaselineOptions;
  return configured<O>(
      recipe, {},
      {{"epochs", [](O& o, double v) { o.epochs = whole(v); }},
       {"user-regularization", [](O& o, double v) { o.user_regularization = v; }},
       {"item-regularization", [](O& o, double v) { o.item_regularization = v; }}});
}

recommend::SvdOptions svd_options(const Recipe& recipe) {
  using O = recommend::SvdOptions;
  return configured<O>(recipe, {},
                       {{"rank", [](O& o, double v) { o.rank = whole(v); }},
                        {"epochs", [](O& o, double v) { o.epochs = whole(v); }},
                        {"rate", [](O& o, double v) { o.rate = v; }},
                        {"bias-rate", [](O& o, double v) { o.bias_rate = v; }},
                        {"rate-decay", [](O& o, double v) { o.rate_decay = v; }},
                        {"regularization", [](O& o, double v) { o.regularization = v; }},
                        {"bias-regularization", [](O& o, double v) { o.bias_regularization = v; }},
                        {"deviation", [](O& o, double v) { o.deviation = v; }},
                        {"grid", [](O& o, double v) { o.grid = whole(v); }}});
}

PlainSvdOptions plain_options(const Recipe& recipe, const PlainSvdOptions& base) {
  using O = PlainSvdOptions;
  Setters<O> setters{{"rank", [](O& o, double v) { o.rank = whole(v); }},
                     {"epochs", [](O& o, double v) { o.epochs = whole(v); }},
                     {"rate", [](O& o, double v) { o.rate = v; }},
                     {"bias-rate", [](O& o, double v) { o.bias_rate = v; }},
                     {"rate-decay", [](O& o, double v) { o.rate_decay = v; }},
                     {"regularization", [](O& o, double v) { o.regularization = v; }},
                     {"bias-regularization", [](O& o, double v) { o.bias_regularization = v; }},
                     {"deviation", [](O& o, double v) { o.deviation = v; }}};
  if (base.implicit) {
    setters["implicit-rate"] = [](O& o, double v) { o.implicit_rate = v; };
    setters["implicit-regularization"] = [](O& o, double v) { o.implicit_regularization = v; };
  }
  return configured(recipe, base, setters);
}

AlsOptions als_options(const Recipe& recipe) {
  using O = AlsOptions;
  return configured<O>(recipe, {},
                       {{"rank", [](O& o, double v) { o.rank = whole(v); }},
                        {"epochs", [](O& o, double v) { o.epochs = whole(v); }},
                        {"regularization", [](O& o, double v) { o.regularization = v; }},
                        {"deviation", [](O& o, double v) { o.deviation = v; }}});
}

ImplicitAlsOptions implicit_als_options(const Recipe& recipe) {
  using O = ImplicitAlsOptions;
  return configured<O>(recipe, {},
                       {{"rank", [](O& o, double v) { o.rank = whole(v); }},
                        {"epochs", [](O& o, double v) { o.epochs = whole(v); }},
                        {"unobserved-weight", [](O& o, double v) { o.unobserved_weight = v; }},
                        {"regularization", [](O& o, double v) { o.regularization = v; }},
                        {"exponent", [](O& o, double v) { o.exponent = v; }},
                        {"deviation", [](O& o, double v) { o.deviation = v; }},
                        {"values", [](O& o, double v) { o.values = values_of(v); }}});
}

PureSvdOptions pure_svd_options(const Recipe& recipe) {
  using O = PureSvdOptions;
  return configured<O>(recipe, {},
                       {{"rank", [](O& o, double v) { o.rank = whole(v); }},
                        {"scaling", [](O& o, double v) { o.scaling = v; }},
                        {"values", [](O& o, double v) { o.values = values_of(v); }}});
}

EaseOptions ease_options(const Recipe& recipe) {
  using O = EaseOptions;
  return configured<O>(recipe, {},
                       {{"regularization", [](O& o, double v) { o.regularization = v; }},
                        {"values", [](O& o, double v) { o.values = values_of(v); }}});
}

Fitter plain_fitter(const PlainSvdOptions& o) {
  return [o](const Ratings& r, Context& c, const Watch& w) { return fit_plain_svd(r, o, c, w); };
}

}  // namespace

const char* const recommend_methods =
    "svd|svd++|als|implicit-als|pure-svd|ease|baseline|surprise-svd|surprise-svd++";

bool can_be_watched(const std::string& method) {
  return method.find("svd") != std::string::npos && method != "pure-svd";
}

Fitter fitter_of(const Recipe& recipe) {
  const std::string& method = recipe.method;
  if (method == "svd") {
    const auto o = svd_options(recipe);
    return [o](const Ratings& r, Context& c, const Watch& w) { return fit_svd(r, o, c, w); };
  }
  if (method == "svd++") return plain_fitter(plain_options(recipe, PlainSvdOptions::tuned_svdpp()));
  if (method == "surprise-svd") {
    return plain_fitter(plain_options(recipe, PlainSvdOptions::surprise(false)));
  }
  if (method == "surprise-svd++") {
    return plain_fitter(plain_options(recipe, PlainSvdOptions::surprise(true)));
  }
  if (method == "als") {
    const auto o = als_options(recipe);
    return [o](const Ratings& r, Context& c, const Watch&) { return fit_als(r, o, c); };
  }
  if (method == "implicit-als") {
    const auto o = implicit_als_options(recipe);
    return [o](const Ratings& r, Context& c, const Watch&) { return fit_implicit_als(r, o, c); };
  }
  if (method == "pure-svd") {
    const auto o = pure_svd_options(recipe);
    return [o](const Ratings& r, Context& c, const Watch&) { return fit_pure_svd(r, o, c); };
  }
  if (method == "ease") {
    const auto o = ease_options(recipe);
    return [o](const Ratings& r, Context& c, const Watch&) { return fit_ease(r, o, c); };
  }
  const auto o = baseline_options(recipe);
  return [o](const Ratings& r, Context& c, const Watch&) { return fit_baseline(r, o, c); };
}

}  // namespace eckart::cli
