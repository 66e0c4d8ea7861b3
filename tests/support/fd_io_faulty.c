/* The faulty twin of src/platform/fd_io.c: see fault.h and twin.h.
 */
#include "src/platform/fd_io.h"
#include "tests/support/twin.h"

/* What a call moves at most under `error`. */
static size_t shortened(int error, size_t size)
{
    return error == RV_FAULT_SHORT && size > 1 ? 1 : size;
}

/* The first byte of the first piece that has one, likewise. */
static struct iovec first_byte(const struct iovec *pieces, int count)
{
    int i = 0;

    while (i < count - 1 && pieces[i].iov_len == 0) {
        i++;
    }
    return (struct iovec){
        .iov_base = pieces[i].iov_base,
        .iov_len = shortened(RV_FAULT_SHORT, pieces[i].iov_len),
    };
}

RV_TWIN(ssize_t, rv_fd_read, (int fd, void *buffer, size_t size))
{
    int error = rv_fault_check("rv_fd_read");

    return error > 0 ? -error
                     : __real_rv_fd_read(fd, buffer, shortened(error, size));
}

RV_TWIN(ssize_t, rv_fd_read_nowait, (int fd, void *buffer, size_t size))
{
    int error = rv_fault_check("rv_fd_read_nowait");

    return error > 0
               ? -error
               : __real_rv_fd_read_nowait(fd, buffer, shortened(error, size));
}

RV_TWIN(ssize_t, rv_fd_recv, (int fd, void *buffer, size_t size, int flags))
{
    int error = rv_fault_check("rv_fd_recv");

    return error > 0
               ? -error
               : __real_rv_fd_recv(fd, buffer, shortened(error, size), flags);
}

RV_TWIN(ssize_t, rv_fd_write, (int fd, const void *buffer, size_t size))
{
    int error = rv_fault_check("rv_fd_write");

    return error > 0 ? -error
                     : __real_rv_fd_write(fd, buffer, shortened(error, size));
}

RV_TWIN(ssize_t, rv_fd_pwrite,
        (int fd, const void *buffer, size_t size, off_t offset))
{
    int error = rv_fault_check("rv_fd_pwrite");

    return error > 0 ? -error
                     : __real_rv_fd_pwrite(fd, buffer, shortened(error, size),
                                           offset);
}

RV_TWIN(ssize_t, rv_fd_write_nowait, (int fd, const void *buffer, size_t size))
{
    int error = rv_fault_check("rv_fd_write_nowait");

    return error > 0
               ? -error
               : __real_rv_fd_write_nowait(fd, buffer, shortened(error, size));
}

RV_TWIN(ssize_t, rv_fd_send,
        (int fd, const void *buffer, size_t size, int flags))
{
    int error = rv_fault_check("rv_fd_send");

    return error > 0
               ? -error
               : __real_rv_fd_send(fd, buffer, shortened(error, size), flags);
}

RV_TWIN(ssize_t, rv_fd_readv, (int fd, const struct iovec *pieces, int count))
{
    int error = rv_fault_check("rv_fd_readv");

    if (error == RV_FAULT_SHORT && count > 0) {
        struct iovec piece = first_byte(pieces, count);

        return __real_rv_fd_readv(fd, &piece, 1);
    }
    return error > 0 ? -error : __real_rv_fd_readv(fd, pieces, count);
}

RV_TWIN(ssize_t, rv_fd_writev, (int fd, const struct iovec *pieces, int count))
{
    int error = rv_fault_check("rv_fd_writev");

    if (error == RV_FAULT_SHORT && count > 0) {
        struct iovec piece = first_byte(pieces, count);

        return __real_rv_fd_writev(fd, &piece, 1);
    }
    return error > 0 ? -error : __real_rv_fd_writev(fd, pieces, count);
}

RV_TWIN(ssize_t, rv_fd_recvfrom,
        (int fd, void *buffer, size_t size, int flags, struct sockaddr *from,
         socklen_t *from_size))
{
    int error = rv_fault_check("rv_fd_recvfrom");

    return error != 0 ? -error
                      : __real_rv_fd_recvfrom(fd, buffer, size, flags, from,
                                              from_size);
}

RV_TWIN(ssize_t, rv_fd_recvmsg, (int fd, struct msghdr *message, int flags))
{
    int error = rv_fault_check("rv_fd_recvmsg");

    return error != 0 ? -error : __real_rv_fd_recvmsg(fd, message, flags);
}

