// The views of fitted models: text and ratings.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "eckart/apps/lsa.hpp"
#include "eckart/apps/recommend/use.hpp"
#include "eckart/error.hpp"
#include "explore/views.hpp"

namespace eckart::explore {
namespace {

using nlohmann::ordered_json;

// One text in memory.
class OneDocument : public DocumentSource {
 public:
  explicit OneDocument(std::string text) : text_(std::move(text)) {}
  bool next(Document& document) override {
    document = {"query", text_};
    return !std::exchange(done_, true);
  }
  const TextRepairs& repairs() const override { return repairs_; }

 private:
  std::string text_;
  bool done_ = false;
  TextRepairs repairs_;
};

ordered_json hits_json(const LsaModel& model, const std::vector<Hit>& hits) {
  ordered_json array = ordered_json::array();
  for (const Hit& hit : hits) {
    if (!(hit.score > 0)) continue;  // in the list because it had room
    array.push_back({{"document", std::string(model.names[hit.index])},
                     {"number", hit.index + 1},
                     {"cosine", hit.score},
                     {"lead", std::string(model.leads[hit.index])}});
  }
  return array;
}

// The terms of the largest coordinates of one sign, largest first.
ordered_json topic_words(const LsaModel& model, index_t topic, double sign, std::size_t most) {
  std::vector<index_t> order(std::size_t(model.term_count()));
  std::iota(order.begin(), order.end(), 0);
  const auto weight = [&](index_t i) {
    const double w = sign * double{model.Ut(topic, i)};
    return std::isfinite(w) ? w : -1.0;  // what a hostile file holds need not be a number
  };
  const auto end = order.begin() + std::ptrdiff_t(std::min(most, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](index_t a, index_t b) {
    return weight(a) != weight(b) ? weight(a) > weight(b) : a < b;
  });
  ordered_json words = ordered_json::array();
  for (auto it = order.begin(); it != end && weight(*it) > 0; ++it) {
    words.push_back({{"term", std::string(model.terms[*it])}, {"weight", sign * weight(*it)}});
  }
  return words;
}

// Items with their scores.
ordered_json items_json(const recommend::Model& model,
                        const std::vector<recommend::Scored>& items) {
  ordered_json array = ordered_json::array();
  for (const auto& item : items) {
    array.push_back({{"item", std::string(model.items[item.number])}, {"score", item.score}});
  }
  return array;
}

index_t number_of(const Names& names, const std::string& name, const char* what) {
  const auto found = names.find(name);
  require(found.has_value(), std::string("the model knows no ") + what + " \"" + name + "\"");
  return *found;
}

constexpr index_t most_hits = 1000;
constexpr std::size_t most_text = 100000;

}  // namespace

Response answer_text_query(const Question& question, const Shelf& shelf, Context& context) {
  const auto set = question.data(shelf);
  const LsaModel& model = text_model_of(*set);
  const index_t count = question.integer("count", 1, most_hits);
  OneDocument source(question.text("query", most_text));
  TermCounts counts = count_known_terms(source, model.rules, model.terms, {}, context);
  const index_t known = counts.facts.tokens, unknown = counts.facts.unknown_tokens;
  const auto hits =
      nearest_documents(model, fold_queries(model, std::move(counts.counts)), count, context);
  return answer_with(
      {{"tokens", known}, {"unknown_tokens", unknown}, {"hits", hits_json(model, hits.at(0))}});
}

Response answer_text_similar(const Question& question, const Shelf& shelf, Context& context) {
  const auto set = question.data(shelf);
  const LsaModel& model = text_model_of(*set);
  const index_t count = question.integer("count", 1, most_hits);
  const index_t document = question.integer("document", 1, model.document_count()) - 1;
  auto hits =
      nearest_documents(model, document_coordinates(model, document), count + 1, context).at(0);
  std::erase_if(hits, [&](const Hit& hit) { return hit.index == document; });
  if (index_t(hits.size()) > count) hits.pop_back();
  return answer_with(
      {{"document", std::string(model.names[document])}, {"hits", hits_json(model, hits)}});
}

Response answer_text_topics(const Question& question, const Shelf& shelf) {
  const auto set = question.data(shelf);
  const LsaModel& model = text_model_of(*set);
  const index_t count = std::min(model.rank(), question.integer("count", 1, 100));
  constexpr std::size_t words = 8;
  ordered_json topics = ordered_json::array();
  for (index_t t = 0; t < count; ++t) {
    const double sigma = model.sigma[std::size_t(t)];
    topics.push_back({{"topic", t + 1},
                      {"sigma", sigma},
                      {"energy", std::pow(sigma / model.frobenius_norm, 2)},
                      {"plus", topic_words(model, t, 1, words)},
                      {"minus", topic_words(model, t, -1, words)}});
  }
  return answer_with({{"topics", std::move(topics)}});
}

Response answer_ratings_top(const Question& question, const Shelf& shelf, Context& context) {
  const auto set = question.data(shelf);
  const recommend::Model& model = recommender_of(*set);
  const index_t count = question.integer("count", 1, most_hits);
  const index_t user = number_of(model.users, question.text("user", 4096), "user");
  const std::int32_t users[] = {static_cast<std::int32_t>(user)};
  const auto lists = top(model, users, {.count = count}, context);
  const auto rated = model.rated.items_of(user);
  ordered_json recommended = items_json(model, lists.at(0));
  constexpr index_t most_reasons = 3;
  for (std::size_t i = 0; i < lists[0].size(); ++i) {
    recommended[i]["why"] =
        items_json(model, reasons(model, rated, lists[0][i].number, most_reasons));
  }
  ordered_json ratings = ordered_json::array();
  for (std::size_t p = 0; p < rated.size(); ++p) {
    ratings.push_back(
        {{"item", std::string(model.items[rated[p]])}, {"rating", model.rated.values_of(user)[p]}});
  }
  return answer_with({{"user", std::string(model.users[user])},
                      {"ratings", std::move(ratings)},
                      {"items", std::move(recommended)}});
}

Response answer_ratings_similar(const Question& question, const Shelf& shelf) {
  const auto set = question.data(shelf);
  const recommend::Model& model = recommender_of(*set);
  const index_t count = question.integer("count", 1, most_hits);
  const index_t item = number_of(model.items, question.text("item", 4096), "item");
  return answer_with({{"item", std::string(model.items[item])},
                      {"items", items_json(model, similar_items(model, item, count))}});
}

Response answer_ratings_names(const Question& question, const Shelf& shelf) {
  const auto set = question.data(shelf);
  const recommend::Model& model = recommender_of(*set);
  const index_t count = question.integer("count", 1, most_hits);
  const std::string part = question.text("part", 4096);
  const Names& names = question.flag("items") ? model.items : model.users;
  ordered_json found = ordered_json::array();
  for (index_t i = 0; i < names.size() && index_t(found.size()) < count; ++i) {
    if (names[i].find(part) != std::string_view::npos) found.push_back(std::string(names[i]));
  }
  return answer_with({{"names", std::move(found)}});
}

}  // namespace eckart::explore
