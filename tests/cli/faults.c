/* Preloaded: one fault, or one kind of fault, where ECKART_FAULT says so.
 *   malloc:K    the K-th allocation fails; malloc:K+ that and all later ones
 *   read:K      the K-th read of a file of the working folder fails as on a broken disk
 *   pieces      reads and writes hand over a few bytes a call, every other call is interrupted
 *   clock       the clock of the day jumps back and forth, the other one only forth
 *   shrink:NAME the file NAME loses its second half once it has been mapped
 * What was made to fail is told in the file ECKART_FAULT_MARK. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

static const char *fault_of(const char *kind) {
  const char *fault = getenv("ECKART_FAULT");
  size_t length = strlen(kind);
  return fault && strncmp(fault, kind, length) == 0 ? fault + length : NULL;
}

static void mark(const char *what) {
  const char *path = getenv("ECKART_FAULT_MARK");
  int file = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
  if (file < 0) return;
  REAL(ssize_t, write, int, const void *, size_t)(file, what, strlen(what));
  close(file);
}

/* Whether the K-th of "K" or "K+" is now. */
static int is_due(const char *at, int *calls) {
  char *end;
  long k = at ? strtol(at, &end, 10) : 0;
  if (!at) return 0;
  int call = __sync_add_and_fetch(calls, 1);
  return call == k || (*end == '+' && call > k);
}

/* --- memory ------------------------------------------------------------------------------- */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
static int allocations, counting;

/* Counting begins where the tool's main does, with a call of this: before it, libraries set up a
 * hundred small things that nobody can catch the failure of. */
typedef void (*handler)(int);
handler signal(int number, handler to) {
  counting = 1;
  return REAL(handler, signal, int, handler)(number, to);
}
/* For callers inside the process: from here on. */
void count_faults(int whether) {
  counting = whether;
  allocations = 0;
}

/* Ours are what the program asks for, by new or itself, and the libraries that read pictures and
 * archives. The run-time library of OpenMP, the BLAS and MPI end the program when they get none. */
static int out_of_memory(void *caller) {
  static __thread int inside;
  const char *at = fault_of("malloc:");
  if (!at || !counting || inside) return 0;
  inside = 1;
  static const char *const callers[] = {"eckart",  "libstdc++", "libz.so", "libpng", "libjpeg",
                                        "libfmt",  "libstemmer", "libutf8proc"};
  Dl_info info;
  const int known = dladdr(caller, &info) && info.dli_fname;
  int fails = 0;
  for (size_t i = 0; known && i < sizeof callers / sizeof *callers; ++i) {
    fails = fails || strstr(info.dli_fname, callers[i]) != NULL;
  }
  fails = fails && is_due(at, &allocations);
  if (fails) {
    mark(info.dli_fname);
    errno = ENOMEM;
  }
  inside = 0;
  return fails;
}

void *malloc(size_t size) {
  return out_of_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  return out_of_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}
void *realloc(void *block, size_t size) {
  return out_of_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(block, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  return out_of_memory(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}
int posix_memalign(void **block, size_t alignment, size_t size) {
  if (out_of_memory(__builtin_return_address(0))) return ENOMEM;
  *block = __libc_memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}

/* malloc:0 only counts. */
__attribute__((destructor)) static void tell_count(void) {
  const char *at = fault_of("malloc:");
  char text[32];
  if (!at || strcmp(at, "0") != 0) return;
  counting = 0;
  snprintf(text, sizeof text, "%d", allocations);
  mark(text);
}

/* --- reads and writes --------------------------------------------------------------------- */

static int reads, pieces;

/* Whether the file lies in the working folder: the system's own are left alone. */
static int is_ours(int file) {
  char link[64], path[4096], folder[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0 || !getcwd(folder, sizeof folder)) return 0;
  path[length] = 0;
  return strncmp(path, folder, strlen(folder)) == 0;
}

static int read_fails(int file) {
  const char *at = fault_of("read:");
  if (!at || !is_ours(file) || !is_due(at, &reads)) return 0;
  mark("read");
  errno = EIO;
  return 1;
}

/* Cuts the count; returns whether the call is interrupted instead. */
static int interrupted(int file, size_t *count) {
  if (!fault_of("pieces") || !is_ours(file)) return 0;
  int call = __sync_add_and_fetch(&pieces, 1);
  size_t most = 1 + (size_t)call * 7919 % 4093;
  if (*count > most) *count = most;
  if (call % 2) mark("pieces");
  if (call % 2) errno = EINTR;
  return call % 2;
}

ssize_t read(int file, void *bytes, size_t count) {
  if (read_fails(file) || interrupted(file, &count)) return -1;
  return REAL(ssize_t, read, int, void *, size_t)(file, bytes, count);
}
ssize_t pread(int file, void *bytes, size_t count, off_t at) {
  if (read_fails(file) || interrupted(file, &count)) return -1;
  return REAL(ssize_t, pread, int, void *, size_t, off_t)(file, bytes, count, at);
}
ssize_t pread64(int file, void *bytes, size_t count, off_t at) {
  return pread(file, bytes, count, at);
}
ssize_t write(int file, const void *bytes, size_t count) {
  if (interrupted(file, &count)) return -1;
  return REAL(ssize_t, write, int, const void *, size_t)(file, bytes, count);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
  if (interrupted(file, &count)) return -1;
  return REAL(ssize_t, pwrite, int, const void *, size_t, off_t)(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off_t at) {
  return pwrite(file, bytes, count, at);
}

/* --- clocks ------------------------------------------------------------------------------- */

int clock_gettime(clockid_t clock, struct timespec *now) {
  int status = REAL(int, clock_gettime, clockid_t, struct timespec *)(clock, now);
  static int looks;
  if (status != 0 || !fault_of("clock")) return status;
  int look = __sync_add_and_fetch(&looks, 1);
  mark("clock");
  if (clock == CLOCK_REALTIME) now->tv_sec += look % 2 ? 86400 : -86400;
  if (clock == CLOCK_MONOTONIC) now->tv_sec += 3600 * (time_t)look;
  return status;
}

/* --- mapped files ------------------------------------------------------------------------- */

static int shrinking = -1;

void *mmap(void *place, size_t size, int protection, int flags, int file, off_t at) {
  const char *name = fault_of("shrink:");
  if (name && file >= 0 && shrinking < 0) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    const char *base = strrchr(path, '/');
    if (base && strcmp(base + 1, name) == 0) shrinking = file;
  }
  return REAL(void *, mmap, void *, size_t, int, int, int, off_t)(place, size, protection, flags,
                                                                  file, at);
}
void *mmap64(void *place, size_t size, int protection, int flags, int file, off_t at) {
  return mmap(place, size, protection, flags, file, at);
}
/* The reader has looked at the size a last time and lets go of the file. */
int close(int file) {
  if (shrinking >= 0 && file == shrinking) {
    struct stat status;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    shrinking = 1 << 30;
    if (fstat(file, &status) == 0 && truncate(link, status.st_size / 2) == 0) mark("shrink");
  }
  return REAL(int, close, int)(file);
}
