/* How much a client may ask for.
 */
#ifndef EXAMPLES_KV_LIMITS_H
#define EXAMPLES_KV_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct limits {
    size_t bulk_max;    /* bytes of one argument, or of a value */
    size_t request_max; /* bytes of all arguments of one command */
    size_t inline_max;  /* bytes of a command without a length */
    size_t outbox_max;  /* bytes published that a subscriber has not read */
    uint32_t args_max;  /* arguments of a command, its name included */
};

#define LIMITS_INIT                                                            \
    {                                                                          \
        .bulk_max = 512UL << 20, .request_max = 1UL << 30,                     \
        .inline_max = 64UL << 10, .outbox_max = 32UL << 20,                    \
        .args_max = 1U << 20,                                                  \
    }

#endif
