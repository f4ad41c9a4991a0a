// The explorer over a real socket: what the pure functions cannot show.
#include "explore/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "eckart/error.hpp"
#include "eckart/explore/explorer.hpp"

namespace eckart::explore {
namespace {

// A connection that sends bytes as they are.
class Connection {
 public:
  explicit Connection(int port, const char* address = "127.0.0.1")
      : number_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, address, &to.sin_addr);
    connected_ = ::connect(number_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Connection() { ::close(number_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connected() const { return connected_; }
  void send(const std::string& bytes) {
    (void)!::send(number_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // Everything until the text has come, or the other side hangs up.
  std::string until(const std::string& text) {
    std::string all;
    char part[4096];
    while (all.find(text) == std::string::npos) {
      const ssize_t got = ::recv(number_, part, sizeof part, 0);
      if (got <= 0) break;
      all.append(part, static_cast<std::size_t>(got));
    }
    return all;
  }
  std::string to_end() { return until("\nnever comes\n"); }

 private:
  int number_;
  bool connected_ = false;
};

template <class Set>
ExplorerOptions options_with(Set set) {
  ExplorerOptions options;
  set(options);
  return options;
}

// An explorer on a thread of its own.
class Running {
 public:
  explicit Running(ExplorerOptions options = {}) {
    std::promise<Address> ready;
    auto address = ready.get_future();
    thread_ = std::thread([this, options, &ready] {
      serve(
          options, [&](const Address& a) { ready.set_value(a); }, [this] { return stop_.load(); });
    });
    url = address.get().url;
    const std::size_t colon = url.find(':', 7);
    port = std::stoi(url.substr(colon + 1));
    host = "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
    Connection visit(port);
    visit.send("GET " + url.substr(url.find('/', colon)) + " HTTP/1.1\r\n" + host +
               "Connection: close\r\n\r\n");
    const std::string reply = visit.to_end();
    const std::size_t start = reply.find("eckart-");
    cookie = "Cookie: " + reply.substr(start, reply.find(';', start) - start) + "\r\n";
  }
  ~Running() { end(); }
  void end() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void wait() { thread_.join(); }

  // The reply to a request with the cookie.
  std::string ask(const std::string& line,
                  const std::string& more = "",
                  const std::string& body = "") {
    Connection connection(port);
    connection.send(line + " HTTP/1.1\r\n" + host + cookie + more + "Connection: close\r\n\r\n" +
                    body);
    return connection.to_end();
  }
  std::string post(const std::string& path, const std::string& body) {
    return ask("POST " + path,
               "X-Eckart: 1\r\nContent-Type: application/json\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n",
               body);
  }

  std::string url, host, cookie;
  int port = 0;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::string first_line(const std::string& reply) { return reply.substr(0, reply.find('\r')); }

TEST(Server, ServesThePageToWhoComesWithTheToken) {
  Running explorer;
  const std::string page = explorer.ask("GET /");
  EXPECT_EQ(first_line(page), "HTTP/1.1 200 OK");
  EXPECT_NE(page.find("Content-Security-Policy: default-src 'self'"), std::string::npos);
  EXPECT_NE(page.find("app.js"), std::string::npos);
  Connection stranger(explorer.port);
  stranger.send("GET / HTTP/1.1\r\n" + explorer.host + "Connection: close\r\n\r\n");
  EXPECT_EQ(first_line(stranger.to_end()), "HTTP/1.1 401 Unauthorized");
}

TEST(Server, ListensOnTheLoopbackAddressAlone) {
  Running explorer;
  EXPECT_TRUE(Connection(explorer.port).connected());
  // Another address of this machine: of the loopback network, but not the one that is bound.
  EXPECT_FALSE(Connection(explorer.port, "127.0.0.2").connected());
}

TEST(Server, AnswersSeveralRequestsOverOneConnection) {
  Running explorer;
  Connection connection(explorer.port);
  for (int i = 0; i < 3; ++i) {
    connection.send("GET /style.css HTTP/1.1\r\n" + explorer.host + explorer.cookie + "\r\n");
    EXPECT_EQ(first_line(connection.until("max-width: 40rem")), "HTTP/1.1 200 OK") << i;
  }
}

TEST(Server, AnswersAHeadWithoutABody) {
  Running explorer;
  const std::string reply = explorer.ask("HEAD /");
  EXPECT_EQ(first_line(reply), "HTTP/1.1 200 OK");
  EXPECT_EQ(reply.substr(reply.find("\r\n\r\n") + 4), "");
}

TEST(Server, ComputesAQuestion) {
  Running explorer;
  const std::string reply = explorer.post("/api/two", R"({"matrix":[[3,2],[2,3]]})");
  EXPECT_EQ(first_line(reply), "HTTP/1.1 200 OK");
  EXPECT_NE(reply.find("\"sigma\":["), std::string::npos);
}

TEST(Server, RefusesARequestForAnotherHostBeforeItsBody) {
  Running explorer;
  Connection connection(explorer.port);
  connection.send("POST /api/two HTTP/1.1\r\nHost: evil.com\r\n" + explorer.cookie +
                  "Content-Length: 1000000000\r\n\r\n");
  EXPECT_EQ(first_line(connection.to_end()), "HTTP/1.1 403 Forbidden");
}

TEST(Server, RefusesBodiesThatAreTooLongByTheirAnnouncement) {
  Running explorer(options_with([](auto& o) { o.max_memory_bytes = 1 << 20; }));
  EXPECT_EQ(first_line(explorer.ask("POST /api/two",
                                    "X-Eckart: 1\r\nContent-Type: application/json\r\n"
                                    "Content-Length: 99999999999\r\n")),
            "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(first_line(explorer.ask("POST /api/upload?name=a",
                                    "X-Eckart: 1\r\nContent-Type: application/octet-stream\r\n"
                                    "Content-Length: 1048577\r\n")),
            "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(first_line(explorer.ask("GET /", "Content-Length: 5\r\n", "hello")),
            "HTTP/1.1 413 Payload Too Large");
}

TEST(Server, RefusesRequestsThatAreMalformed) {
  Running explorer;
  for (const std::string& request : {
           "GET / HTTP/1.1\r\n" + explorer.host + "Content-Length: -1\r\n\r\n",
           "GET / HTTP/1.1\r\n" + explorer.host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
           "GET / HTTP/9.9\r\n" + explorer.host + "\r\n",
           std::string("\x16\x03\x01\x02\x00 something in TLS\r\n\r\n"),
           std::string("GET /\r\n\r\n"),
       }) {
    Connection connection(explorer.port);
    connection.send(request);
    EXPECT_EQ(first_line(connection.to_end()), "HTTP/1.1 400 Bad Request") << request;
  }
  EXPECT_EQ(first_line(explorer.ask("POST /api/two",
                                    "X-Eckart: 1\r\nContent-Type: application/json\r\n"
                                    "Transfer-Encoding: chunked\r\n",
                                    "2\r\n{}\r\n0\r\n\r\n")),
            "HTTP/1.1 411 Length Required");
  // A folded line is a part of the one before it: here of the cookie, which is then another.
  EXPECT_EQ(first_line(explorer.ask("GET /", " folded: line\r\n")), "HTTP/1.1 401 Unauthorized");
  Connection old(explorer.port);
  old.send("GET / HTTP/1.0\r\n" + explorer.host + explorer.cookie + "\r\n");
  EXPECT_EQ(first_line(old.to_end()), "HTTP/1.1 505 HTTP Version Not Supported");
  EXPECT_EQ(first_line(explorer.ask("GET /")), "HTTP/1.1 200 OK");  // and is still there
}

TEST(Server, RefusesHeadersThatDoNotEnd) {
  Running explorer;
  Connection connection(explorer.port);
  connection.send("GET / HTTP/1.1\r\n" + explorer.host + "X: " + std::string(20000, 'a'));
  EXPECT_EQ(first_line(connection.to_end()), "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST(Server, TakesABoundedNumberOfConnections) {
  Running explorer;
  std::vector<std::unique_ptr<Connection>> many;
  for (int i = 0; i < 70; ++i) many.push_back(std::make_unique<Connection>(explorer.port));
  // The last ones were hung up on at once; the others wait for their request.
  EXPECT_EQ(many.back()->to_end(), "");
  many.clear();
  // Those that are free again are taken again.
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (first_line(explorer.ask("GET /")) == "HTTP/1.1 200 OK") return;
  }
  FAIL() << "no connection came free";
}

TEST(Server, APageThatListensHearsOfProgressAndOthersDoNot) {
  Running explorer(options_with([](auto& o) { o.files = {EXAMPLES_DATA "/digits.csv.gz"}; }));
  Connection stranger(explorer.port);
  stranger.send("GET /api/events HTTP/1.1\r\n" + explorer.host + "Connection: close\r\n\r\n");
  EXPECT_EQ(first_line(stranger.to_end()), "HTTP/1.1 401 Unauthorized");
  Connection page(explorer.port);
  page.send("GET /api/events HTTP/1.1\r\n" + explorer.host + explorer.cookie + "\r\n");
  const std::string head = page.until(": hello\n\n");
  EXPECT_NE(head.find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_NE(head.find("X-Content-Type-Options: nosniff"), std::string::npos);
  explorer.post("/api/spectrum", R"({"data":1})");
  EXPECT_NE(page.until("\n\n").find("data: {\"stage\":"), std::string::npos);
}

TEST(Server, EndsByItselfWhenNobodyUsesIt) {
  Running explorer(options_with([](auto& o) { o.idle_seconds = 0.3; }));
  explorer.wait();
  EXPECT_FALSE(Connection(explorer.port).connected());
}

TEST(Server, SaysThatAPortIsTaken) {
  Running explorer;
  try {
    serve(
        options_with([&](auto& o) { o.port = explorer.port; }), [](const Address&) {},
        [] { return true; });
    FAIL() << "served twice";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("leave --port out"), std::string::npos);
  }
}

}  // namespace
}  // namespace eckart::explore
