/* Faults, for tests of the real program, which is started with this in LD_PRELOAD. FAULTS names a folder: its file `clock` says by how many seconds
 * the wall clock is off; while it has a file `read-only`, nothing can be written, as on a file system that the kernel has made read-only. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char *fault(const char *name, char path[4096]) {
    const char *folder = getenv("FAULTS");
    if (!folder || snprintf(path, 4096, "%s/%s", folder, name) >= 4096) return NULL;
    return path;
}

static int is_read_only(void) {
    char path[4096];
    int before = errno;
    int is = fault("read-only", path) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
    errno = before;
    return is;
}

static long seconds_off(void) {
    char path[4096], text[32] = {0};
    int before = errno;
    long off = 0;
    if (fault("clock", path)) {
        int file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
        if (file >= 0) {
            if (syscall(SYS_read, file, text, sizeof text - 1) > 0) off = atol(text);
            syscall(SYS_close, file);
        }
    }
    errno = before;
    return off;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME) now->tv_sec += seconds_off();
    return failed;
}

/* Whether a write to an open file fails; pipes and sockets are no files. */
static int refuses(int file) {
    struct stat about;
    if (!is_read_only() || fstat(file, &about) || !S_ISREG(about.st_mode)) return 0;
    errno = EROFS;
    return 1;
}

static int refuses_change(void) {
    if (!is_read_only()) return 0;
    errno = EROFS;
    return 1;
}

ssize_t write(int file, const void *bytes, size_t count) {
    return refuses(file) ? -1 : syscall(SYS_write, file, bytes, count);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    return refuses(file) ? -1 : syscall(SYS_writev, file, parts, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    return refuses(file) ? -1 : syscall(SYS_pwrite64, file, bytes, count, at);
}

int ftruncate64(int file, off64_t length) {
    return refuses(file) ? -1 : syscall(SYS_ftruncate, file, length);
}

int rename(const char *from, const char *to) {
    return refuses_change() ? -1 : syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int mkdir(const char *path, mode_t mode) {
    return refuses_change() ? -1 : syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int unlink(const char *path) {
    return refuses_change() ? -1 : syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
    int is_device = !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6);
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;
    if (writes && !is_device && refuses_change()) return -1;
    return syscall(SYS_openat, folder, path, flags, mode);
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_at(folder, path, flags, mode);
}
