/* A disk that remembers and fails on cue: preloaded into a process (LD_PRELOAD), it writes down what
 * the process does to files under one directory, in the order in which it was done, and fails the
 * call that it is told to. `trace.rs` reads what it writes.
 *
 * STRONGROOM_DISK_ROOT   the directory, absolute; without it nothing is watched
 * STRONGROOM_DISK_TRACE  the file to write to
 * STRONGROOM_DISK_FAIL   `<number> <how>`: the call of this number, from 0, fails, and how:
 *     eio      nothing is done, EIO
 *     full     nothing is done, ENOSPC, and so do all calls after it that need room, up to 12
 *     short    a write does half of it; what is no write fails with EIO
 *     after    it is done, and EIO is returned nevertheless
 *
 * The file `acks` in the directory is where the process tells what it was told: it never fails and is
 * not counted.
 *
 * A record: kind (1 byte), length of the path (4), offset or length (8), length of the data (8), all
 * in the machine's byte order; then path and data.
 *     C a file was made    W written     T cut or made longer    S synced (fsync, fdatasync)
 *     U unlinked           R renamed, the data is the new path   M a directory was made
 *
 * What is mapped into memory (SQLite's `-shm` file) is not seen; nothing depends on it after a start. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t one_by_one = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static size_t root_length;
static int trace = -1;
static long fail_at = -1, calls, full_left;
static char how[16];

__attribute__((constructor)) static void begin(void)
{
    const char *fail = getenv("STRONGROOM_DISK_FAIL"), *file = getenv("STRONGROOM_DISK_TRACE");
    root = getenv("STRONGROOM_DISK_ROOT");
    if (!root || !file)
        return;
    root_length = strlen(root);
    trace = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fail && sscanf(fail, "%ld %15s", &fail_at, how) != 2)
        abort();
}

static int watched(const char *path)
{
    return trace >= 0 && strncmp(path, root, root_length) == 0 && path[root_length] == '/';
}

static int path_of(int fd, char *path)
{
    char link[64];
    if (trace < 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = syscall(SYS_readlinkat, AT_FDCWD, link, path, 4095);
    if (n < 0)
        return 0;
    path[n] = 0;
    return watched(path) || (strncmp(path, root, root_length) == 0 && !path[root_length]);
}

static void note(char kind, const char *path, uint64_t at, const void *data, uint64_t length)
{
    uint32_t path_length = (uint32_t)strlen(path);
    char head[21];
    head[0] = kind;
    memcpy(head + 1, &path_length, 4);
    memcpy(head + 5, &at, 8);
    memcpy(head + 13, &length, 8);
    syscall(SYS_write, trace, head, sizeof head);
    syscall(SYS_write, trace, path, path_length);
    if (length)
        syscall(SYS_write, trace, data, length);
}

enum fate { WELL, NOTHING, HALF, AFTER };

/* What becomes of the next call, which is about `path`; `room`: whether it needs some on the disk. */
static enum fate next(const char *path, int room)
{
    if (!strcmp(path + root_length, "/acks"))
        return WELL;
    long number = calls++;
    if (full_left && room) {
        full_left--;
        errno = ENOSPC;
        return NOTHING;
    }
    if (number != fail_at)
        return WELL;
    errno = EIO;
    if (!strcmp(how, "after"))
        return AFTER;
    if (!strcmp(how, "short"))
        return HALF;
    if (!strcmp(how, "full")) {
        full_left = 12;
        errno = ENOSPC;
    }
    return NOTHING;
}

static ssize_t put(int fd, const void *data, size_t length, int64_t at, int moves)
{
    char path[4096];
    if (!path_of(fd, path))
        return moves ? syscall(SYS_write, fd, data, length)
                     : syscall(SYS_pwrite64, fd, data, length, at);
    pthread_mutex_lock(&one_by_one);
    enum fate fate = next(path, 1);
    ssize_t done = -1;
    if (fate == HALF && length > 1)
        length /= 2;
    if (fate != NOTHING) {
        if (moves)
            at = syscall(SYS_lseek, fd, 0, SEEK_CUR);
        done = moves ? syscall(SYS_write, fd, data, length)
                     : syscall(SYS_pwrite64, fd, data, length, at);
        if (done > 0)
            note('W', path, (uint64_t)at, data, (uint64_t)done);
    }
    if (fate == AFTER) {
        errno = EIO;
        done = -1;
    }
    pthread_mutex_unlock(&one_by_one);
    return done;
}

