// eckart accelerate: runs a program with the LAPACK drop-in, and says whether it was called.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "eckart/error.hpp"
#include "exit_code.hpp"
#include "lapack/replay.hpp"
#include "lapack/statistics.hpp"
#include "options.hpp"

namespace eckart::cli {
namespace {

// The drop-in beside this program, as it is built and as it is installed.
std::string find_library(bool ilp64) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string name = ilp64 ? "libeckart_lapack64.so" : "libeckart_lapack.so";
  const auto path = self.parent_path().parent_path() / ECKART_LIBRARY_FOLDER / name;
  if (!std::filesystem::exists(path)) {
    throw IoError(path,
                  "the drop-in is not there; it is built where OpenBLAS has a static library");
  }
  return path;
}

// The counts of all processes of a command, in a file without a name that they inherit.
class SharedCounts {
 public:
  SharedCounts() : file_(memfd_create("eckart counts", 0)) {
    if (file_ < 0 || ftruncate(file_, sizeof(lapack::Counts)) != 0) return;
    void* place = mmap(nullptr, sizeof(lapack::Counts), PROT_READ, MAP_SHARED, file_, 0);
    if (place != MAP_FAILED) counts_ = static_cast<const lapack::Counts*>(place);
  }
  ~SharedCounts() {
    if (counts_ != nullptr) munmap(const_cast<lapack::Counts*>(counts_), sizeof(lapack::Counts));
    if (file_ >= 0) close(file_);
  }
  SharedCounts(const SharedCounts&) = delete;
  SharedCounts& operator=(const SharedCounts&) = delete;

  // Children may close the inherited file: they open it through this process.
  std::string path() const { return fmt::format("/proc/{}/fd/{}", getpid(), file_); }
  const lapack::Counts* get() const { return counts_; }

 private:
  int file_;
  const lapack::Counts* counts_ = nullptr;
};

pid_t child = 0;

void pass_on(int signal_number) {
  if (child > 0) kill(child, signal_number);
}

// Replaces this process by the command; returns only if that fails.
void become(const std::vector<std::string>& command,
            const std::string& library,
            const std::string& counts,
            bool compare) {
  const char* others = std::getenv("LD_PRELOAD");
  const bool alone = others == nullptr || *others == '\0';
  setenv("LD_PRELOAD", (alone ? library : library + ":" + others).c_str(), 1);
  setenv(lapack::counts_variable, counts.c_str(), 1);
  if (compare) setenv(lapack::compare_variable, "1", 1);
  for (const int changed : {SIGPIPE, SIGXFSZ, SIGINT, SIGQUIT, SIGTERM, SIGHUP}) {
    signal(changed, SIG_DFL);
  }
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  std::fprintf(stderr, "eckart: %s: %s\n", command[0].c_str(), std::strerror(errno));
}

// Returns the exit code as a shell tells it.
int wait_for_child() {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

double seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

std::string table(const lapack::Counts& counts) {
  std::string text;
  for (std::size_t i = 0; i < lapack::routine_names.size(); ++i) {
    const lapack::Counts::Of& of = counts.routines[i];
    if (of.calls == 0) continue;
    text += fmt::format("eckart: {:<8}{:>9} call{} {:>12.6f} s\n", lapack::routine_names[i],
                        of.calls.load(), of.calls == 1 ? " " : "s", seconds(of.nanoseconds));
  }
  return text;
}

// The time saved, as far as calls were compared.
std::string comparison(const lapack::Counts& counts) {
  std::uint64_t ours = 0;
  std::uint64_t machines = 0;
  for (const lapack::Counts::Of& of : counts.routines) {
    ours += of.compared;
    machines += of.machines;
  }
  if (ours == 0) {
    return "eckart: no call was compared: there is no liblapack.so.3, or none was of gesdd, gesvd "
           "or gelsd with 32-bit integers\n";
  }
  return fmt::format(
      "eckart: {:.6f} s {}: {:.6f} s here for {:.6f} s in the machine's LAPACK (an estimate: "
      "one call of each routine, job and size within a factor of two was repeated there)\n",
      std::abs(seconds(machines) - seconds(ours)), machines >= ours ? "saved" : "lost",
      seconds(ours), seconds(machines));
}

// What there is to say when the command has ended.
std::string verdict(const lapack::Counts& counts, const AccelerateOptions& options) {
  const std::string& command = options.command[0];
  if (counts.processes == 0) {
    return fmt::format(
        "eckart: {} ran without the drop-in: it is linked statically, or may not be preloaded to "
        "(setuid)\n",
        command);
  }
  const std::string calls = table(counts);
  if (calls.empty()) {
    return fmt::format(
        "eckart: the drop-in was loaded, but no SVD of {} came to it: it made none, or it calls a "
        "LAPACK of its own (Julia; a static library; 64-bit integers under plain names: "
        "--ilp64)\n",
        command);
  }
  if (options.compare) return calls + comparison(counts);
  return options.statistics ? calls : "";
}

}  // namespace

int run_accelerate(const AccelerateOptions& options) {
  if (options.command.empty()) {
    throw UsageError("accelerate: no command; write: eckart accelerate -- COMMAND...");
  }
  const std::string library = find_library(options.ilp64);
  const SharedCounts counts;
  for (const int ours : {SIGINT, SIGQUIT}) signal(ours, SIG_IGN);  // the terminal tells the child
  child = fork();
  if (child == 0) {
    become(options.command, library, counts.path(), options.compare);
    constexpr int not_found = 127;  // as a shell says it
    _exit(not_found);
  }
  if (child < 0) throw IoError(options.command[0], std::strerror(errno));
  for (const int other : {SIGTERM, SIGHUP}) signal(other, pass_on);
  const int code = wait_for_child();
  if (!options.quiet && counts.get() != nullptr && code != 127) {
    std::fputs(verdict(*counts.get(), options).c_str(), stderr);
  }
  return code;
}

}  // namespace eckart::cli
