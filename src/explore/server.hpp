// HTTP on the loopback address.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "explore/http.hpp"

namespace eckart::explore {

// What the server asks its owner, on its own thread, which none of these may hold up.
struct Handler {
  // Looks at a request whose body is not read yet. An answer ends it.
  std::function<std::optional<Response>(const Request&)> stop;
  // The longest body of a request that may pass.
  std::function<std::uint64_t(const Request&)> body_limit;
  // Answers by calling done, once, from any thread.
  std::function<void(Request, std::function<void(Response)> done)> answer;
  // Called several times a second with the number of pages that listen for events; false ends the
  // server.
  std::function<bool(int listeners)> tick;
};

// Accepts connections on 127.0.0.1 alone. A GET of /api/events that passes becomes a stream of
// server-sent events.
class Server {
 public:
  // port 0: a free one. Throws IoError if it is taken.
  explicit Server(int port);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;

  // Answers until tick says to end.
  void run(const Handler& handler);

  // Sends the text, one line, to every page that listens. Safe from any thread, while run() runs.
  void send_event(std::string text);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace eckart::explore
