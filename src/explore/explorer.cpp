// The explorer, put together: server, gate, shelf, worker.
#include "eckart/explore/explorer.hpp"

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>

#include "eckart/context.hpp"
#include "eckart/error.hpp"
#include "explore/api.hpp"
#include "explore/gate.hpp"
#include "explore/server.hpp"
#include "explore/shelf.hpp"
#include "explore/worker.hpp"

namespace eckart::explore {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t default_upload_limit = std::uint64_t{4} << 30;

void check(const ExplorerOptions& options) {
  require(options.port >= 0 && options.port <= 65535, "port must be from 0 to 65535");
  require(options.max_seconds > 0, "max_seconds must be above 0");
  require(options.idle_seconds >= 0, "idle_seconds must not be below 0");
}

// Sends what a computation reports, ten times a second at most.
std::function<void(const Progress&)> reporter(Server& server) {
  return [&server, last = Clock::time_point{}](const Progress& now) mutable {
    if (Clock::now() - last < std::chrono::milliseconds(100)) return;
    last = Clock::now();
    nlohmann::ordered_json event = {{"stage", now.stage}, {"fraction", now.fraction}};
    server.send_event(event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  };
}

}  // namespace

void serve(const ExplorerOptions& options,
           const std::function<void(const Address&)>& ready,
           const std::function<bool()>& stop_requested) {
  check(options);
  const std::uint64_t upload_limit =
      options.max_memory_bytes != 0 ? options.max_memory_bytes : default_upload_limit;
  Shelf shelf(upload_limit);
  for (const std::string& file : options.files) shelf.open(file, options.max_memory_bytes);

  Server server(options.port);
  const Secrets secrets = make_secrets();
  Gate gate(server.port(), secrets);
  Api api(shelf, options);
  Context context;
  if (options.threads > 0) context.set_threads(options.threads);
  context.set_memory_cap_bytes(options.max_memory_bytes);
  context.on_progress(reporter(server));
  Context listing(1);  // of what the I/O thread answers itself, none of which computes
  Worker worker(context, options.max_seconds);

  Clock::time_point last_use = Clock::now();
  const Handler handler{
      .stop = [&](const Request& request) -> std::optional<Response> {
        auto refusal = gate.stop(request);
        if (refusal) {
          add_safety_headers(*refusal);
        } else {
          last_use = Clock::now();
        }
        return refusal;
      },
      .body_limit = [&](const Request& request) { return Gate::body_limit(request, upload_limit); },
      .answer =
          [&](Request request, std::function<void(Response)> done) {
            const auto send = [done = std::move(done)](Response response) {
              add_safety_headers(response);
              done(std::move(response));
            };
            if (Api::is_computation(request)) {
              worker.ask([&api, request = std::move(request)](
                             Context& running) { return api.answer(request, running); },
                         send);
              return;
            }
            if (request.method == "POST" && path_of(request) == "/api/cancel") {
              worker.cancel();
              return send({.body = "{}"});
            }
            send(api.answer(request, listing));
          },
      .tick =
          [&](int listeners) {
            if (listeners > 0 || worker.busy()) last_use = Clock::now();
            const std::chrono::duration<double> idle = Clock::now() - last_use;
            const bool left = options.idle_seconds > 0 && idle.count() > options.idle_seconds;
            return !left && !stop_requested();
          }};
  const std::string start = "http://127.0.0.1:" + std::to_string(server.port()) + "/?token=";
  ready({start + secrets.token, start + secrets.launch});
  server.run(handler);
}

}  // namespace eckart::explore
