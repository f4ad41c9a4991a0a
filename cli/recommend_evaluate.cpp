// eckart recommend evaluate, tune: how good methods and models are on ratings that they have not
// seen.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "exit_code.hpp"
#include "recommend.hpp"
#include "request.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;
using namespace recommend;

// What is tested: one part of the ratings or, fold by fold, every one.
struct Trials {
  const Ratings& ratings;
  std::optional<Split> split;
  std::vector<std::int32_t> fold_of;  // without a split
  std::string text;                   // how the tests were chosen
};

Trials make_trials(const RecommendOptions& o, const Ratings& ratings, const Session& session) {
  const int ways = o.folds.has_value() + o.holdout.has_value() + o.by_time.has_value() +
                   o.leave_one_out + !o.test.empty();
  if (ways > 1) {
    throw UsageError("give at most one of --folds, --holdout, --by-time, --leave-one-out, --test");
  }
  Trials trials{ratings, {}, {}, {}};
  if (o.holdout) {
    trials.split = split_randomly(ratings, *o.holdout, o.seed);
    trials.text = fmt::format("a random {} of the ratings", percent(*o.holdout));
  } else if (o.by_time) {
    trials.split = split_by_time(ratings, *o.by_time);
    trials.text = fmt::format("the latest {} of the ratings", percent(*o.by_time));
  } else if (o.leave_one_out) {
    trials.split = leave_one_out(ratings, o.seed);
    trials.text = fmt::format("the {} of every user",
                              ratings.timed ? "latest rating" : "rating chosen at random");
  } else if (!o.test.empty()) {
    const Ratings test = load_ratings(o, o.test, session).ratings;
    trials.split = {ratings, renumbered(test, ratings.users, ratings.items)};
    trials.text = "the ratings in " + printable(o.test);
  } else {
    const index_t folds = o.folds.value_or(5);
    trials.fold_of = assign_folds(ratings, folds, o.seed);
    trials.text = fmt::format("every rating once, in {} random folds", folds);
  }
  if (trials.split && (trials.split->train.count() == 0 || trials.split->test.count() == 0)) {
    throw UsageError("the split leaves nothing to learn from, or nothing to test");
  }
  return trials;
}

RankingOptions ranking_options(const RecommendOptions& o) {
  return {.count = o.count, .relevant_from = o.relevant};
}

// Means over the trials.
struct Judgement {
  std::optional<Spread> rmse, mae;
  double unknown_users = 0, unknown_items = 0;  // shares of the test ratings
  std::vector<std::pair<const char*, Spread>> lists;
  index_t trials = 0;
};

Judgement judge(const std::vector<RatingErrors>& errors, const std::vector<Ranking>& rankings) {
  Judgement j;
  j.trials = static_cast<index_t>(rankings.size());
  if (!errors.empty()) {
    std::vector<double> rmse, mae;
    for (const RatingErrors& e : errors) {
      rmse.push_back(e.rmse);
      mae.push_back(e.mae);
      const auto n = static_cast<double>(errors.size()) * static_cast<double>(e.ratings);
      j.unknown_users += static_cast<double>(e.unknown_users) / n;
      j.unknown_items += static_cast<double>(e.unknown_items) / n;
    }
    j.rmse = spread_of(rmse);
    j.mae = spread_of(mae);
  }
  const auto add = [&](const char* name, double Ranking::*value) {
    std::vector<double> values;
    for (const Ranking& r : rankings) values.push_back(r.*value);
    j.lists.emplace_back(name, spread_of(values));
  };
  add("precision", &Ranking::precision);
  add("recall", &Ranking::recall);
  add("map", &Ranking::map);
  add("ndcg", &Ranking::ndcg);
  add("hit_rate", &Ranking::hit_rate);
  add("mrr", &Ranking::mrr);
  add("coverage", &Ranking::coverage);
  add("popularity", &Ranking::popularity);
  return j;
}

// Fits to every training part and judges by its test.
Judgement run_trials(const Trials& trials,
                     const Fitter& fitter,
                     const RecommendOptions& o,
                     Context& context) {
  const RankingOptions lists = ranking_options(o);
  if (!trials.split) {
    const auto fit = [&](const Ratings& train, Context& own) { return fitter(train, own, {}); };
    const CrossValidation all =
        cross_validate(trials.ratings, trials.fold_of, fit, &lists, context);
    return judge(all.errors, all.rankings);
  }
  const Model model = fitter(trials.split->train, context, {});
  std::vector<RatingErrors> errors;
  if (model.predicts_ratings()) {
    errors.push_back(rating_errors(model, trials.split->test, context));
  }
  return judge(errors, {ranking(model, trials.split->test, lists, context)});
}

