#include "eckart/apps/recommend/model.hpp"

#include <array>
#include <cmath>

#include "eckart/error.hpp"

namespace eckart::recommend {
namespace {

constexpr std::array kinds = {"baseline",     "svd",      "svd++", "als",
                              "implicit-als", "pure-svd", "ease"};

void check(const Shared<float>& array, index_t wanted, const char* name, bool values) {
  require(array.size() == wanted, std::string(name) + " holds " + std::to_string(array.size()) +
                                      " numbers; expected " + std::to_string(wanted));
  if (!values) return;
  for (index_t i = 0; i < array.size(); ++i) {
    require(std::isfinite(array[i]),
            std::string(name) + " holds a number that is not finite, at " + std::to_string(i));
  }
}

}  // namespace

const char* to_string(Kind kind) { return kinds[static_cast<std::size_t>(kind)]; }

Kind kind_from_string(const std::string& name) {
  std::string known;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (name == kinds[i]) return static_cast<Kind>(i);
    known += (i == 0 ? "" : ", ") + std::string(kinds[i]);
  }
  throw InvalidArgument("there is no recommender called '" + name + "'; known are " + known);
}

void validate(const Model& model, bool values) {
  const index_t users = model.users.size(), items = model.items.size(), k = model.rank;
  require(model.rated.rows() == users, "the ratings are of " + std::to_string(model.rated.rows()) +
                                           " users, but " + std::to_string(users) + " have names");
  eckart::validate(model.rated, items);
  model.scale.validate();
  require(std::isfinite(model.mean), "the mean rating is not finite");
  const bool biases = model.predicts_ratings();
  const bool factors = model.kind != Kind::baseline && model.kind != Kind::ease;
  const bool inputs = model.kind == Kind::svdpp || model.kind == Kind::pure_svd;
  require(factors ? k >= 1 && k < index_t{1} << 20 : k == 0,
          "the rank " + std::to_string(k) + " does not fit the kind of the model");
  check(model.user_bias, biases ? users : 0, "the biases of users", values);
  check(model.item_bias, biases ? items : 0, "the biases of items", values);
  check(model.user_factors, factors ? users * k : 0, "the factors of users", values);
  check(model.item_factors, factors ? items * k : 0, "the factors of items", values);
  check(model.input_factors, inputs ? items * k : 0, "the input factors", values);
  check(model.singular_values, model.kind == Kind::pure_svd ? k : 0, "the singular values", values);
  check(model.item_weights, model.kind == Kind::ease ? items * items : 0, "the weights of items",
        values);
}

}  // namespace eckart::recommend
