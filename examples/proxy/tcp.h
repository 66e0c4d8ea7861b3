/* The TCP mode: bytes, both ways.
 */
#ifndef EXAMPLES_PROXY_TCP_H
#define EXAMPLES_PROXY_TCP_H

#include "rove/rove.h"

/* The handler of the server. arg: the proxy. Ends when both sides have ended,
 * one of them fails, or nothing has moved for the idle time; all but the first
 * reset both sides. Of each way no more is kept than a stream's buffer: who
 * does not read makes the other side wait. */
int64_t tcp_serve(rove_connection *connection, void *arg);

#endif
