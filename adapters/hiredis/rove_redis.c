#include "adapters/hiredis/rove_redis.h"

#include <errno.h>
#include <hiredis/sds.h>
#include <stdarg.h>
#include <stdlib.h>

#define PART_SIZE 8192

/* Of hiredis's context only the two buffers are used. Its own reading and
 * writing go by errno and raise SIGPIPE. */
struct rove_redis {
    redisContext *context;
    size_t owed;          /* replies to come for what was appended */
    char part[PART_SIZE]; /* what was just read: too large for small stacks */
};

int rove_redis_new(int fd, rove_redis **out)
{
    rove_redis *redis = calloc(1, sizeof *redis);
    redisContext *context = redis != NULL ? redisConnectFd(fd) : NULL;
    if (context == NULL || context->err != 0) {
        redisFreeKeepFd(context);
        free(redis);
        return -ENOMEM;
    }
    redis->context = context;
    *out = redis;
    return 0;
}

void rove_redis_free(rove_redis *redis)
{
    if (redis != NULL) {
        redisFreeKeepFd(redis->context);
        free(redis);
    }
}

static int append(rove_redis *redis, const char *format, va_list values)
{
    if (redisvAppendCommand(redis->context, format, values) != REDIS_OK) {
        return redis->context->err == REDIS_ERR_OOM ? -ENOMEM : -EINVAL;
    }
    redis->owed++;
    return 0;
}

int rove_redis_append(rove_redis *redis, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int error = append(redis, format, values);
    va_end(values);
    return error;
}

int rove_redis_flush(rove_redis *redis)
{
    redisContext *context = redis->context;
    ssize_t result = rove_cancelled() ? -ECANCELED : 0;
    while (result >= 0 && sdslen(context->obuf) > 0) {
        size_t moved;
        result = rove_write_all(context->fd, context->obuf,
                                sdslen(context->obuf), &moved);
        sdsrange(context->obuf, (int)moved, -1);
    }
    return result < 0 ? (int)result : 0;
}

/* Reads what there is. */
static int feed(rove_redis *redis)
{
    redisContext *context = redis->context;
    ssize_t n = rove_read(context->fd, redis->part, PART_SIZE);
    if (n <= 0) {
        return n < 0 ? (int)n : -ECONNRESET;
    }
    int state = redisReaderFeed(context->reader, redis->part, (size_t)n);
    return state == REDIS_OK ? 0 : -EPROTO;
}

int rove_redis_reply(rove_redis *redis, redisReply **reply)
{
    void *next = NULL;
    int error = rove_redis_flush(redis);
    while (error == 0) {
        if (redisGetReplyFromReader(redis->context, &next) != REDIS_OK) {
            return -EPROTO;
        }
        if (next != NULL) {
            redis->owed -= redis->owed > 0;
            *reply = next;
            return 0;
        }
        error = feed(redis);
    }
    return error;
}

int rove_redis_command(rove_redis *redis, redisReply **reply,
                       const char *format, ...)
{
    if (redis->owed > 0) {
        return -EBUSY;
    }
    va_list values;
    va_start(values, format);
    int error = rove_cancelled() ? -ECANCELED : append(redis, format, values);
    va_end(values);
    return error != 0 ? error : rove_redis_reply(redis, reply);
}