ordered_json to_json(const Judgement& j) {
  const auto spread = [](const Spread& s) {
    return ordered_json{{"mean", s.mean}, {"deviation", s.deviation}};
  };
  ordered_json object;
  if (j.rmse) {
    object["rmse"] = spread(*j.rmse);
    object["mae"] = spread(*j.mae);
    object["unknown_users"] = j.unknown_users;
    object["unknown_items"] = j.unknown_items;
  }
  for (const auto& [name, value] : j.lists) object[name] = spread(value);
  return object;
}

std::string to_text(const Judgement& j, index_t count) {
  const auto line = [&](const std::string& name, const Spread& s) {
    std::string text = fmt::format("  {:<16}{:>10.4f}", name, s.mean);
    if (j.trials > 1) text += fmt::format("   ± {:.4f}", s.deviation);
    return text + "\n";
  };
  std::string text;
  if (j.rmse) {
    text += line("RMSE", *j.rmse) + line("MAE", *j.mae);
    if (j.unknown_users + j.unknown_items > 0) {
      text += fmt::format("  of the test ratings {} are by unknown users, {} for unknown items\n",
                          percent(j.unknown_users), percent(j.unknown_items));
    }
    text += "\n";
  }
  static const std::map<std::string, std::string> titles = {
      {"precision", "precision"}, {"recall", "recall"},        {"map", "MAP"},
      {"ndcg", "nDCG"},           {"hit_rate", "hit rate"},    {"mrr", "MRR"},
      {"coverage", "coverage"},   {"popularity", "popularity"}};
  for (const auto& [name, value] : j.lists) {
    text += line(titles.at(name) + fmt::format("@{}", count), value);
  }
  return text;
}

// One of the settings to try.
struct Try {
  std::string name;
  std::vector<double> values;
};

Try parse_try(const std::string& text) {
  const std::size_t equals = text.find('=');
  Try parsed{text.substr(0, equals), {}};
  for (std::size_t begin = equals == std::string::npos ? text.size() + 1 : equals + 1;
       begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    double value = 0;
    const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, value);
    if (error != std::errc() || stop != text.data() + end || !std::isfinite(value)) {
      parsed.values.clear();
      break;
    }
    parsed.values.push_back(value);
    begin = end + 1;
  }
  if (parsed.values.empty()) {
    throw UsageError("--try: '" + text + "' will not do; expected NAME=V1,V2,... with numbers");
  }
  return parsed;
}

// Every combination of the values, the last --try changing fastest; with --random some of them.
std::vector<Recipe> recipes_of(const RecommendOptions& o) {
  if (o.tries.empty()) throw UsageError("--try is missing: which settings?");
  std::vector<Recipe> recipes{{o.method, o.settings, o.seed}};
  for (const std::string& text : o.tries) {
    const Try next = parse_try(text);
    std::vector<Recipe> longer;
    for (const Recipe& recipe : recipes) {
      for (const double value : next.values) {
        longer.push_back(recipe);
        longer.back().settings[next.name] = value;
      }
    }
    if (longer.size() > 10000) throw UsageError("--try: more than 10,000 combinations");
    recipes = std::move(longer);
  }
  for (const Recipe& recipe : recipes) static_cast<void>(fitter_of(recipe));
  const auto count = static_cast<index_t>(recipes.size());
  if (!o.random_tries || *o.random_tries >= count) return recipes;
  // A random choice is what one fold of a random assignment holds.
  Ratings places{{}, {}, std::vector<Rating>(recipes.size()), false};
  for (index_t i = 0; i < count; ++i) {
    places.entries[static_cast<std::size_t>(i)].item = static_cast<std::int32_t>(i);
  }
  const double share = static_cast<double>(*o.random_tries) / static_cast<double>(count);
  std::vector<Recipe> chosen;
  for (const Rating& r : split_randomly(places, share, o.seed).test.entries) {
    chosen.push_back(recipes[static_cast<std::size_t>(r.item)]);
  }
  return chosen;
}

