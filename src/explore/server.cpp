// One thread reads and writes; all state is of that thread. Others reach it by post().
#include "explore/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <deque>
#include <set>

#include "eckart/error.hpp"
#include "explore/gate.hpp"

namespace eckart::explore {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::seconds;

constexpr std::uint32_t header_limit = 16 * 1024;
constexpr std::size_t most_sessions = 64;
constexpr int most_listeners = 8;
constexpr seconds header_time{15}, body_time{60}, write_time{60};
constexpr std::chrono::milliseconds tick_time{200};

}  // namespace

class Session;

struct Server::State {
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer timer{io};
  const Handler* handler = nullptr;
  std::set<std::shared_ptr<Session>> sessions;
  int listeners = 0;
  int port = 0;

  void accept();
  void tick();
};

// One connection: requests one behind the other, or a stream of events.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Server::State& server)
      : stream_(std::move(socket)), server_(server) {}

  void start() { read_header(); }

  void send_event(const std::string& text) {
    if (!listening_) return;
    constexpr std::size_t most_waiting = 64;  // a page that does not read them
    if (events_.size() >= most_waiting) return;
    events_.push_back("data: " + text + "\n\n");
    if (events_.size() == 1) write_event();
  }

  void close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
    if (listening_) --server_.listeners;
    listening_ = false;
    server_.sessions.erase(shared_from_this());
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  void read_header() {
    parser_ = std::make_unique<Parser>();
    parser_->header_limit(header_limit);
    parser_->body_limit(UINT64_MAX);  // set when the header is known
    stream_.expires_after(header_time);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->on_header(error); });
  }

  void on_header(error_code error) {
    if (error == http::error::header_limit) {
      return refuse(failure(431, "header", "the headers of a request are at most 16 KiB"));
    }
    // What the parser finds is worth an answer; what the connection does is its end.
    const bool malformed =
        error && error.category() == make_error_code(http::error::bad_value).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message;
    if (malformed)
      return refuse(failure(400, "request", "that is no request of HTTP/1.1: " + error.message()));
    if (error) return close();
    request_ = {};
    const auto& message = parser_->get();
    request_.method = std::string(message.method_string());
    request_.target = std::string(message.target());
    for (const auto& field : message) {
      request_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    if (message.version() != 11) {
      return refuse(failure(505, "version", "this server speaks HTTP/1.1"));
    }
    if (auto response = server_.handler->stop(request_)) {
      // What follows is not looked at.
      const bool more = parser_->content_length().value_or(0) > 0 || parser_->chunked();
      if (more) return refuse(std::move(*response));
      keep_alive_ = message.keep_alive() && response->status < 400;
      return write(std::move(*response));
    }
    const std::uint64_t limit = server_.handler->body_limit(request_);
    const std::uint64_t length = parser_->content_length().value_or(0);
    if (length > limit) {
      return refuse(failure(
          413, "body",
          "the body is longer than the " + format_bytes(limit) + " that this question may have"));
    }
    keep_alive_ = message.keep_alive();
    if (request_.method == "GET" && path_of(request_) == "/api/events") return listen();
    // Large bodies of a slow disk still arrive.
    parser_->body_limit(limit);
    stream_.expires_after(body_time);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code failed, std::size_t) { self->on_body(failed); });
  }

  void on_body(error_code error) {
    if (error) return close();
    request_.body = std::move(parser_->get().body());
    stream_.expires_never();  // computing takes its time
    server_.handler->answer(std::move(request_),
                            [self = shared_from_this(), &io = server_.io](Response response) {
                              asio::post(io, [self, response = std::move(response)]() mutable {
                                self->write(std::move(response));
                              });
                            });
  }

  // Answers and hangs up.
  void refuse(Response response) {
    keep_alive_ = false;
    add_safety_headers(response);
    write(std::move(response));
  }

  void write(Response response) {
    response_ = std::make_unique<http::response<http::string_body>>();
    response_->version(11);
    response_->result(static_cast<unsigned>(response.status));
    response_->set(http::field::content_type, response.type);
    for (const auto& [name, value] : response.headers) response_->insert(name, value);
    response_->keep_alive(keep_alive_);
    response_->body() = std::move(response.body);
    response_->prepare_payload();
    if (parser_->get().method() == http::verb::head) response_->body().clear();
    stream_.expires_after(write_time);
    http::async_write(stream_, *response_,
                      [self = shared_from_this()](error_code error, std::size_t) {
                        self->response_.reset();
                        if (error || !self->keep_alive_) return self->close();
                        self->read_header();
                      });
  }

  void listen() {
    if (server_.listeners >= most_listeners) {
      Response response = failure(503, "busy", "too many pages listen already");
      return refuse(std::move(response));
    }
    Response response{.type = "text/event-stream", .body = {}};
    add_safety_headers(response);
    std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
    for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
    head += "Connection: close\r\n\r\n: hello\n\n";
    ++server_.listeners;
    listening_ = true;
    stream_.expires_never();
    events_.push_back(std::move(head));
    write_event();
    wait_for_end();
  }

  void write_event() {
    asio::async_write(stream_.socket(), asio::buffer(events_.front()),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->close();
                        self->events_.pop_front();
                        if (!self->events_.empty()) self->write_event();
                      });
  }

  // A page that listens says nothing more: whatever comes is its end.
  void wait_for_end() {
    stream_.socket().async_read_some(
        asio::buffer(last_byte_),
        [self = shared_from_this()](error_code, std::size_t) { self->close(); });
  }

  beast::tcp_stream stream_;
  Server::State& server_;
  beast::flat_buffer buffer_;
  std::unique_ptr<Parser> parser_;
  Request request_;
  std::unique_ptr<http::response<http::string_body>> response_;
  bool keep_alive_ = false;
  bool listening_ = false;
  std::deque<std::string> events_;
  char last_byte_[1] = {};
};

void Server::State::accept() {
  acceptor.async_accept([this](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error && sessions.size() < most_sessions) {
      socket.set_option(tcp::no_delay(true), error);
      const auto session = std::make_shared<Session>(std::move(socket), *this);
      sessions.insert(session);
      session->start();
    }
    accept();
  });
}

void Server::State::tick() {
  if (!handler->tick(listeners)) {
    io.stop();
    return;
  }
  timer.expires_after(tick_time);
  timer.async_wait([this](error_code error) {
    if (!error) tick();
  });
}

Server::Server(int port) : state_(std::make_unique<State>()) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port));
  try {
    state_->acceptor.open(endpoint.protocol());
    state_->acceptor.set_option(tcp::acceptor::reuse_address(true));
    state_->acceptor.bind(endpoint);
    state_->acceptor.listen();
    state_->port = state_->acceptor.local_endpoint().port();
  } catch (const boost::system::system_error& error) {
    throw IoError("127.0.0.1:" + std::to_string(port),
                  "cannot serve there: " + error.code().message() +
                      "; leave --port out for one that is free");
  }
}

Server::~Server() {
  // Handlers hold sessions, and sessions refer to the state.
  const auto open = std::move(state_->sessions);
  for (const auto& session : open) session->close();
}

int Server::port() const { return state_->port; }

void Server::run(const Handler& handler) {
  state_->handler = &handler;
  state_->accept();
  state_->tick();
  state_->io.run();
}

void Server::send_event(std::string text) {
  asio::post(state_->io, [this, text = std::move(text)] {
    for (const auto& session : std::set(state_->sessions)) session->send_event(text);
  });
}

}  // namespace eckart::explore
