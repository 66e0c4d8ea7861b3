/* Twins of the C library's functions, for the tests of the platform files
 * themselves: what those do with an error of the kernel can only be seen from
 * below. They fail the way the manual says, and do nothing else in that call,
 * except for close. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/support/twin.h"

RV_TWIN(void *, malloc, (size_t size))
{
    int error = rv_fault_check("malloc");

    if (error != 0) {
        errno = error;
        return NULL;
    }
    return __real_malloc(size);
}

RV_TWIN(void *, calloc, (size_t count, size_t size))
{
    int error = rv_fault_check("calloc");

    if (error != 0) {
        errno = error;
        return NULL;
    }
    return __real_calloc(count, size);
}

RV_TWIN(int, posix_memalign, (void **block, size_t align, size_t size))
{
    int error = rv_fault_check("posix_memalign");

    return error != 0 ? error : __real_posix_memalign(block, align, size);
}

RV_TWIN(void *, mmap,
        (void *address, size_t size, int protection, int flags, int fd,
         off_t offset))
{
    int error = rv_fault_check("mmap");

    if (error != 0) {
        errno = error;
        return MAP_FAILED;
    }
    return __real_mmap(address, size, protection, flags, fd, offset);
}

RV_TWIN(int, munmap, (void *address, size_t size))
{
    int error = rv_fault_check("munmap");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_munmap(address, size);
}

RV_TWIN(int, mprotect, (void *address, size_t size, int protection))
{
    int error = rv_fault_check("mprotect");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_mprotect(address, size, protection);
}

RV_TWIN(int, madvise, (void *address, size_t size, int advice))
{
    int error = rv_fault_check("madvise");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_madvise(address, size, advice);
}

RV_TWIN(int, pthread_create,
        (pthread_t * thread, const pthread_attr_t *attributes,
         void *(*fn)(void *), void *arg))
{
    int error = rv_fault_check("pthread_create");

    return error != 0 ? error
                      : __real_pthread_create(thread, attributes, fn, arg);
}

RV_TWIN(int, eventfd, (unsigned count, int flags))
{
    int error = rv_fault_check("eventfd");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_eventfd(count, flags);
}

RV_TWIN(int, pidfd_open, (pid_t pid, unsigned flags))
{
    int error = rv_fault_check("pidfd_open");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_pidfd_open(pid, flags);
}

RV_TWIN(int, epoll_create1, (int flags))
{
    int error = rv_fault_check("epoll_create1");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_epoll_create1(flags);
}

RV_TWIN(int, epoll_wait,
        (int epoll, struct epoll_event *events, int max, int timeout))
{
    int error = rv_fault_check("epoll_wait");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_epoll_wait(epoll, events, max, timeout);
}

RV_TWIN(int, epoll_pwait2,
        (int epoll, struct epoll_event *events, int max,
         const struct timespec *timeout, const sigset_t *mask))
{
    int error = rv_fault_check("epoll_pwait2");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_epoll_pwait2(epoll, events, max, timeout, mask);
}

RV_TWIN(ssize_t, read, (int fd, void *buffer, size_t size))
{
    int error = rv_fault_check("read");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_read(fd, buffer, size);
}

RV_TWIN(ssize_t, write, (int fd, const void *buffer, size_t size))
{
    int error = rv_fault_check("write");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_write(fd, buffer, size);
}

RV_TWIN(ssize_t, preadv,
        (int fd, const struct iovec *parts, int count, off_t offset))
{
    int error = rv_fault_check("preadv");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_preadv(fd, parts, count, offset);
}

RV_TWIN(ssize_t, pwritev,
        (int fd, const struct iovec *parts, int count, off_t offset))
{
    int error = rv_fault_check("pwritev");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_pwritev(fd, parts, count, offset);
}

RV_TWIN(ssize_t, sendto,
        (int fd, const void *buffer, size_t size, int flags,
         const struct sockaddr *to, socklen_t to_size))
{
    int error = rv_fault_check("sendto");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_sendto(fd, buffer, size, flags, to, to_size);
}

RV_TWIN(int, connect, (int fd, const struct sockaddr *to, socklen_t to_size))
{
    int error = rv_fault_check("connect");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_connect(fd, to, to_size);
}

RV_TWIN(int, ppoll,
        (struct pollfd * fds, nfds_t count, const struct timespec *timeout,
         const sigset_t *mask))
{
    int error = rv_fault_check("ppoll");

    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_ppoll(fds, count, timeout, mask);
}

/* The number is free even when closing fails, as on Linux. */
RV_TWIN(int, close, (int fd))
{
    int error = rv_fault_check("close");
    int result = __real_close(fd);

    if (error != 0) {
        errno = error;
        return -1;
    }
    return result;
}
