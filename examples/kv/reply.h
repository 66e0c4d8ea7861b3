/* Answers, in the protocol of Redis (RESP 2), gathered until they are sent.
 */
#ifndef EXAMPLES_KV_REPLY_H
#define EXAMPLES_KV_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "examples/kv/buffer.h"
#include "examples/kv/bytes.h"

struct reply {
    struct buffer text;
    bool is_lost; /* there was no memory for some of it */
};

/* "OK", without anything a line may not hold. */
void reply_status(struct reply *reply, const char *status);

/* "ERR …", made as by printf and cut to a line of 256 bytes. */
__attribute__((format(printf, 2, 3))) void reply_error(struct reply *reply,
                                                       const char *format, ...);

void reply_number(struct reply *reply, long long number);
void reply_string(struct reply *reply, struct bytes bytes);
void reply_nil(struct reply *reply);

/* An array of `count` answers, which follow; and none, for what timed out. */
void reply_array(struct reply *reply, size_t count);
void reply_nil_array(struct reply *reply);

#endif
