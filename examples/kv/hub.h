/* Channels, patterns, and who is subscribed to them.
 */
#ifndef EXAMPLES_KV_HUB_H
#define EXAMPLES_KV_HUB_H

#include <stdbool.h>

#include "rove/rove.h"

#include "examples/kv/bytes.h"
#include "examples/kv/hash.h"
#include "examples/kv/outbox.h"

#define HUB_BUCKETS 4096

enum topic_kind { TOPIC_CHANNEL, TOPIC_PATTERN };

struct topic; /* a channel or pattern that somebody is subscribed to */
struct subscription;

struct hub {
    rove_rwlock lock;
    struct hash_seed seed;
    struct topic *channels[HUB_BUCKETS];
    struct topic *patterns;
};

/* One client, by its outbox. Zeroed memory with an outbox is a subscriber to
 * nothing. */
struct subscriber {
    struct outbox outbox;
    struct subscription *first; /* the newest */
    size_t count;
};

/* By free(), when nobody is subscribed. NULL: no memory. */
struct hub *hub_new(void);

/* Begins and ends a subscription, and puts into the outbox that it did: before
 * anything that is published there, and after everything. Twice is harmless.
 * 0, -ENOMEM, or what outbox_put() says. */
ROVE_MUST_CHECK int hub_subscribe(struct hub *hub, struct subscriber *who,
                                  enum topic_kind kind, struct bytes name);
ROVE_MUST_CHECK int hub_unsubscribe(struct hub *hub, struct subscriber *who,
                                    enum topic_kind kind, struct bytes name);

/* The same for all of a kind. */
ROVE_MUST_CHECK int hub_unsubscribe_all(struct hub *hub, struct subscriber *who,
                                        enum topic_kind kind);

/* Ends all, without a word; also in a task that is cancelled. */
void hub_leave(struct hub *hub, struct subscriber *who);

/* Puts a message into the outbox of everyone subscribed: how many, -ENOMEM or
 * -ECANCELED. */
ROVE_MUST_CHECK long hub_publish(struct hub *hub, struct bytes channel,
                                 struct bytes message);

#endif
