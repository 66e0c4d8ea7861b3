/* Redis by hiredis (0.14 or later): hiredis formats commands and parses
 * replies, rove moves the bytes.
 *
 *     int fd = rove_unix_connect("/run/redis/redis.sock");
 *     rove_redis *redis;
 *     redisReply *reply;
 *     int error = rove_redis_new(fd, &redis);
 *     …
 *     error = rove_redis_command(redis, &reply, "GET %s", key);
 *     if (error == 0) {
 *         …                             // also a reply of REDIS_REPLY_ERROR
 *         freeReplyObject(reply);
 *     }
 *     …
 *     rove_redis_free(redis);
 *     rove_close(fd);
 *
 * Pipelining: append commands, then take as many replies. Subscriptions: append
 * SUBSCRIBE, then take replies for as long as they are wanted.
 *
 * One task at a time uses a connection; it may be another one each time.
 * hiredis keeps nothing in the thread. ROVE_TIMEOUT bounds any call.
 *
 * Common errors: -ECANCELED; -ECONNRESET (the server has closed the
 * connection); -EPROTO (what came is no reply: close it); -ENOMEM; others as
 * rove_read() and rove_write(). Context: any thread.
 */
#ifndef ADAPTERS_HIREDIS_ROVE_REDIS_H
#define ADAPTERS_HIREDIS_ROVE_REDIS_H

#include <hiredis/hiredis.h>

#include "rove/rove.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rove_redis rove_redis;

/* Makes a connection of a connected socket, which stays the caller's: nobody
 * else reads or writes it, and it is closed after rove_redis_free(). 0 and
 * *out, or -ENOMEM. Never suspends. */
ROVE_MUST_CHECK int rove_redis_new(int fd, rove_redis **out);

/* Gives it back, with replies that nobody took; NULL is ignored. Never
 * suspends. */
void rove_redis_free(rove_redis *redis);

/* Adds a command to what is sent next. The format is hiredis's: %s a string, %b
 * a pointer and a size_t, and printf's for numbers. 0, -EINVAL for a bad
 * format, or -ENOMEM. Never suspends. */
ROVE_MUST_CHECK int rove_redis_append(rove_redis *redis, const char *format,
                                      ...);

/* Sends what was appended. When it is cancelled, the rest goes out with the
 * next call. 0 or an error. */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_redis_flush(rove_redis *redis);

/* Flushes, then takes the next reply, which the caller frees by
 * freeReplyObject(). 0 and *reply, or an error. When it is cancelled no reply
 * was taken: it comes with the next call. */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_redis_reply(rove_redis *redis,
                                                   redisReply **reply);

/* A command and its reply. -EBUSY when replies to earlier commands have not
 * been taken: after a call that was cancelled its reply is still to come (a
 * BLPOP's may hold an item), so take it by rove_redis_reply(), or close the
 * connection. Not for subscriptions. */
ROVE_SUSPENDS ROVE_MUST_CHECK int rove_redis_command(rove_redis *redis,
                                                     redisReply **reply,
                                                     const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif
