#include "explore/http.hpp"

#include <gtest/gtest.h>

namespace eckart::explore {
namespace {

Request at(const std::string& target) {
  return {.method = "GET", .target = target, .headers = {}, .body = ""};
}

TEST(Http, NamesOfHeadersAreOneInAnyCase) {
  EXPECT_TRUE(same_name("Content-Type", "content-TYPE"));
  EXPECT_FALSE(same_name("Content-Type", "Content-Typ"));
  const Request request{.method = "GET",
                        .target = "/",
                        .headers = {{"HOST", "a"}, {"x", "y"}, {"host", "b"}},
                        .body = ""};
  EXPECT_EQ(values_of(request, "Host"), (std::vector<std::string_view>{"a", "b"}));
}

TEST(Http, APathEndsAtTheQuestionMark) {
  EXPECT_EQ(path_of(at("/a/b?c=/d")), "/a/b");
  EXPECT_EQ(path_of(at("/a")), "/a");
}

TEST(Http, FieldsOfTheQueryAreDecodedOnceAndBadEscapesStay) {
  const Request request = at("/api/upload?x=1&name=a%20b+c%2525%zz%4&name=second&empty");
  EXPECT_EQ(query_field(request, "name"), "a b c%25%zz%4");
  EXPECT_EQ(query_field(request, "x"), "1");
  EXPECT_EQ(query_field(request, "empty"), "");
  EXPECT_EQ(query_field(request, "nam"), "");
}

TEST(Http, AFailureIsJsonWhateverTheMessageHolds) {
  const Response response = failure(400, "question", "quote \" and byte \xff");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            "{\"error\":\"question\",\"message\":\"quote \\\" and byte \xEF\xBF\xBD\"}");
}

}  // namespace
}  // namespace eckart::explore
