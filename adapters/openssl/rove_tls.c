#include "adapters/openssl/rove_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "adapters/openssl/socket_bio.h"

#define RECORD_MAX 16384

struct rove_tls {
    rove_mutex writing; /* one writer at a time; taken before `state` */
    rove_mutex state;   /* of all below; not held while waiting for the peer */
    rv_tls_socket socket;
    SSL *ssl;
    int error; /* the connection is over */
    unsigned long failure;
};

enum step { SHAKE_HANDS, READ, WRITE, DRAIN, LOOK, SAY_GOODBYE };

int rove_tls_new(SSL_CTX *context, int fd, rove_tls **out)
{
    rove_tls *tls = calloc(1, sizeof *tls);
    SSL *ssl = SSL_new(context);
    BIO *bio = tls != NULL ? rv_tls_socket_bio(&tls->socket) : NULL;
    if (ssl == NULL || bio == NULL) {
        BIO_free(bio);
        SSL_free(ssl);
        free(tls);
        ERR_clear_error();
        return -ENOMEM;
    }
    tls->socket.fd = fd;
    tls->ssl = ssl;
    SSL_set_bio(ssl, bio, bio);
    SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS); /* idle ones are many */
    SSL_set_read_ahead(ssl, 1); /* one recv a record, not two */
    *out = tls;
    return 0;
}

void rove_tls_free(rove_tls *tls)
{
    if (tls != NULL) {
        SSL_free(tls->ssl);
        free(tls->socket.backlog);
        free(tls);
    }
}

SSL *rove_tls_ssl(rove_tls *tls)
{
    return tls->ssl;
}

unsigned long rove_tls_failure(const rove_tls *tls)
{
    return tls->failure;
}

/* What a result of OpenSSL asks for: 0: nothing; positive: the events to wait
 * for before the call is repeated; or -errno. */
static int verdict(rove_tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_NONE:
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_WANT_READ:
        return POLLIN;
    case SSL_ERROR_WANT_WRITE:
        return POLLOUT;
    default:
        tls->error = tls->socket.recv_error;
        if (tls->error == 0) {
            tls->failure = ERR_peek_last_error();
            tls->error = -EPROTO;
        }
        ERR_clear_error();
        return tls->error;
    }
}

/* One call of OpenSSL; its verdict. */
static int take(rove_tls *tls, enum step step, void *buffer, size_t size,
                size_t *moved)
{
    const rv_tls_socket *socket = &tls->socket;
    int result;
    if (tls->error != 0) {
        return tls->error;
    }
    if (step == LOOK) {
        return POLLIN;
    }
    if (step == WRITE && SSL_get_shutdown(tls->ssl) & SSL_SENT_SHUTDOWN) {
        return -EPIPE;
    }
    if (step == WRITE || step == DRAIN) {
        int obstacle = socket->backlog_size != 0 ? POLLOUT : socket->send_error;
        if (obstacle != 0 || step == DRAIN) {
            return obstacle;
        }
    }
    ERR_clear_error();
    switch (step) {
    case READ:
        return verdict(tls, SSL_read_ex(tls->ssl, buffer, size, moved));
    case WRITE:
        return verdict(tls, SSL_write_ex(tls->ssl, buffer, size, moved));
    case SAY_GOODBYE:
        result = SSL_shutdown(tls->ssl);
        return result >= 0 ? 0 : verdict(tls, result);
    default:
        return verdict(tls, SSL_do_handshake(tls->ssl));
    }
}

/* A step without waiting: 0 and *moved; positive: the events to wait for before
 * it is tried again; or -errno. */
static int attempt(rove_tls *tls, enum step step, void *buffer, size_t size,
                   size_t *moved)
{
    int result = rove_mutex_lock(&tls->state);
    if (result != 0) {
        return result;
    }
    (void)rv_tls_socket_flush(&tls->socket);
    result = take(tls, step, buffer, size, moved);
    if (result > 0 && tls->socket.backlog_size != 0) {
        result |= POLLOUT;
    }
    rove_mutex_unlock(&tls->state);
    return result;
}

