#include "eckart/io/mapped_files.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>

#include "eckart/error.hpp"
#include "io/atomic_file.hpp"
#include "io/mapping.hpp"

namespace eckart::io {

// A signal handler walks the list of these, so none is ever freed or taken out; that of a file that
// is mapped no more serves the next one, unless the file changed: then it keeps the name.
struct MappedFile {
  // What the handler looks at.
  std::atomic<std::uintptr_t> first{0};
  std::atomic<std::uintptr_t> end{0};  // 0 where nothing is mapped
  std::atomic<bool> zeros_put{false};
  MappedFile* next = nullptr;
  // The rest, under the lock.
  enum class State { unused, mapped, changed } state = State::unused;
  std::string name;
  int file = -1;
  struct stat as_opened {};
};

namespace {

std::atomic<MappedFile*> all_files{nullptr};
std::atomic<bool> guarded{false};
struct sigaction action_before {};

std::mutex& lock() {
  static std::mutex the_lock;
  return the_lock;
}

// Only async-signal-safe calls in here.
void on_bus_error(int number, siginfo_t* info, void*) {
  const int error = errno;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (MappedFile* file = all_files.load(); file != nullptr; file = file->next) {
    const std::uintptr_t end = file->end.load();
    const bool faulted = info->si_code > 0 && address >= file->first.load() && address < end;
    if (!faulted) continue;
    // All that follows is lost as well.
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const std::uintptr_t start = address / page * page;
    void* zeros = mmap(reinterpret_cast<void*>(start), end - start, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (zeros == MAP_FAILED) break;
    file->zeros_put.store(true);
    errno = error;
    return;
  }
  // None of ours: the instruction fails once more, as it would have without us.
  sigaction(number, &action_before, nullptr);
  if (info->si_code <= 0) raise(number);  // no instruction: somebody sent it
}

MappedFile* unused_record() {
  for (MappedFile* file = all_files.load(); file != nullptr; file = file->next) {
    if (file->state == MappedFile::State::unused) return file;
  }
  auto* file = new MappedFile;
  file->next = all_files.load();
  all_files.store(file);
  return file;
}

bool differs(const MappedFile& file) {
  struct stat now {};
  if (file.zeros_put.load() || fstat(file.file, &now) != 0) return true;
  return now.st_size != file.as_opened.st_size ||
         now.st_mtim.tv_sec != file.as_opened.st_mtim.tv_sec ||
         now.st_mtim.tv_nsec != file.as_opened.st_mtim.tv_nsec;
}

}  // namespace

Mapping::Mapping(int file, std::size_t size, const std::string& name) : size_(size) {
  data_ = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (data_ == MAP_FAILED) {
    throw IoError(name, "cannot be mapped into memory: " + error_text(errno));
  }
  try {
    struct stat now {};
    if (fstat(file, &now) != 0 || static_cast<std::size_t>(now.st_size) != size) {
      throw IoError(name, "is being written by another program; wait until it is complete");
    }
    if (guarded.load()) watch(file, now, name);
  } catch (...) {
    munmap(data_, size);
    throw;
  }
}

void Mapping::watch(int file, const struct stat& as_opened, const std::string& name) {
  const std::lock_guard hold(lock());
  MappedFile* record = unused_record();
  record->name = name;
  record->as_opened = as_opened;
  record->file = fcntl(file, F_DUPFD_CLOEXEC, 0);
  if (record->file < 0) throw IoError(name, "cannot be kept open: " + error_text(errno));
  record->state = MappedFile::State::mapped;
  record->first.store(reinterpret_cast<std::uintptr_t>(data_));
  record->end.store(record->first.load() + size_);
  record_ = record;
}

Mapping::~Mapping() {
  if (record_ != nullptr) {
    const std::lock_guard hold(lock());
    record_->end.store(0);
    record_->state = differs(*record_) ? MappedFile::State::changed : MappedFile::State::unused;
    record_->zeros_put.store(false);
    close(record_->file);
  }
  munmap(data_, size_);
}

void guard_mapped_files() {
  if (guarded.exchange(true)) return;
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, &action_before);
}

void require_mapped_files_unchanged() {
  const std::lock_guard hold(lock());
  for (MappedFile* file = all_files.load(); file != nullptr; file = file->next) {
    const bool changed = file->state == MappedFile::State::changed ||
                         (file->state == MappedFile::State::mapped && differs(*file));
    if (!changed) continue;
    throw IoError(file->name,
                  "changed while it was read: another program wrote to it; run again when no "
                  "program does");
  }
}

}  // namespace eckart::io
