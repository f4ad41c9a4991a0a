#include "explore/api.hpp"

#include <new>
#include <nlohmann/json.hpp>

#include "eckart/error.hpp"
#include "eckart/io/mapped_files.hpp"
#include "explore/assets.hpp"
#include "explore/views.hpp"

namespace eckart::explore {
namespace {

// The error of the library as an answer that the page shows.
Response answer_to_error() {
  try {
    throw;
  } catch (const TimeLimit& error) {
    return failure(503, "time", error.what());
  } catch (const Cancelled&) {
    return cancelled("the computation was stopped before its end");
  } catch (const MemoryLimit& error) {
    return failure(413, "memory", error.what());
  } catch (const Error& error) {
    return failure(400, "question", error.what());
  } catch (const std::bad_alloc&) {
    return failure(413, "memory", "there is not enough memory for that");
  } catch (const std::exception& error) {
    return failure(500, "internal", std::string("internal error: ") + error.what());
  }
}

}  // namespace

bool Api::is_computation(const Request& request) {
  const std::string_view path = path_of(request);
  return request.method == "POST" && path != "/api/cancel" && path != "/api/ratings/names";
}

Response Api::answer(const Request& request, Context& context) {
  try {
    const std::string_view path = path_of(request);
    if (request.method == "POST") {
      Response response = compute(request, context);
      io::require_mapped_files_unchanged();
      return response;
    }
    if (path == "/api/data") {
      return answer_with({{"version", ECKART_VERSION}, {"data", shelf_.list()}});
    }
    if (path.starts_with("/api/")) return failure(404, "path", "there is no such question");
    return asset_answer(path, options_.web_root);
  } catch (...) {
    return answer_to_error();
  }
}

Response Api::compute(const Request& request, Context& context) {
  const std::string_view path = path_of(request);
  if (path == "/api/upload") {
    const int id =
        shelf_.upload(query_field(request, "name"), request.body, options_.max_memory_bytes);
    return answer_with({{"id", id}, {"data", shelf_.list()}});
  }
  if (!path.starts_with("/api/")) return failure(405, "method", "a page is read by GET");
  const Question question(request.body);
  const std::string_view name = path.substr(5);
  if (name == "two") return answer_two(question, context);
  if (name == "explain") return answer_explain(question, context);
  if (name == "spectrum") return answer_spectrum(question, shelf_, context);
  if (name == "heat") return answer_heat(question, shelf_);
  if (name == "factors") return answer_factors(question, shelf_, context);
  if (name == "pca") return answer_pca(question, shelf_, context);
  if (name == "sample") return answer_sample(question, shelf_);
  if (name == "image/original") return answer_image_original(question, shelf_);
  if (name == "image/rank") return answer_image_rank(question, shelf_, pictures_, context);
  if (name == "image/spectrum") return answer_image_spectrum(question, shelf_, pictures_, context);
  if (name == "image/quality") return answer_image_quality(question, shelf_, pictures_, context);
  if (name == "image/packed") return answer_image_packed(question, shelf_, pictures_, context);
  if (name == "model/layers") return answer_model_layers(question, shelf_);
  if (name == "model/spectrum") return answer_model_spectrum(question, shelf_, context);
  if (name == "text/query") return answer_text_query(question, shelf_, context);
  if (name == "text/similar") return answer_text_similar(question, shelf_, context);
  if (name == "text/topics") return answer_text_topics(question, shelf_);
  if (name == "ratings/top") return answer_ratings_top(question, shelf_, context);
  if (name == "ratings/similar") return answer_ratings_similar(question, shelf_);
  if (name == "ratings/names") return answer_ratings_names(question, shelf_);
  return failure(404, "path", "there is no such question");
}

Response respond(const Request& request, Gate& gate, Api& api, Context& context) {
  auto refusal = gate.stop(request);
  Response response = refusal ? std::move(*refusal) : api.answer(request, context);
  add_safety_headers(response);
  return response;
}

}  // namespace eckart::explore
