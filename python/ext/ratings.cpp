// Recommenders, as eckart.SVDRecommender keeps them.
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "decompose.hpp"
#include "eckart/apps/recommend/fit.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/error.hpp"
#include "eckart/io/recommender_file.hpp"
#include "run.hpp"

namespace eckart::python {
namespace {

using recommend::Model;
using Numbers = Array1<std::int32_t>;

std::vector<Rating> pairs_of(const Numbers& users, const Numbers& items) {
  require(users.size() == items.size(), "there are " + std::to_string(users.size()) +
                                            " users for " + std::to_string(items.size()) +
                                            " items");
  std::vector<Rating> pairs(users.size());
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    pairs[p].user = users.data()[p];
    pairs[p].item = items.data()[p];
  }
  return pairs;
}

Ratings ratings_of(const Numbers& users,
                   const Numbers& items,
                   const Array1<double>& values,
                   const std::vector<std::string>& user_names,
                   Names item_names) {
  Ratings ratings{Names(user_names), std::move(item_names), pairs_of(users, items), false};
  require(values.size() == users.size(), "every pair needs a rating");
  for (std::size_t p = 0; p < values.size(); ++p) {
    Rating& rating = ratings.entries[p];
    rating.value = values.data()[p];
    require(rating.user >= 0 && rating.user < ratings.users.size() && rating.item >= 0 &&
                rating.item < ratings.items.size(),
            "a rating names a user or item that is not there");
  }
  return ratings;
}

// What is not said is as the method has it.
struct Settings {
  std::optional<index_t> rank, epochs;
  std::optional<double> regularization, rate;
  std::uint64_t seed = 0;
};

template <class Options>
Options with(Options options, const Settings& settings, const std::string& method) {
  const auto refuse = [&](bool given, const char* name) {
    require(!given, "the method " + method + " has no " + name);
  };
  options.rank = settings.rank.value_or(options.rank);
  options.seed = settings.seed;
  if constexpr (requires { options.epochs; }) {
    options.epochs = settings.epochs.value_or(options.epochs);
  } else {
    refuse(settings.epochs.has_value(), "n_epochs");
  }
  if constexpr (requires { options.regularization; }) {
    options.regularization = settings.regularization.value_or(options.regularization);
  } else {
    refuse(settings.regularization.has_value(), "regularization");
  }
  if constexpr (requires { options.rate; }) {
    options.rate = settings.rate.value_or(options.rate);
  } else {
    refuse(settings.rate.has_value(), "learning_rate");
  }
  return options;
}

Model fit_by(const std::string& method,
             const Ratings& ratings,
             const Settings& settings,
             Context& context) {
  using namespace recommend;
  if (method == "svd") {
    return fit_svd(ratings, with(recommend::SvdOptions{}, settings, method), context);
  }
  if (method == "svd++") {
    return fit_plain_svd(ratings, with(PlainSvdOptions::tuned_svdpp(), settings, method), context);
  }
  if (method == "als") return fit_als(ratings, with(AlsOptions{}, settings, method), context);
  if (method == "implicit-als") {
    return fit_implicit_als(ratings, with(ImplicitAlsOptions{}, settings, method), context);
  }
  require(method == "pure-svd", "method '" + method +
                                    "' is not known; expected 'svd', 'svd++', 'als', "
                                    "'implicit-als' or 'pure-svd'");
  return fit_pure_svd(ratings, with(PureSvdOptions{}, settings, method), context);
}

Model fit(const Numbers& users,
          const Numbers& items,
          const Array1<double>& values,
          const std::vector<std::string>& user_names,
          const std::vector<std::string>& item_names,
          const std::string& method,
          std::optional<index_t> rank,
          std::optional<index_t> epochs,
          std::optional<double> regularization,
          std::optional<double> rate,
          std::uint64_t seed,
          const RunOptions& options) {
  const Ratings ratings = ratings_of(users, items, values, user_names, Names(item_names));
  const Settings settings{rank, epochs, regularization, rate, seed};
  // 2 flops or so for each rating, factor and epoch.
  const double work = static_cast<double>(ratings.count()) *
                      static_cast<double>(rank.value_or(100)) *
                      static_cast<double>(epochs.value_or(20));
  return run_for(options, brief_dense(work),
                 [&](Context& context) { return fit_by(method, ratings, settings, context); });
}

nb::object predictions(const Model& model,
                       const Numbers& users,
                       const Numbers& items,
                       const RunOptions& options) {
  const std::vector<Rating> pairs = pairs_of(users, items);
  return to_numpy(run_for(options, pairs.size() < 100'000, [&](Context& context) {
    return recommend::predict(model, pairs, context);
  }));
}