RV_TWIN(ssize_t, rv_fd_sendto,
        (int fd, const void *buffer, size_t size, int flags,
         const struct sockaddr *to, socklen_t to_size))
{
    int error = rv_fault_check("rv_fd_sendto");

    return error != 0
               ? -error
               : __real_rv_fd_sendto(fd, buffer, size, flags, to, to_size);
}

RV_TWIN(ssize_t, rv_fd_sendmsg,
        (int fd, const struct msghdr *message, int flags))
{
    int error = rv_fault_check("rv_fd_sendmsg");

    if (error == RV_FAULT_SHORT && message->msg_iovlen > 0) {
        struct iovec piece =
            first_byte(message->msg_iov, (int)message->msg_iovlen);
        struct msghdr part = *message;

        part.msg_iov = &piece;
        part.msg_iovlen = 1;
        return __real_rv_fd_sendmsg(fd, &part, flags);
    }
    return error > 0 ? -error : __real_rv_fd_sendmsg(fd, message, flags);
}

RV_TWIN(int, rv_fd_socket, (int domain, int type, int protocol))
{
    int error = rv_fault_check("rv_fd_socket");

    return error != 0 ? -error : __real_rv_fd_socket(domain, type, protocol);
}

RV_TWIN(int, rv_fd_pipe, (int fds[2]))
{
    int error = rv_fault_check("rv_fd_pipe");

    return error != 0 ? -error : __real_rv_fd_pipe(fds);
}

RV_TWIN(int, rv_fd_socketpair, (int domain, int type, int fds[2]))
{
    int error = rv_fault_check("rv_fd_socketpair");

    return error != 0 ? -error : __real_rv_fd_socketpair(domain, type, fds);
}

RV_TWIN(int, rv_fd_accept,
        (int fd, struct sockaddr *from, socklen_t *from_size))
{
    int error = rv_fault_check("rv_fd_accept");

    return error != 0 ? -error : __real_rv_fd_accept(fd, from, from_size);
}

RV_TWIN(int, rv_fd_connect,
        (int fd, const struct sockaddr *to, socklen_t to_size))
{
    int error = rv_fault_check("rv_fd_connect");

    return error != 0 ? -error : __real_rv_fd_connect(fd, to, to_size);
}

RV_TWIN(int, rv_fd_bind,
        (int fd, const struct sockaddr *address, socklen_t size))
{
    int error = rv_fault_check("rv_fd_bind");

    return error != 0 ? -error : __real_rv_fd_bind(fd, address, size);
}

RV_TWIN(int, rv_fd_listen, (int fd, int backlog))
{
    int error = rv_fault_check("rv_fd_listen");

    return error != 0 ? -error : __real_rv_fd_listen(fd, backlog);
}

RV_TWIN(int, rv_fd_shutdown, (int fd, int how))
{
    int error = rv_fault_check("rv_fd_shutdown");

    return error != 0 ? -error : __real_rv_fd_shutdown(fd, how);
}

RV_TWIN(int, rv_fd_setsockopt,
        (int fd, int level, int option, const void *value, socklen_t size))
{
    int error = rv_fault_check("rv_fd_setsockopt");

    return error != 0 ? -error
                      : __real_rv_fd_setsockopt(fd, level, option, value, size);
}

RV_TWIN(int, rv_fd_getsockopt,
        (int fd, int level, int option, void *value, socklen_t *size))
{
    int error = rv_fault_check("rv_fd_getsockopt");

    return error != 0 ? -error
                      : __real_rv_fd_getsockopt(fd, level, option, value, size);
}

RV_TWIN(int, rv_fd_getpeername,
        (int fd, struct sockaddr *address, socklen_t *size))
{
    int error = rv_fault_check("rv_fd_getpeername");

    return error != 0 ? -error : __real_rv_fd_getpeername(fd, address, size);
}

RV_TWIN(int, rv_fd_getsockname,
        (int fd, struct sockaddr *address, socklen_t *size))
{
    int error = rv_fault_check("rv_fd_getsockname");

    return error != 0 ? -error : __real_rv_fd_getsockname(fd, address, size);
}

RV_TWIN(int, rv_fd_poll, (struct pollfd * fds, unsigned count, int64_t timeout))
{
    int error = rv_fault_check("rv_fd_poll");

    return error != 0 ? -error : __real_rv_fd_poll(fds, count, timeout);
}

/* The number is free even when closing fails, as on Linux. */
RV_TWIN(int, rv_fd_close, (int fd))
{
    int error = rv_fault_check("rv_fd_close");
    int result = __real_rv_fd_close(fd);

    return error != 0 ? -error : result;
}
