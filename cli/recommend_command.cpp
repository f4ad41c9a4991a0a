// eckart recommend fit, update: models from ratings. And what all its subcommands share.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "eckart/io/recommender_file.hpp"
#include "exit_code.hpp"
#include "recommend.hpp"
#include "request.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;
using recommend::Model;

void require_readable(const std::string& path) {
  if (path == "-" && isatty(STDIN_FILENO)) {
    throw UsageError(
        "'-' reads the ratings from standard input, which is a keyboard here; "
        "name a file, or pipe one in");
  }
  refuse_device(path);
}

io::RatingsOptions reader_options(const RecommendOptions& o) {
  using R = io::RatingsOptions;
  R options{.user = o.user_column,
            .item = o.item_column,
            .rating = o.rating_column,
            .time = o.time_column,
            .missing = o.missing == "skip" ? R::Missing::skip : R::Missing::error,
            .duplicates = R::Duplicates::last,
            .max_bytes = o.run.max_memory_bytes};
  if (o.duplicates == "first") options.duplicates = R::Duplicates::first;
  if (o.duplicates == "mean") options.duplicates = R::Duplicates::mean;
  if (o.duplicates == "error") options.duplicates = R::Duplicates::error;
  if (o.duplicates == "all") options.duplicates = R::Duplicates::all;
  return options;
}

void apply_scale(const RecommendOptions& o, Model& model) {
  if (!o.scale_low) return;
  model.scale = {*o.scale_low, *o.scale_high};
  model.scale.validate();
}

// What early stopping found.
struct Stopping {
  index_t epoch = 0;
  double rmse = 0;
};

// Returns the epoch with the least error on ratings that were held out. The search ends when four
// epochs in a row are no better.
Stopping find_epochs(const RecommendOptions& o,
                     const Recipe& recipe,
                     const Ratings& ratings,
                     Context& context) {
  if (!can_be_watched(o.method)) {
    throw UsageError("--early-stopping: " + o.method + " does not learn epoch by epoch");
  }
  const recommend::Split split = recommend::split_randomly(ratings, *o.early_stopping, o.seed);
  if (split.train.count() == 0 || split.test.count() == 0) {
    throw UsageError("--early-stopping: there are too few ratings to hold some out");
  }
  Stopping best{0, std::numeric_limits<double>::infinity()};
  fitter_of(recipe)(split.train, context, [&](const recommend::Epoch& epoch) {
    const double rmse = rating_errors(epoch.model(), split.test, context).rmse;
    if (rmse < best.rmse) best = {epoch.number, rmse};
    return epoch.number - best.epoch < 4;
  });
  return best;
}

ordered_json json_of(const Model& model) {
  ordered_json options = ordered_json::object();
  for (const auto& [name, value] : model.options) options[name] = value;
  return {{"kind", to_string(model.kind)},
          {"rank", model.rank},
          {"users", model.users.size()},
          {"items", model.items.size()},
          {"ratings", model.rated.items.size()},
          {"mean", model.mean},
          {"scale", {model.scale.low, model.scale.high}},
          {"options", options}};
}

std::string file_text(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return printable(path) + (error ? "" : " (" + format_bytes(bytes) + ")");
}

}  // namespace

std::string number_text(double value) { return fmt::format("{}", value); }

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && !text.starts_with(' ') &&
      !text.ends_with(' ') && !text.starts_with('#') && !text.starts_with('%')) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

LoadedRatings load_ratings(const RecommendOptions& options,
                           const std::string& path,
                           const Session& session) {
  require_readable(path);
  LoadedRatings loaded;
  loaded.ratings = io::read_ratings(path, reader_options(options), &loaded.report);
  const io::RatingsReport& report = loaded.report;
  if (session.quiet) return loaded;
  const std::string name = path == "-" ? "standard input" : path;
  if (report.duplicates > 0) {
    warn(
        fmt::format("{}: {} of a pair that was rated before, the first on line {}; "
                    "--duplicates {} decides which counts",
                    name, counted(report.duplicates, "rating"), report.first_duplicate_line,
                    options.duplicates));
  }
  if (report.missing > 0) {
    warn(fmt::format("{}: {} skipped because the rating is missing, the first on line {}", name,
                     counted(report.missing, "line"), report.first_missing_line));
  }
  return loaded;
}

Model load_model(const std::string& path) {
  require_readable(path);
  return io::read_recommender(path);
}

std::string describe(const Ratings& ratings) {
  const RatingScale scale = ratings.scale();
  return fmt::format("{} of {} for {}, {} to {}", grouped(ratings.count()),
                     counted(ratings.users.size(), "user"), counted(ratings.items.size(), "item"),
                     number_text(scale.low), number_text(scale.high));
}