nb::list list_of(const std::vector<recommend::Scored>& scored) {
  nb::list list;
  for (const recommend::Scored& s : scored) list.append(nb::make_tuple(s.number, s.score));
  return list;
}

nb::list top(const Model& model,
             const Numbers& users,
             index_t count,
             bool exclude_rated,
             const RunOptions& options) {
  const recommend::TopOptions wanted{.count = count, .exclude_rated = exclude_rated};
  const double work = static_cast<double>(users.size()) *
                      static_cast<double>(model.items.size() * (model.rank + 1));
  const auto lists = run_for(options, brief_dense(work), [&](Context& context) {
    return recommend::top(model, {users.data(), users.size()}, wanted, context);
  });
  nb::list answer;
  for (const auto& list : lists) answer.append(list_of(list));
  return answer;
}

// Returns the model with users behind the others, who rated what the arguments say.
Model with_users(const Model& model,
                 const Numbers& users,
                 const Numbers& items,
                 const Array1<double>& values,
                 index_t count,
                 const RunOptions& options) {
  std::string prefix = "new ";
  while (model.users.find(prefix + "0")) prefix += "new ";
  std::vector<std::string> names;
  for (index_t u = 0; u < count; ++u) names.push_back(prefix + std::to_string(u));
  const Ratings rows = ratings_of(users, items, values, names, model.items);
  return run_for(options, rows.count() < 5000,
                 [&](Context&) { return recommend::with_users(model, rows); });
}

nb::list list_of(const Names& names) {
  nb::list list;
  for (index_t i = 0; i < names.size(); ++i) {
    const std::string_view name = names[i];
    PyObject* text =
        PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), "replace");
    if (text == nullptr) throw nb::python_error();
    list.append(nb::steal(text));
  }
  return list;
}

// An array in the model's own memory, which it keeps: a row for each user or item.
nb::object rows_of(const Shared<float>& values, index_t width) {
  const auto k = static_cast<std::size_t>(width);
  const std::size_t rows = k == 0 ? 0 : values.values.size() / k;
  return adopt(Shared<float>(values), values.data(), {rows, k}, {width, 1});
}

nb::dict facts(const Model& model) {
  nb::dict answer;
  answer["kind"] = to_string(model.kind);
  answer["rank"] = model.rank;
  answer["users"] = model.users.size();
  answer["items"] = model.items.size();
  answer["ratings"] = model.rated.items.size();
  answer["predicts_ratings"] = model.predicts_ratings();
  answer["mean"] = model.mean;
  answer["scale"] = nb::make_tuple(model.scale.low, model.scale.high);
  answer["options"] = model.options;
  return answer;
}

}  // namespace

void bind_ratings(nb::module_& module) {
  nb::class_<Model>(module, "Recommender")
      .def("facts", &facts)
      .def("users", [](const Model& model) { return list_of(model.users); })
      .def("items", [](const Model& model) { return list_of(model.items); })
      .def("predict", &predictions)
      .def("top", &top)
      .def("similar_items",
           [](const Model& model, index_t item, index_t count) {
             return list_of(similar_items(model, item, count));
           })
      .def("similar_users",
           [](const Model& model, index_t user, index_t count) {
             return list_of(similar_users(model, user, count));
           })
      .def("with_users", &with_users)
      .def("user_factors",
           [](const Model& model) { return rows_of(model.user_factors, model.rank); })
      .def("item_factors",
           [](const Model& model) { return rows_of(model.item_factors, model.rank); })
      .def("user_bias", [](const Model& model) { return rows_of(model.user_bias, 1); })
      .def("item_bias", [](const Model& model) { return rows_of(model.item_bias, 1); })
      .def("write",
           [](const Model& model, const std::string& path) { io::write_recommender(path, model); });
  module.def("recommender_fit", &fit);
  module.def("recommender_read", &io::read_recommender);
}

}  // namespace eckart::python
