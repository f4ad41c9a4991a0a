// The explorer without a network, over the data sets that a test opens.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "explore/api.hpp"
#include "explore_testing.hpp"

namespace eckart::explore {

class Explorer {
 public:
  Response get(const std::string& path) {
    return respond(page_request("GET", path), gate_, api_, context_);
  }
  Response post(const std::string& path, const std::string& body) {
    return respond(question_of(path, body), gate_, api_, context_);
  }
  Response upload(const std::string& name, const std::string& bytes) {
    return post("/api/upload?name=" + name, bytes);
  }
  // The JSON of an answer that must be good.
  nlohmann::json ask(const std::string& path, const nlohmann::json& question) {
    const Response response = post("/api/" + path, question.dump());
    EXPECT_EQ(response.status, 200) << response.body;
    return nlohmann::json::parse(response.body);
  }
  // The message of an answer that must be a refusal.
  std::string refusal(const std::string& path, const std::string& body, int status = 400) {
    const Response response = post("/api/" + path, body);
    EXPECT_EQ(response.status, status) << response.body;
    return nlohmann::json::parse(response.body).value("message", "");
  }

  Shelf shelf{1 << 20};
  ExplorerOptions options;
  Context context_{1};

 private:
  Gate gate_ = test_gate();
  Api api_{shelf, options};
};

}  // namespace eckart::explore