std::string kind_text(const Model& model) {
  std::string text = to_string(model.kind);
  if (model.rank > 0) text += fmt::format(", rank {}", model.rank);
  for (const char* name : {"epochs", "regularization"}) {
    const auto found = model.options.find(name);
    if (found != model.options.end()) {
      text += fmt::format(", {} {}", name, number_text(found->second));
    }
  }
  return text;
}

int run_recommend_fit(const RecommendOptions& options) {
  Recipe recipe{options.method, options.settings, options.seed};
  static_cast<void>(fitter_of(recipe));  // a wrong setting should cost no reading
  check_target(options.file, options.force, false);
  check_not_input(options.file, {options.run.input});
  Session session(options.run);
  const LoadedRatings loaded = load_ratings(options, options.run.input, session);
  const InterruptGuard guard(session.context);
  const auto start = std::chrono::steady_clock::now();
  std::optional<Stopping> stopping;
  if (options.early_stopping) {
    stopping = find_epochs(options, recipe, loaded.ratings, session.context);
    recipe.settings["epochs"] = static_cast<double>(stopping->epoch);
  }
  double train_rmse = -1;
  Model model = fitter_of(recipe)(loaded.ratings, session.context, [&](const recommend::Epoch& e) {
    train_rmse = e.train_rmse;
    return true;
  });
  apply_scale(options, model);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  check_free(options.file, options.force);
  io::write_recommender(options.file, model);
  session.progress.clear();
  if (session.json) {
    ordered_json object{{"schema", 1},
                        {"command", "recommend fit"},
                        {"source", options.run.input},
                        {"format", loaded.report.format},
                        {"duplicates", loaded.report.duplicates},
                        {"missing", loaded.report.missing},
                        {"model", json_of(model)},
                        {"seconds", seconds},
                        {"file", options.file}};
    if (train_rmse >= 0) object["train_rmse"] = train_rmse;
    if (stopping) object["validation"] = {{"epochs", stopping->epoch}, {"rmse", stopping->rmse}};
    write_json(object);
    return exit_met;
  }
  std::string text = fmt::format("ratings  {} ({})\nmodel    {}\n", describe(loaded.ratings),
                                 loaded.report.format, kind_text(model));
  if (stopping) {
    text += fmt::format("epochs   {}, where the RMSE of {} held out was least: {:.4f}\n",
                        stopping->epoch, percent(*options.early_stopping), stopping->rmse);
  }
  if (train_rmse >= 0) {
    text +=
        fmt::format("fitted   in {:.2f} s; RMSE over the last epoch {:.4f}\n", seconds, train_rmse);
  } else {
    text += fmt::format("fitted   in {:.2f} s\n", seconds);
  }
  write_stdout(session.terminal.text(text + "file     " + file_text(options.file) + "\n"));
  return exit_met;
}

int run_recommend_update(const RecommendOptions& options) {
  check_target(options.file, options.force, false);
  check_not_input(options.file, {options.second});
  Session session(options.run);
  const Model model = load_model(options.run.input);
  const LoadedRatings loaded = load_ratings(options, options.second, session);
  const InterruptGuard guard(session.context);
  const Model next = updated(model, loaded.ratings, session.context);
  check_free(options.file, options.force);
  io::write_recommender(options.file, next);
  session.progress.clear();
  const index_t users = next.users.size() - model.users.size();
  const index_t items = next.items.size() - model.items.size();
  if (session.json) {
    write_json({{"schema", 1},
                {"command", "recommend update"},
                {"source", options.second},
                {"ratings", loaded.ratings.count()},
                {"new_users", users},
                {"new_items", items},
                {"model", json_of(next)},
                {"file", options.file}});
    return exit_met;
  }
  write_stdout(session.terminal.text(
      fmt::format("ratings  {} more, {} and {} new\nmodel    {}; {} of {} for {}\nfile     {}\n",
                  grouped(loaded.ratings.count()), counted(users, "user"), counted(items, "item"),
                  kind_text(next), counted(next.rated.items.size(), "rating"),
                  counted(next.users.size(), "user"), counted(next.items.size(), "item"),
                  file_text(options.file))));
  return exit_met;
}

int run_recommend(const std::string& verb, const RecommendOptions& options) {
  if (verb == "fit") return run_recommend_fit(options);
  if (verb == "predict") return run_recommend_predict(options);
  if (verb == "top") return run_recommend_top(options);
  if (verb == "similar") return run_recommend_similar(options);
  if (verb == "users-like") return run_recommend_users_like(options);
  if (verb == "evaluate") return run_recommend_evaluate(options);
  if (verb == "tune") return run_recommend_tune(options);
  return run_recommend_update(options);
}

}  // namespace eckart::cli
