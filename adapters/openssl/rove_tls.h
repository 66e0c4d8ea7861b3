/* TLS by OpenSSL (libssl, 3.0 or later) over a connected stream socket, for
 * servers and clients.
 *
 *     rove_tls *tls;
 *     int error = rove_tls_new(context, fd, &tls);      // an SSL_CTX of yours
 *     if (error == 0 && (error = rove_tls_accept(tls)) == 0) {
 *         ssize_t n = rove_tls_read(tls, buffer, sizeof buffer);
 *         …
 *         error = rove_tls_shutdown(tls);
 *     }
 *     rove_tls_free(tls);
 *     rove_close(fd);
 *
 * OpenSSL never waits here: its calls move what the socket takes or has, and
 * between them the task waits by rove_poll(). So its error queue, which is the
 * thread's, is empty whenever a task may move.
 *
 * Any number of tasks may use one connection: reads and writes at the same
 * time, writes one after the other. SIGPIPE is never raised. The socket's flags
 * are not changed. ROVE_TIMEOUT bounds any call.
 *
 * Common errors: -ECANCELED (the call may be repeated, and goes on);
 * -EPROTO (OpenSSL refused; rove_tls_failure() says why); -ECONNRESET (the peer
 * is gone without having said goodbye: what was read may be cut short); others
 * as recv(2) and send(2). Context of the calls marked ROVE_SUSPENDS: any
 * thread.
 */
#ifndef ADAPTERS_OPENSSL_ROVE_TLS_H
#define ADAPTERS_OPENSSL_ROVE_TLS_H

#include <openssl/ssl.h>
#include <sys/types.h>

#include "rove/rove.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_tls rove_tls;

/* Makes a connection of the context over fd, which stays the caller's: nobody
 * else reads or writes it, and it is closed after rove_tls_free(). 0 and *out,
 * or -ENOMEM. Never suspends. */
ROVE_MUST_CHECK int rove_tls_new(SSL_CTX *context, int fd, rove_tls **out);

/* Gives it back; NULL is ignored. Nobody uses it any more. Never suspends. */
void rove_tls_free(rove_tls *tls);

/* The connection as OpenSSL has it: to set it up before the handshake, and to
 * ask it afterwards while no other task uses it. It stays ours. */
SSL *rove_tls_ssl(rove_tls *tls);

/* The handshake, as the client or as the server. 0 or an error.
 *
 * host  the name or address that the server's certificate must be for; asks for
 *       that name, too. NULL: only what the context verifies. */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_tls_connect(rove_tls *tls,
                                                   const char *host);
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_tls_accept(rove_tls *tls);

/* Reads what there is, at most size bytes, at least one. 0: the peer said
 * goodbye. */
ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_tls_read(rove_tls *tls, void *buffer,
                                                    size_t size);

/* Writes all of size bytes and waits until the socket has taken them. Returns
 * how many are the connection's now: size, or fewer, at least one, when a
 * cancellation came first; what the socket has not taken by then goes out with
 * the next call. After another error nothing can be written any more, and how
 * much the peer has got is not known. */
ROVE_SUSPENDS ROVE_MUST_CHECK ssize_t rove_tls_write(rove_tls *tls,
                                                     const void *buffer,
                                                     size_t size);

/* Says goodbye: the peer reads what was written, and then 0. What it writes can
 * still be read here. 0 or an error. */
ROVE_SUSPENDS int rove_tls_shutdown(rove_tls *tls);

/* A stream over the connection, after the handshake. Unless options (NULL: the
 * defaults) say otherwise it owns the connection and its socket: closing it
 * frees both, without a goodbye, which rove_stream_shutdown() says. NULL: no
 * memory, or a bad option. Never suspends. */
ROVE_MUST_CHECK rove_stream *
rove_tls_stream(rove_tls *tls, const rove_stream_options *options);

/* Why the last call returned -EPROTO: a code for ERR_error_string_n(), 0: none
 * did. A certificate that was refused: SSL_get_verify_result() has the
 * reason. */
unsigned long rove_tls_failure(const rove_tls *tls);

#ifdef __cplusplus
}
#endif

#endif
