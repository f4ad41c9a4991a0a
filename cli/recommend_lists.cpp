// eckart recommend predict, top, similar, users-like: answers of a fitted model.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "eckart/io/result_folder.hpp"
#include "exit_code.hpp"
#include "recommend.hpp"
#include "request.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;
using recommend::Model;
using recommend::Scored;

index_t number_of(const Names& names, const std::string& name, const char* what) {
  const auto found = names.find(name);
  if (found) return *found;
  throw UsageError(
      fmt::format("--{}: \"{}\" is no {} of the model, which knows {}; names are compared "
                  "as they stand, leading zeros included",
                  what, name, what, counted(names.size(), what)));
}

// Titles by number, empty without --titles.
std::vector<std::string> titles_of(const RecommendOptions& o, const Names& items) {
  if (o.titles.empty()) return {};
  refuse_device(o.titles);
  return io::read_titles(o.titles, items);
}

// An item in a table: its title, or its name.
std::string shown(const Names& names, const std::vector<std::string>& titles, index_t i) {
  const auto n = static_cast<std::size_t>(i);
  if (n < titles.size() && !titles[n].empty()) return printable(titles[n]);
  return printable(names[i]);
}

ordered_json json_item(const Names& names,
                       const std::vector<std::string>& titles,
                       const Scored& s) {
  ordered_json object{{"item", names[s.number]}};
  const auto n = static_cast<std::size_t>(s.number);
  if (n < titles.size() && !titles[n].empty()) object["title"] = titles[n];
  object["score"] = s.score;
  return object;
}

void require_csv_target(const RecommendOptions& o, const std::vector<std::string>& inputs) {
  if (o.file.empty()) return;
  check_target(o.file, o.force, false);
  check_not_input(o.file, inputs);
}

// The new user of --rated "ITEM=R,ITEM=R".
recommend::NewRow parse_rated(const Model& model, const std::string& text) {
  recommend::NewRow row;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t equals = part.rfind('=');
    double value = 0;
    const char* last = part.data() + part.size();
    if (equals == std::string::npos ||
        std::from_chars(part.data() + equals + 1, last, value).ptr != last ||
        equals + 1 == part.size() || !std::isfinite(value)) {
      throw UsageError("--rated: '" + part + "' will not do; expected ITEM=RATING");
    }
    row.numbers.push_back(
        static_cast<std::int32_t>(number_of(model.items, part.substr(0, equals), "item")));
    row.values.push_back(static_cast<float>(value));
  }
  return row;
}

int write_all_lists(const Model& model, const RecommendOptions& o, Session& session) {
  std::vector<std::int32_t> users;
  for (index_t u = 0; u < model.users.size(); ++u) users.push_back(static_cast<std::int32_t>(u));
  const auto lists =
      top(model, users,
          {.count = o.count, .exclude_rated = !o.include_rated, .min_ratings = o.min_ratings},
          session.context);
  std::string text = "user,rank,item,score\n";
  for (std::size_t u = 0; u < lists.size(); ++u) {
    const std::string user = csv_field(model.users[static_cast<index_t>(u)]);
    for (std::size_t j = 0; j < lists[u].size(); ++j) {
      text += fmt::format("{},{},{},{}\n", user, j + 1, csv_field(model.items[lists[u][j].number]),
                          lists[u][j].score);
    }
  }
  check_free(o.file, o.force);
  io::write_text(o.file, text);
  session.progress.clear();
  if (session.json) {
    write_json({{"schema", 1},
                {"command", "recommend top"},
                {"users", lists.size()},
                {"count", o.count},
                {"file", o.file}});
  } else {
    write_stdout(fmt::format("lists    {} of {}\nfile     {}\n",
                             counted(static_cast<index_t>(lists.size()), "user"), o.count,
                             printable(o.file)));
  }
  return exit_met;
}

