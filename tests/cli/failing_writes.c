/* Preloaded: the ECKART_FAIL_AT-th call that changes a file or a folder fails as on a full disk.
 * The file ECKART_FAIL_MARK then gets the name of the call. Pipes and terminals are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int calls;

static int fails(const char *name) {
  const char *at = getenv("ECKART_FAIL_AT"), *mark = getenv("ECKART_FAIL_MARK");
  if (!at || !mark || __sync_add_and_fetch(&calls, 1) != atoi(at)) return 0;
  int file = open(mark, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ssize_t (*real_write)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  real_write(file, name, strlen(name));
  close(file);
  errno = ENOSPC;
  return 1;
}

static int is_file(int file) {
  struct stat status;
  return fstat(file, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *bytes, size_t count) {
  if (is_file(file) && fails("write")) return -1;
  return REAL(ssize_t, write, int, const void *, size_t)(file, bytes, count);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
  if (is_file(file) && fails("pwrite")) return -1;
  return REAL(ssize_t, pwrite, int, const void *, size_t, off_t)(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off_t at) {
  return pwrite(file, bytes, count, at);
}
int fsync(int file) {
  if (is_file(file) && fails("fsync")) return -1;
  return REAL(int, fsync, int)(file);
}
int fallocate(int file, int mode, off_t from, off_t count) {
  if (fails("fallocate")) return -1;
  return REAL(int, fallocate, int, int, off_t, off_t)(file, mode, from, count);
}
int fallocate64(int file, int mode, off_t from, off_t count) {
  return fallocate(file, mode, from, count);
}
int ftruncate(int file, off_t size) {
  if (fails("ftruncate")) return -1;
  return REAL(int, ftruncate, int, off_t)(file, size);
}
int ftruncate64(int file, off_t size) { return ftruncate(file, size); }
int mkdir(const char *path, mode_t mode) {
  if (fails("mkdir")) return -1;
  return REAL(int, mkdir, const char *, mode_t)(path, mode);
}
int rename(const char *from, const char *to) {
  if (fails("rename")) return -1;
  return REAL(int, rename, const char *, const char *)(from, to);
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  if (fails("renameat2")) return -1;
  return REAL(int, renameat2, int, const char *, int, const char *, unsigned)(
      from_folder, from, to_folder, to, flags);
}
