#include "adapters/openssl/socket_bio.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Writers wait for an empty backlog. What is left are OpenSSL's own answers to
 * a peer that keeps asking and does not read. */
#define BACKLOG_MAX 65536

/* Not inlined: a caller that waits may move to another thread, and compilers
 * would keep the address of this one's errno. */
__attribute__((noinline)) static size_t send_now(rv_tls_socket *socket,
                                                 const void *data, size_t size)
{
    ssize_t sent = send(socket->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
        return (size_t)sent;
    }
    if (errno != EAGAIN && errno != EINTR) {
        socket->send_error = -errno;
    }
    return 0;
}

static void keep(rv_tls_socket *socket, const char *data, size_t size)
{
    unsigned char *grown =
        realloc(socket->backlog, socket->backlog_size + size);
    if (grown == NULL) {
        socket->send_error = -ENOMEM;
        return;
    }
    memcpy(grown + socket->backlog_size, data, size);
    socket->backlog = grown;
    socket->backlog_size += size;
}

bool rv_tls_socket_flush(rv_tls_socket *socket)
{
    if (socket->backlog_size != 0) {
        size_t sent = send_now(socket, socket->backlog, socket->backlog_size);
        socket->backlog_size -= sent;
        memmove(socket->backlog, socket->backlog + sent, socket->backlog_size);
    }
    if (socket->send_error != 0 || socket->backlog_size == 0) {
        free(socket->backlog);
        socket->backlog = NULL;
        socket->backlog_size = 0;
    }
    return socket->backlog_size == 0;
}

static int bio_write(BIO *bio, const char *data, int size)
{
    rv_tls_socket *socket = BIO_get_data(bio);
    size_t left = (size_t)size;
    BIO_clear_retry_flags(bio);
    if (rv_tls_socket_flush(socket) && socket->send_error == 0) {
        left -= send_now(socket, data, left);
    } else if (socket->backlog_size > BACKLOG_MAX) {
        BIO_set_retry_write(bio);
        return -1;
    }
    if (left > 0 && socket->send_error == 0) {
        keep(socket, data + size - left, left);
    }
    return size;
}

static int bio_read(BIO *bio, char *buffer, int size)
{
    rv_tls_socket *socket = BIO_get_data(bio);
    ssize_t n = recv(socket->fd, buffer, (size_t)size, MSG_DONTWAIT);
    BIO_clear_retry_flags(bio);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_read(bio);
    } else if (n <= 0) {
        socket->recv_error = n == 0 ? -ECONNRESET : -errno;
    }
    return (int)n;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rove");
    if (method != NULL) {
        BIO_meth_set_write(method, bio_write);
        BIO_meth_set_read(method, bio_read);
        BIO_meth_set_ctrl(method, bio_control);
    }
}

BIO *rv_tls_socket_bio(rv_tls_socket *socket)
{
    static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
    (void)CRYPTO_THREAD_run_once(&once, make_method);
    BIO *bio = method != NULL ? BIO_new(method) : NULL;
    if (bio != NULL) {
        BIO_set_data(bio, socket);
        BIO_set_init(bio, 1);
    }
    return bio;
}