std::string settings_text(const std::map<std::string, double>& settings) {
  std::string text;
  for (const auto& [name, value] : settings) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, number_text(value));
  }
  return text;
}

int judge_model(const RecommendOptions& options) {
  Session session(options.run);
  const Model model = load_model(options.model);
  const Ratings test = renumbered(load_ratings(options, options.run.input, session).ratings,
                                  model.users, model.items);
  const InterruptGuard guard(session.context);
  std::vector<RatingErrors> errors;
  if (model.predicts_ratings()) errors.push_back(rating_errors(model, test, session.context));
  const Judgement judgement =
      judge(errors, {ranking(model, test, ranking_options(options), session.context)});
  if (session.json) {
    write_json({{"schema", 1},
                {"command", "recommend evaluate"},
                {"model", options.model},
                {"test", options.run.input},
                {"count", options.count},
                {"results", to_json(judgement)}});
  } else {
    write_stdout(
        session.terminal.text(fmt::format("test     {}\nmodel    {}\n\n{}", describe(test),
                                          kind_text(model), to_text(judgement, options.count))));
  }
  return exit_met;
}

}  // namespace

int run_recommend_evaluate(const RecommendOptions& options) {
  if (!options.model.empty()) return judge_model(options);
  const Fitter fitter = fitter_of({options.method, options.settings, options.seed});
  Session session(options.run);
  const Ratings ratings = load_ratings(options, options.run.input, session).ratings;
  const Trials trials = make_trials(options, ratings, session);
  const InterruptGuard guard(session.context);
  const Judgement judgement = run_trials(trials, fitter, options, session.context);
  session.progress.clear();
  if (session.json) {
    write_json({{"schema", 1},
                {"command", "recommend evaluate"},
                {"source", options.run.input},
                {"method", options.method},
                {"settings", options.settings},
                {"seed", options.seed},
                {"tested", trials.text},
                {"trials", judgement.trials},
                {"count", options.count},
                {"results", to_json(judgement)}});
  } else {
    write_stdout(session.terminal.text(
        fmt::format("ratings  {}\ntested   {}\nmethod   {}{}{}\n\n{}", describe(ratings),
                    trials.text, options.method, options.settings.empty() ? "" : ": ",
                    settings_text(options.settings), to_text(judgement, options.count))));
  }
  return exit_met;
}

int run_recommend_tune(const RecommendOptions& options) {
  const std::vector<Recipe> recipes = recipes_of(options);
  Session session(options.run);
  const Ratings ratings = load_ratings(options, options.run.input, session).ratings;
  const Trials trials = make_trials(options, ratings, session);
  const InterruptGuard guard(session.context);
  struct Outcome {
    const Recipe* recipe;
    Judgement judgement;
    double score;  // less is better
  };
  std::vector<Outcome> outcomes;
  for (const Recipe& recipe : recipes) {
    const Judgement j = run_trials(trials, fitter_of(recipe), options, session.context);
    outcomes.push_back({&recipe, j, j.rmse ? j.rmse->mean : -j.lists[3].second.mean});
  }
  std::stable_sort(outcomes.begin(), outcomes.end(),
                   [](const Outcome& a, const Outcome& b) { return a.score < b.score; });
  const bool errors = outcomes[0].judgement.rmse.has_value();
  session.progress.clear();
  if (session.json) {
    ordered_json rows = ordered_json::array();
    for (const Outcome& o : outcomes) {
      rows.push_back({{"settings", o.recipe->settings}, {"results", to_json(o.judgement)}});
    }
    write_json({{"schema", 1},
                {"command", "recommend tune"},
                {"source", options.run.input},
                {"method", options.method},
                {"seed", options.seed},
                {"tested", trials.text},
                {"by", errors ? "rmse" : "ndcg"},
                {"outcomes", rows}});
    return exit_met;
  }
  std::string text = fmt::format("ratings  {}\ntested   {}\nmethod   {}\n\n  {:>8}  settings\n",
                                 describe(ratings), trials.text, options.method,
                                 errors ? "RMSE" : fmt::format("nDCG@{}", options.count));
  for (const Outcome& o : outcomes) {
    text += fmt::format("  {:>8.4f}  {}\n", std::abs(o.score), settings_text(o.recipe->settings));
  }
  write_stdout(session.terminal.text(text));
  return exit_met;
}

}  // namespace eckart::cli