ssize_t write(int fd, const void *data, size_t length) { return put(fd, data, length, 0, 1); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return put(fd, data, length, at, 0); }
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) { return put(fd, data, length, at, 0); }

static int sync_by(long call, int fd)
{
    char path[4096];
    if (!path_of(fd, path))
        return (int)syscall(call, fd);
    pthread_mutex_lock(&one_by_one);
    enum fate fate = next(path, 0);
    int done = -1;
    if (fate == WELL || fate == AFTER) {
        done = (int)syscall(call, fd);
        note('S', path, 0, 0, 0);
    }
    if (fate != WELL) {
        errno = EIO;
        done = -1;
    }
    pthread_mutex_unlock(&one_by_one);
    return done;
}

int fsync(int fd) { return sync_by(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_by(SYS_fdatasync, fd); }

static int cut(int fd, int64_t length)
{
    char path[4096];
    if (!path_of(fd, path))
        return (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&one_by_one);
    enum fate fate = next(path, 0);
    int done = -1;
    if (fate == WELL || fate == AFTER) {
        done = (int)syscall(SYS_ftruncate, fd, length);
        if (!done)
            note('T', path, (uint64_t)length, 0, 0);
    }
    if (fate != WELL) {
        errno = EIO;
        done = -1;
    }
    pthread_mutex_unlock(&one_by_one);
    return done;
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

static int open_by(int directory, const char *path, int flags, mode_t mode)
{
    if (directory != AT_FDCWD || !(flags & O_CREAT) || !watched(path))
        return (int)syscall(SYS_openat, directory, path, flags, mode);
    pthread_mutex_lock(&one_by_one);
    int is_new = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
    enum fate fate = is_new ? next(path, 1) : WELL;
    int fd = -1;
    if (fate == WELL) {
        fd = (int)syscall(SYS_openat, directory, path, flags, mode);
        if (fd >= 0 && is_new)
            note('C', path, 0, 0, 0);
    } else if (fate != NOTHING) {
        errno = EIO;
    }
    pthread_mutex_unlock(&one_by_one);
    return fd;
}

#define MODE                                \
    mode_t mode = 0;                        \
    if (flags & O_CREAT) {                  \
        va_list more;                       \
        va_start(more, flags);              \
        mode = va_arg(more, mode_t);        \
        va_end(more);                       \
    }
int open(const char *path, int flags, ...) { MODE return open_by(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return open_by(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE return open_by(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE return open_by(at, path, flags, mode); }

int unlink(const char *path)
{
    if (!watched(path))
        return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    pthread_mutex_lock(&one_by_one);
    enum fate fate = next(path, 0);
    int done = -1;
    if (fate == WELL || fate == AFTER) {
        done = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
        if (!done)
            note('U', path, 0, 0, 0);
    }
    if (fate != WELL) {
        errno = EIO;
        done = -1;
    }
    pthread_mutex_unlock(&one_by_one);
    return done;
}

int rename(const char *from, const char *to)
{
    pthread_mutex_lock(&one_by_one);
    enum fate fate = watched(from) ? next(from, 1) : WELL;
    int done = -1;
    if (fate == WELL) {
        done = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
        if (!done && watched(from))
            note('R', from, 0, to, strlen(to));
    }
    pthread_mutex_unlock(&one_by_one);
    return done;
}

int mkdir(const char *path, mode_t mode)
{
    int done = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (!done && watched(path)) {
        pthread_mutex_lock(&one_by_one);
        note('M', path, 0, 0, 0);
        pthread_mutex_unlock(&one_by_one);
    }
    return done;
}