/* Repeats a step until it is done; how many bytes it moved, or -errno. */
static ssize_t run(rove_tls *tls, enum step step, void *buffer, size_t size)
{
    size_t moved = 0;
    int result;
    while ((result = attempt(tls, step, buffer, size, &moved)) > 0) {
        result = rove_poll(tls->socket.fd, result);
        if (result < 0) {
            break;
        }
    }
    return result < 0 ? result : (ssize_t)moved;
}

static int run_and_drain(rove_tls *tls, enum step step)
{
    ssize_t error = run(tls, step, NULL, 0);
    return (int)(error < 0 ? error : run(tls, DRAIN, NULL, 0));
}

/* Asks for the server by its name, and for a certificate of that name. */
static bool expect(SSL *ssl, const char *host)
{
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    bool is_set =
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 ||
        (SSL_set_tlsext_host_name(ssl, host) == 1 &&
         SSL_set1_host(ssl, host) == 1);
    ERR_clear_error();
    return is_set;
}

int rove_tls_connect(rove_tls *tls, const char *host)
{
    if (SSL_in_before(tls->ssl)) {
        if (host != NULL && !expect(tls->ssl, host)) {
            return -EINVAL;
        }
        SSL_set_connect_state(tls->ssl);
    }
    return run_and_drain(tls, SHAKE_HANDS);
}

int rove_tls_accept(rove_tls *tls)
{
    if (SSL_in_before(tls->ssl)) {
        SSL_set_accept_state(tls->ssl);
    }
    return run_and_drain(tls, SHAKE_HANDS);
}

ssize_t rove_tls_read(rove_tls *tls, void *buffer, size_t size)
{
    return run(tls, READ, buffer, size);
}

ssize_t rove_tls_write(rove_tls *tls, const void *buffer, size_t size)
{
    size_t done = 0;
    ssize_t result = rove_mutex_lock(&tls->writing);
    if (result != 0) {
        return result;
    }
    while (result >= 0 && done < size) {
        size_t left = size - done;
        result = run(tls, WRITE, (char *)buffer + done,
                     left < RECORD_MAX ? left : RECORD_MAX);
        done += result > 0 ? (size_t)result : 0;
    }
    if (result >= 0) {
        result = run(tls, DRAIN, NULL, 0);
    }
    rove_mutex_unlock(&tls->writing);
    bool is_over = result < 0 && result != -ECANCELED;
    return done > 0 && !is_over ? (ssize_t)done : result;
}

int rove_tls_shutdown(rove_tls *tls)
{
    int error = rove_mutex_lock(&tls->writing);
    if (error == 0) {
        error = run_and_drain(tls, SAY_GOODBYE);
        rove_mutex_unlock(&tls->writing);
    }
    return error;
}

/* The connection as what a stream is on. */

static ssize_t try_read(void *self, void *buffer, size_t size)
{
    size_t moved = 0;
    int result = attempt(self, READ, buffer, size, &moved);
    if (result != 0) {
        return result > 0 ? -EAGAIN : result;
    }
    return (ssize_t)moved;
}

/* For a read only: the others wait themselves. */
static int wait_for_peer(void *self, int event)
{
    rove_tls *tls = self;
    size_t unused;
    int result = attempt(tls, LOOK, NULL, 0, &unused);
    (void)event;
    if (result > 0) {
        result = rove_poll(tls->socket.fd, result);
    }
    return result < 0 ? result : 0;
}

static ssize_t write_part(void *self, const struct iovec *parts, int count)
{
    while (count > 1 && parts->iov_len == 0) {
        parts++;
        count--;
    }
    return rove_tls_write(self, parts->iov_base, parts->iov_len);
}

static int flush(void *self)
{
    return (int)run(self, DRAIN, NULL, 0);
}

static int say_goodbye(void *self)
{
    return rove_tls_shutdown(self);
}

static int close_both(void *self)
{
    rove_tls *tls = self;
    int fd = tls->socket.fd;
    rove_tls_free(tls);
    return rove_close(fd);
}

rove_stream *rove_tls_stream(rove_tls *tls, const rove_stream_options *options)
{
    static const rove_transport transport = {
        .read = try_read,
        .write = write_part,
        .wait = wait_for_peer,
        .flush = flush,
        .shutdown = say_goodbye,
        .close = close_both,
    };
    return rove_stream_new_on(&transport, tls, options);
}
