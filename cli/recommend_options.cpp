// The table of eckart recommend and its subcommands.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

#include "command_line.hpp"
#include "exit_code.hpp"
#include "option_group.hpp"
#include "parse_value.hpp"
#include "recommend.hpp"

namespace eckart::cli {
namespace {

double parse_number(const std::string& option, const std::string& text) {
  double value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error == std::errc() && end == last && std::isfinite(value)) return value;
  throw UsageError(option + ": '" + text + "' is no number");
}

void add_columns(CLI::App& command, RecommendOptions& o) {
  Group input{command, "Input"};
  input.text("--user-column", "NAME", "its name in the header, or its number from 1",
             o.user_column);
  input.text("--item-column", "NAME", "likewise", o.item_column);
  input.text("--rating-column", "NAME", "likewise; without one every rating is 1", o.rating_column);
  input.text("--time-column", "NAME", "likewise", o.time_column);
  input.choice("--duplicates", "last|first|mean|all|error",
               "which rating of a pair counts (with times: last is latest)", o.duplicates);
  input.choice("--missing", "error|skip", "what an empty or NA rating is", o.missing);
}

void add_running(CLI::App& command, RecommendOptions& o) {
  add_threads(command, o.run.threads);
  Group running{command, "Running"};
  running.value("--max-memory", "BYTES", "hard cap such as 500M: refuse, never more",
                [&o](const std::string& text) {
                  o.run.max_memory_bytes = parse_bytes("--max-memory", text);
                });
  running.value(
      "--max-time", "TIME", "such as 90s or 5m: then stop, exit code 4",
      [&o](const std::string& text) { o.run.max_seconds = parse_seconds("--max-time", text); });
  add_output(command, o.run.output);
}

// The method and its settings.
void add_recipe(CLI::App& command, RecommendOptions& o) {
  Group method{command, "Method"};
  method.choice("--method", recommend_methods, "how to learn", o.method);
  const auto setting = [&](const std::string& name, const char* type, const std::string& help,
                           bool is_whole) {
    const std::string option = name == "rank" ? "-k,--rank" : "--" + name;
    method.value(option, type, help, [&o, name, is_whole](const std::string& text) {
      o.settings[name] = is_whole ? static_cast<double>(parse_count("--" + name, text, 0))
                                  : parse_number("--" + name, text);
    });
  };
  setting("rank", "N", "factors", true);
  setting("epochs", "N", "times that every rating is visited", true);
  setting("rate", "R", "length of the steps", false);
  setting("rate-decay", "R", "from epoch to epoch", false);
  setting("regularization", "L", "what holds the factors (of ease: the weights) back", false);
  setting("bias-rate", "R", "length of the steps of the biases", false);
  setting("bias-regularization", "L", "what holds the biases back", false);
  setting("implicit-rate", "R", "of svd++: of what being rated tells", false);
  setting("implicit-regularization", "L", "likewise", false);
  setting("deviation", "S", "of the random factors at the start", false);
  setting("grid", "N", "of svd: parts of users and items", true);
  setting("unobserved-weight", "W", "of implicit-als: of pairs that were not rated", false);
  setting("exponent", "E", "of implicit-als: regularization grows with ratings to it", false);
  setting("scaling", "E", "of pure-svd: below 1 popular items count for less", false);
  setting("user-regularization", "L", "of baseline", false);
  setting("item-regularization", "L", "of baseline", false);
  method.value(
      "--values", "ones|ratings", "of implicit-als, pure-svd, ease: what a rating counts",
      [&o](const std::string& text) {
        if (text != "ones" && text != "ratings") {
          throw UsageError("--values: '" + text + "' will not do; expected ones or ratings");
        }
        o.settings["values"] = text == "ratings";
      });
  method.value(
      "--scale", "LOW,HIGH", "of predicted ratings; that of the ratings",
      [&o](const std::string& text) {
        const std::size_t comma = text.find(',');
        if (comma == std::string::npos) {
          throw UsageError("--scale: '" + text + "' will not do; expected two numbers such as 1,5");
        }
        o.scale_low = parse_number("--scale", text.substr(0, comma));
        o.scale_high = parse_number("--scale", text.substr(comma + 1));
      });
  add_seed(command, o.seed);
}

void add_split(CLI::App& command, RecommendOptions& o) {
  Group split{command, "What is tested"};
  split.value("--folds", "N", "every rating once, in N random parts",
              [&o](const std::string& text) { o.folds = parse_count("--folds", text, 2); });
  split.value("--holdout", "P", "a random share such as 0.1 or 10%",
              [&o](const std::string& text) { o.holdout = parse_share("--holdout", text); });
  split.value("--by-time", "P", "the latest share",
              [&o](const std::string& text) { o.by_time = parse_share("--by-time", text); });
  split.flag("--leave-one-out", "the latest rating of every user (without times a random one)",
             o.leave_one_out);
  split.text("--test", "FILE", "the ratings in this file", o.test);
}

void add_ranking(CLI::App& command, RecommendOptions& o) {
  Group lists{command, "Lists"};
  lists.value("-n,--count", "N", "their length; 10",
              [&o](const std::string& text) { o.count = parse_count("-n", text, 1); });
  lists.value("--relevant", "R", "test ratings from R on are worth finding; all",
              [&o](const std::string& text) { o.relevant = parse_number("--relevant", text); });
}

void add_count(CLI::App& command, RecommendOptions& o) {
  Group lists{command, "Lists"};
  lists.value("-n,--count", "N", "their length; 10",
              [&o](const std::string& text) { o.count = parse_count("-n", text, 1); });
  lists.text("--titles", "FILE", "ids and titles, such as movies.csv", o.titles);
}

void add_model_target(CLI::App& command, RecommendOptions& o) {
  add_target(command, "MODEL", "where the model goes: a .safetensors file", o.file);
  Group{command, "Output"}.flag("--force", "replace MODEL if it exists", o.force);
}

constexpr const char* ratings_help =
    "user, item, rating, time on each line: u.data, ratings.dat, .csv, .tsv (or .gz), -";

void add_fit(CLI::App& recommend, RecommendOptions& o) {
  CLI::App& command = *recommend.add_subcommand("fit", "learn a model from ratings");
  command.footer(
      "eckart recommend fit ratings.csv -o model.safetensors\n"
      "eckart recommend fit ratings.dat.gz --method ease -o model.safetensors   for lists\n"
      "eckart recommend fit u.data --early-stopping 10% -o model.safetensors\n"
      "eckart recommend fit table.csv --user-column who --item-column book --rating-column stars\n"
      "    -o model.safetensors\n"
      "\n"
      "svd, svd++, als and baseline predict ratings; ease, implicit-als and pure-svd learn an\n"
      "order and make better lists. surprise-svd and surprise-svd++ do what the Python package\n"
      "Surprise does, with its defaults.");
  add_argument(command, "RATINGS", ratings_help, o.run.input);
  add_columns(command, o);
  add_recipe(command, o);
  Group{command, "Method"}.value(
      "--early-stopping", "P", "find the best number of epochs on this share, then use all",
      [&o](const std::string& text) { o.early_stopping = parse_share("--early-stopping", text); });
  add_model_target(command, o);
  add_running(command, o);
}

void add_predict(CLI::App& recommend, RecommendOptions& o) {
  CLI::App& command = *recommend.add_subcommand("predict", "the ratings that users would give");
  command.footer(
      "eckart recommend predict model.safetensors --user 42 --item 0816692\n"
      "eckart recommend predict model.safetensors pairs.csv -o predicted.csv\n"
      "\n"
      "Predictions stay within the scale. For an unknown user or item what is known of the other\n"
      "remains, and it is marked.");
  add_argument(command, "MODEL", "a file that recommend fit wrote", o.run.input);
  add_argument(command, "PAIRS", "user and item on each line, like ratings", o.second, false);
  Group pair{command, "One pair"};
  pair.text("--user", "NAME", "the user", o.user);
  pair.text("--item", "NAME", "the item", o.item);
  add_columns(command, o);
  Group out{command, "Output"};
  out.text("-o,--output", "OUT.csv", "where the predictions go", o.file);
  out.flag("--force", "replace OUT.csv if it exists", o.force);
  add_running(command, o);
}

void add_top(CLI::App& recommend, RecommendOptions& o) {
  CLI::App& command = *recommend.add_subcommand("top", "the best items for a user, and why");
  command.footer(
      "eckart recommend top model.safetensors --user 42\n"
      "eckart recommend top model.safetensors --user 42 --titles movies.csv --min-ratings 20\n"
      "eckart recommend top model.safetensors --rated \"0816692=10,1375666=9\"   someone new\n"
      "eckart recommend top model.safetensors --all -n 20 -o lists.csv\n"
      "\n"
      "The reasons are the rated items that are nearest to each: by the cosine of their factors,\n"
      "or by the weights of ease.");
  add_argument(command, "MODEL", "a file that recommend fit wrote", o.run.input);
  Group who{command, "For whom"};
  who.text("--user", "NAME", "a user of the model", o.user);
  who.text("--rated", "ITEM=R,...", "someone new, by their ratings", o.rated);
  who.flag("--all", "every user, into a file", o.all_users);
  add_count(command, o);
  Group lists{command, "Lists"};
  lists.flag("--include-rated", "also items that the user has rated", o.include_rated);
  lists.value(
      "--min-ratings", "N", "leave out items with fewer ratings",
      [&o](const std::string& text) { o.min_ratings = parse_count("--min-ratings", text, 0); });
  Group out{command, "Output"};
  out.text("-o,--output", "OUT.csv", "where the lists of all users go", o.file);
  out.flag("--force", "replace OUT.csv if it exists", o.force);
  add_running(command, o);
}

void add_similar(CLI::App& recommend, RecommendOptions& o) {
  CLI::App& command = *recommend.add_subcommand("similar", "the items most like an item");
  command.footer(
      "eckart recommend similar model.safetensors --item 0816692 --titles movies.dat.gz\n"
      "\n"
      "By the cosine of the items' factors; of ease by its weights; of a baseline by the cosine "
      "of\n"
      "the ratings.");
  add_argument(command, "MODEL", "a file that recommend fit wrote", o.run.input);
  Group{command, "Lists"}.text("--item", "NAME", "the item", o.item);
  add_count(command, o);
  add_running(command, o);
}

void add_users_like(CLI::App& recommend, RecommendOptions& o) {
  CLI::App& command = *recommend.add_subcommand("users-like", "the users most like a user");
  command.footer("eckart recommend users-like model.safetensors --user 42 -n 5");
  add_argument(command, "MODEL", "a file that recommend fit wrote", o.run.input);
  Group lists{command, "Lists"};
  lists.text("--user", "NAME", "the user", o.user);
  lists.value("-n,--count", "N", "their number; 10",
              [&o](const std::string& text) { o.count = parse_count("-n", text, 1); });
  add_running(command, o);
}

void add_evaluate(CLI::App& recommend, RecommendOptions& o) {
  CLI::App& command =
      *recommend.add_subcommand("evaluate", "how good a method or a model is on unseen ratings");
  command.footer(
      "eckart recommend evaluate u.data --method svd++                five folds\n"
      "eckart recommend evaluate ratings.csv --by-time 10% --method ease\n"
      "eckart recommend evaluate u1.base --test u1.test --method baseline\n"
      "eckart recommend evaluate test.csv --model model.safetensors   a fitted model\n"
      "\n"
      "RMSE and MAE are over all test ratings, predictions clipped to the scale. Lists hold N of "
      "all\n"
      "items that the user has not rated in training; precision = hits / N, recall = hits / test\n"
      "items, MAP and nDCG are against the best list of length N (nDCG with equal gains, discount\n"
      "1 / log2(rank + 1)), hit rate = share of users with a hit. Averages are over users with a\n"
      "relevant test item.");
  add_argument(command, "RATINGS", ratings_help, o.run.input);
  add_columns(command, o);
  add_split(command, o);
  Group{command, "What is tested"}.text("--model", "MODEL", "judge this model on RATINGS", o.model);
  add_recipe(command, o);
  add_ranking(command, o);
  add_running(command, o);
}

void add_tune(CLI::App& recommend, RecommendOptions& o) {
  CLI::App& command =
      *recommend.add_subcommand("tune", "try settings, and say which predicts best");
  command.footer(
      "eckart recommend tune u.data --try rank=32,64 --try regularization=0.06,0.08,0.1\n"
      "eckart recommend tune u.data --method ease --try regularization=100,200,400 --holdout 10%\n"
      "eckart recommend tune u.data --random 10 --try rate=0.05,0.1,0.2 --try rate-decay=0.85,0.9\n"
      "\n"
      "Methods that predict ratings are compared by RMSE, the others by nDCG. What is best here "
      "was\n"
      "chosen by these test ratings: judge it by others.");
  add_argument(command, "RATINGS", ratings_help, o.run.input);
  Group tries{command, "What is tried"};
  command
      .add_option_function<std::vector<std::string>>(
          "--try", [&o](const std::vector<std::string>& list) { o.tries = list; },
          "values of a setting; several --try: all combinations")
      ->type_name("NAME=V1,V2,...")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("What is tried");
  tries.value("--random", "N", "only N of the combinations, chosen by the seed",
              [&o](const std::string& text) { o.random_tries = parse_count("--random", text, 1); });
  add_columns(command, o);
  add_split(command, o);
  add_recipe(command, o);
  add_ranking(command, o);
  add_running(command, o);
}

void add_update(CLI::App& recommend, RecommendOptions& o) {
  CLI::App& command =
      *recommend.add_subcommand("update", "more ratings, users and items, without learning anew");
  command.footer(
      "eckart recommend update model.safetensors new.csv -o model2.safetensors\n"
      "\n"
      "New items, and then all users who occur, are fitted to their ratings; the rest stays. "
      "ease,\n"
      "pure-svd and baseline are fitted again with their settings, which is exact.");
  add_argument(command, "MODEL", "a file that recommend fit wrote", o.run.input);
  add_argument(command, "RATINGS", ratings_help, o.second);
  add_columns(command, o);
  add_model_target(command, o);
  add_running(command, o);
}

}  // namespace

void add_recommend(CLI::App& top, RecommendOptions& o) {
  CLI::App& recommend =
      *top.add_subcommand("recommend", "learn from ratings what users would like");
  recommend.footer(
      "eckart recommend fit ratings.csv -o model.safetensors\n"
      "eckart recommend top model.safetensors --user 42\n"
      "eckart recommend evaluate ratings.csv --method svd++\n"
      "eckart recommend fit --help");
  recommend.require_subcommand(1);
  add_fit(recommend, o);
  add_predict(recommend, o);
  add_top(recommend, o);
  add_similar(recommend, o);
  add_users_like(recommend, o);
  add_evaluate(recommend, o);
  add_tune(recommend, o);
  add_update(recommend, o);
}

}  // namespace eckart::cli