std::string table_of(const Names& names,
                     const std::vector<std::string>& titles,
                     const std::vector<Scored>& list,
                     const std::string& heading) {
  std::string text = fmt::format("  {:>4}  {:>8}  name\n", "rank", heading);
  for (std::size_t j = 0; j < list.size(); ++j) {
    text += fmt::format("  {:>4}  {:>8.4f}  {}\n", j + 1, list[j].score,
                        shown(names, titles, list[j].number));
  }
  return text;
}

}  // namespace

int run_recommend_predict(const RecommendOptions& options) {
  const bool pair = !options.user.empty() || !options.item.empty();
  if (pair == !options.second.empty() || (pair && (options.user.empty() || options.item.empty()))) {
    throw UsageError("give PAIRS, or --user and --item");
  }
  require_csv_target(options, {options.run.input, options.second});
  Session session(options.run);
  const Model model = load_model(options.run.input);
  Ratings pairs;
  if (pair) {
    pairs = {Names({options.user}), Names({options.item}), {{}}, false};
  } else {
    RecommendOptions reading = options;
    reading.duplicates = "all";
    reading.run.output.quiet = true;
    pairs = load_ratings(reading, options.second, Session(reading.run)).ratings;
  }
  const Ratings known = renumbered(pairs, model.users, model.items);
  const std::vector<double> predictions = predict(model, known.entries, session.context);
  const char* what = model.predicts_ratings() ? "prediction" : "score";
  if (session.json) {
    ordered_json rows = ordered_json::array();
    for (std::size_t p = 0; p < predictions.size(); ++p) {
      rows.push_back({{"user", pairs.users[pairs.entries[p].user]},
                      {"item", pairs.items[pairs.entries[p].item]},
                      {what, predictions[p]},
                      {"known_user", known.entries[p].user >= 0},
                      {"known_item", known.entries[p].item >= 0}});
    }
    write_json({{"schema", 1}, {"command", "recommend predict"}, {"predictions", rows}});
    if (options.file.empty()) return exit_met;
  }
  std::string text = fmt::format("user,item,{},known\n", what);
  for (std::size_t p = 0; p < predictions.size(); ++p) {
    const bool user = known.entries[p].user >= 0, item = known.entries[p].item >= 0;
    text += fmt::format("{},{},{:.6g},{}\n", csv_field(pairs.users[pairs.entries[p].user]),
                        csv_field(pairs.items[pairs.entries[p].item]), predictions[p],
                        user && item ? "both"
                        : user       ? "user"
                        : item       ? "item"
                                     : "neither");
  }
  if (options.file.empty()) {
    write_stdout(text);
    return exit_met;
  }
  check_free(options.file, options.force);
  io::write_text(options.file, text);
  if (!session.json) {
    write_stdout(fmt::format("pairs    {}\nfile     {}\n",
                             grouped(static_cast<index_t>(predictions.size())),
                             printable(options.file)));
  }
  return exit_met;
}

