/* A socket as OpenSSL reads and writes it: never waiting, without SIGPIPE, and
 * taking all that is written. What the kernel does not take yet is kept in a
 * backlog. Without it a write that is cancelled half-way through a record would
 * have to be repeated, with the same bytes, before anybody else could write.
 */
#ifndef ADAPTERS_OPENSSL_SOCKET_BIO_H
#define ADAPTERS_OPENSSL_SOCKET_BIO_H

#include <openssl/bio.h>
#include <stdbool.h>
#include <stddef.h>

/* Zeroed but for the fd. One call at a time. */
typedef struct rv_tls_socket {
    unsigned char *backlog;
    size_t backlog_size;
    int fd;
    int recv_error; /* -errno for good; -ECONNRESET: the end of the stream */
    int send_error; /* the same; what is written from then on goes nowhere, so
                       that what the peer has sent can still be read */
} rv_tls_socket;

/* A BIO over the socket, which outlives it; NULL: no memory. */
BIO *rv_tls_socket_bio(rv_tls_socket *socket);

/* Sends of the backlog what the kernel takes; true when nothing is left. */
bool rv_tls_socket_flush(rv_tls_socket *socket);

#endif
