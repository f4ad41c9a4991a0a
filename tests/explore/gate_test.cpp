#include "explore/gate.hpp"

#include <gtest/gtest.h>

#include <map>

#include "explore_testing.hpp"

namespace eckart::explore {
namespace {

int status_of(const Request& request) {
  Gate gate = test_gate();
  const auto refusal = gate.stop(request);
  return refusal ? refusal->status : 200;
}

const Request good_page = page_request("GET", "/app.js");
const Request good_question = question_of("/api/two", "{}");

TEST(Gate, LetsThePageAndItsQuestionsPass) {
  EXPECT_EQ(status_of(good_page), 200);
  EXPECT_EQ(status_of(good_question), 200);
  for (const char* host : {"localhost:8080", "LOCALHOST:8080", "localhost.:8080", "[::1]:8080"}) {
    EXPECT_EQ(status_of(with(good_page, "Host", host)), 200) << host;
  }
}

TEST(Gate, RefusesEveryHostThatIsNotItself) {
  for (const char* host :
       {"evil.com", "evil.com:8080", "localhost.evil.com:8080", "127.0.0.1.nip.io:8080",
        "127.0.0.1", "localhost", "127.0.0.1:8081", "127.0.0.1:80800", "0.0.0.0:8080", "[::]:8080",
        "user@127.0.0.1:8080", "127.0.0.1:8080 ", "127.0.0.1:8080,evil.com", "127.1:8080"}) {
    EXPECT_EQ(status_of(with(good_page, "Host", host)), 403) << host;
  }
  EXPECT_EQ(status_of(with(good_page, "Host", "")), 403);
  Request twice = good_page;
  twice.headers.emplace_back("host", "127.0.0.1:8080");
  EXPECT_EQ(status_of(twice), 403);
}

TEST(Gate, AnswersNobodyWithoutTheCookie) {
  EXPECT_EQ(status_of(with(good_page, "Cookie", "")), 401);
  EXPECT_EQ(status_of(with(good_question, "Cookie", "")), 401);
  for (const char* cookie : {"eckart-8080=session1", "eckart-8080=session", "eckart-8080=session00",
                             "eckart-8080=", "eckart-8081=session0", "xeckart-8080=session0",
                             "eckart-8080=\"session0\"", "eckart-8080"}) {
    EXPECT_EQ(status_of(with(good_page, "Cookie", cookie)), 401) << cookie;
  }
  // Neither does the token do, but where it is exchanged.
  Request request = with(page_request("GET", "/api/data?token=token0"), "Cookie", "");
  EXPECT_EQ(status_of(request), 401);
}

TEST(Gate, ExchangesTheTokenForACookieThatScriptsAndOtherSitesDoNotGet) {
  Gate gate = test_gate();
  const auto visit = [&](const std::string& token) {
    return gate.stop(with(page_request("GET", "/?token=" + token), "Cookie", ""));
  };
  for (int time = 0; time < 2; ++time) {
    const auto response = visit("token0");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 303);
    const std::map<std::string, std::string> headers(response->headers.begin(),
                                                     response->headers.end());
    EXPECT_EQ(headers.at("Location"), "/");
    EXPECT_EQ(headers.at("Set-Cookie"), "eckart-8080=session0; HttpOnly; SameSite=Strict; Path=/");
  }
  for (const char* wrong : {"token1", "token", "token00", "session0", "TOKEN0"}) {
    EXPECT_EQ(visit(wrong)->status, 401) << wrong;
  }
}

TEST(Gate, TheTokenThatABrowserIsStartedWithWorksOnce) {
  Gate gate = test_gate();
  const Request visit = with(page_request("GET", "/?token=launch0"), "Cookie", "");
  EXPECT_EQ(gate.stop(visit)->status, 303);
  EXPECT_EQ(gate.stop(visit)->status, 401);
  // Who has the cookie may go there again.
  EXPECT_EQ(gate.stop(page_request("GET", "/?token=launch0"))->status, 303);
}

TEST(Gate, RefusesWhatAnotherPageMakesABrowserSend) {
  for (const char* origin :
       {"http://evil.com", "null", "https://127.0.0.1:8080", "http://127.0.0.1:8081",
        "http://127.0.0.1:8080.evil.com", "file://"}) {
    EXPECT_EQ(status_of(with(good_question, "Origin", origin)), 403) << origin;
    EXPECT_EQ(status_of(with(good_page, "Origin", origin)), 403) << origin;
  }
  for (const char* site : {"cross-site", "same-site", "none", "Same-Origin", "unknown"}) {
    EXPECT_EQ(status_of(with(good_question, "Sec-Fetch-Site", site)), 403) << site;
  }
  EXPECT_EQ(status_of(with(good_page, "Sec-Fetch-Site", "cross-site")), 403);
  EXPECT_EQ(status_of(with(good_page, "Sec-Fetch-Site", "same-site")), 403);
  // Typed into the address bar.
  EXPECT_EQ(status_of(with(good_page, "Sec-Fetch-Site", "none")), 200);
  // A form cannot set a header of its own, nor these types.
  EXPECT_EQ(status_of(with(good_question, "X-Eckart", "")), 403);
  for (const char* type :
       {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}) {
    EXPECT_EQ(status_of(with(good_question, "Content-Type", type)), 415) << type;
  }
  EXPECT_EQ(status_of(with(good_question, "Content-Type", "")), 415);
}

TEST(Gate, KnowsThreeMethodsAndGivesNoLeaveToOthers) {
  for (const char* method : {"OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT", "get", ""}) {
    Request request = good_page;
    request.method = method;
    Gate gate = test_gate();
    const auto refusal = gate.stop(request);
    ASSERT_TRUE(refusal) << method;
    EXPECT_EQ(refusal->status, 405) << method;
    for (const auto& [name, value] : refusal->headers) {
      EXPECT_FALSE(name.starts_with("Access-Control")) << name;
    }
  }
}

TEST(Gate, RefusesTargetsThatAreNoPathOfItsOwn) {
  for (const std::string& target :
       {std::string("http://127.0.0.1:8080/"), std::string("*"), std::string(""),
        std::string("//evil.com/"), std::string("/a\\..\\b"), std::string("/a\0b", 4)}) {
    EXPECT_EQ(status_of(page_request("GET", target)), 400) << target;
  }
}

TEST(Gate, RefusesBodiesOfUnknownLengthOrUnderACover) {
  EXPECT_EQ(status_of(with(good_question, "Transfer-Encoding", "chunked")), 411);
  EXPECT_EQ(status_of(with(good_question, "Content-Encoding", "gzip")), 415);
  EXPECT_EQ(status_of(with(good_page, "Upgrade", "websocket")), 400);
  Request twice = with(good_question, "Content-Length", "2");
  twice.headers.emplace_back("Content-Length", "3");
  EXPECT_EQ(status_of(twice), 400);
}

TEST(Gate, OnlyUploadsMayBeLong) {
  constexpr std::uint64_t upload = 1000000000;
  EXPECT_EQ(Gate::body_limit(good_page, upload), 0u);
  EXPECT_EQ(Gate::body_limit(good_question, upload), 1u << 20);
  EXPECT_EQ(Gate::body_limit(question_of("/api/upload?name=a", ""), upload), upload);
  EXPECT_EQ(Gate::body_limit(question_of("/api/uploads", ""), upload), 1u << 20);
}

TEST(Gate, EveryAnswerCarriesTheSafetyHeaders) {
  Response response;
  add_safety_headers(response);
  const std::map<std::string, std::string> headers(response.headers.begin(),
                                                   response.headers.end());
  const std::map<std::string, std::string> expected = {
      {"Content-Security-Policy",
       "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; "
       "form-action 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cache-Control", "no-store"}};
  EXPECT_EQ(headers, expected);
}

TEST(Gate, SecretsAreLongAndDifferEveryTime) {
  const Secrets a = make_secrets(), b = make_secrets();
  for (const std::string& secret : {a.token, a.launch, a.session}) EXPECT_EQ(secret.size(), 32u);
  EXPECT_NE(a.token, b.token);
  EXPECT_NE(a.token, a.session);
  EXPECT_NE(a.launch, a.token);
}

}  // namespace
}  // namespace eckart::explore