int run_recommend_top(const RecommendOptions& options) {
  const int ways = !options.user.empty() + !options.rated.empty() + options.all_users;
  if (ways != 1) throw UsageError("give one of --user, --rated and --all");
  if (options.all_users == options.file.empty()) {
    throw UsageError("--all and --output belong together: lists of all users go into a file");
  }
  require_csv_target(options, {options.run.input, options.titles});
  Session session(options.run);
  Model model = load_model(options.run.input);
  const std::vector<std::string> titles = titles_of(options, model.items);
  if (options.all_users) return write_all_lists(model, options, session);
  index_t user = model.users.size();
  if (options.rated.empty()) {
    user = number_of(model.users, options.user, "user");
  } else {
    std::string name = "someone new";
    while (model.users.find(name)) name += "'";
    model = with_user(model, name, parse_rated(model, options.rated));
  }
  const auto wanted = static_cast<std::int32_t>(user);
  const std::vector<Scored> list = top(model, {&wanted, 1},
                                       {.count = options.count,
                                        .exclude_rated = !options.include_rated,
                                        .min_ratings = options.min_ratings},
                                       session.context)[0];
  const auto rated = model.rated.items_of(user);
  constexpr index_t most_reasons = 2;
  std::vector<std::vector<Scored>> why;
  for (const Scored& s : list) why.push_back(reasons(model, rated, s.number, most_reasons));
  if (session.json) {
    ordered_json rows = ordered_json::array();
    for (std::size_t j = 0; j < list.size(); ++j) {
      ordered_json row = json_item(model.items, titles, list[j]);
      if (model.predicts_ratings()) row["rating"] = predict(model, user, list[j].number);
      row["because"] = ordered_json::array();
      for (const Scored& s : why[j]) row["because"].push_back(json_item(model.items, titles, s));
      rows.push_back(row);
    }
    write_json({{"schema", 1},
                {"command", "recommend top"},
                {"user", model.users[user]},
                {"rated", rated.size()},
                {"items", rows}});
    return exit_met;
  }
  std::string text =
      fmt::format("for      {}, who rated {}\nmodel    {}\n\n", printable(model.users[user]),
                  counted(static_cast<index_t>(rated.size()), "item"), kind_text(model));
  if (list.empty()) text += "  nothing is left to recommend\n";
  for (std::size_t j = 0; j < list.size(); ++j) {
    const double score =
        model.predicts_ratings() ? predict(model, user, list[j].number) : list[j].score;
    text += fmt::format("  {:>3}  {:>7.3f}  {}\n", j + 1, score,
                        shown(model.items, titles, list[j].number));
    std::string because;
    for (const Scored& s : why[j]) {
      if (s.score <= 0) continue;
      because += fmt::format("{}{} ({:.2f})", because.empty() ? "" : ", ",
                             shown(model.items, titles, s.number), s.score);
    }
    if (!because.empty()) text += session.terminal.dim("                near " + because) + "\n";
  }
  write_stdout(session.terminal.text(text));
  return exit_met;
}

int run_recommend_similar(const RecommendOptions& options) {
  if (options.item.empty()) throw UsageError("--item is missing: which item?");
  Session session(options.run);
  const Model model = load_model(options.run.input);
  const std::vector<std::string> titles = titles_of(options, model.items);
  const index_t item = number_of(model.items, options.item, "item");
  const auto list = similar_items(model, item, options.count);
  if (session.json) {
    ordered_json rows = ordered_json::array();
    for (const Scored& s : list) rows.push_back(json_item(model.items, titles, s));
    write_json({{"schema", 1},
                {"command", "recommend similar"},
                {"item", options.item},
                {"measure", model.kind == recommend::Kind::ease ? "weight" : "cosine"},
                {"items", rows}});
    return exit_met;
  }
  const char* heading = model.kind == recommend::Kind::ease ? "weight" : "cosine";
  write_stdout(
      session.terminal.text(fmt::format("like     {}\n\n", shown(model.items, titles, item)) +
                            table_of(model.items, titles, list, heading)));
  return exit_met;
}

int run_recommend_users_like(const RecommendOptions& options) {
  if (options.user.empty()) throw UsageError("--user is missing: which user?");
  Session session(options.run);
  const Model model = load_model(options.run.input);
  const index_t user = number_of(model.users, options.user, "user");
  const auto list = similar_users(model, user, options.count);
  if (session.json) {
    ordered_json rows = ordered_json::array();
    for (const Scored& s : list) {
      rows.push_back({{"user", model.users[s.number]}, {"score", s.score}});
    }
    write_json({{"schema", 1},
                {"command", "recommend users-like"},
                {"user", options.user},
                {"users", rows}});
    return exit_met;
  }
  write_stdout(session.terminal.text(fmt::format("like     {}\n\n", printable(options.user)) +
                                     table_of(model.users, {}, list, "cosine")));
  return exit_met;
}

}  // namespace eckart::cli
