// eckart explore: the page, served until Ctrl-C.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "exit_code.hpp"
#include "explore.hpp"
#include "interrupt.hpp"
#include "session.hpp"
#include "terminal.hpp"

namespace eckart::cli {
namespace {

// Whether a browser would have a screen to appear on.
bool has_screen() { return std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY"); }

// Asks the desktop to open the address; quietly nothing where there is no desktop.
void open_browser(const std::string& url) {
  std::string program = "xdg-open", argument = url;
  char* arguments[] = {program.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&files, number, "/dev/null", O_RDWR, 0);
  }
  pid_t child = 0;
  if (posix_spawnp(&child, program.c_str(), &files, nullptr, arguments, environ) == 0) {
    // Somebody has to take its exit code; it may stay as long as the browser.
    std::thread([child] { waitpid(child, nullptr, 0); }).detach();
  }
  posix_spawn_file_actions_destroy(&files);
}

void check_request(const ExploreOptions& o) {
  const std::string& root = o.explorer.web_root;
  if (!root.empty() && !std::filesystem::is_regular_file(root + "/index.html")) {
    throw UsageError("--web-root: " + root +
                     " holds no index.html; expected the folder web of the "
                     "sources");
  }
  for (const std::string& file : o.explorer.files) {
    if (file == "-") throw UsageError("explore: standard input cannot be explored; name a file");
    refuse_device(file);
  }
}

}  // namespace

int run_explore(const ExploreOptions& o) {
  check_request(o);
  const Terminal terminal = detect_terminal(o.output.color);
  Context stop;
  const InterruptGuard guard(stop);
  const auto ready = [&](const explore::Address& address) {
    if (o.output.json) {
      write_stdout(nlohmann::ordered_json{{"schema", 1}, {"url", address.url}}.dump() + "\n");
    } else {
      write_stdout(fmt::format("explorer {}\n", terminal.accent(address.url)));
      if (!o.output.quiet) {
        write_stdout("         on this machine alone; Ctrl-C ends it\n");
      }
    }
    if (!o.no_browser && has_screen()) open_browser(address.launch_url);
  };
  explore::serve(o.explorer, ready, [&] { return stop.cancelled(); });
  return exit_met;
}

}  // namespace eckart::cli
