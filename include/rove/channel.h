/* Channels: queues of items by value between tasks of any runtime and plain
 * threads. First in, first out, also among those who wait. A send that finds a
 * waiting receiver hands the item to it directly.
 *
 * Whoever is inside a call needs a reference for as long: give each task and
 * thread that uses a channel one of its own.
 */
#ifndef ROVE_CHANNEL_H
#define ROVE_CHANNEL_H

#include "rove/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ROVE_UNBOUNDED SIZE_MAX

typedef enum rove_overflow {
    ROVE_OVERFLOW_WAIT = 0,        /* a sender waits for room */
    ROVE_OVERFLOW_DROP_OLDEST = 1, /* the oldest item makes room */
    ROVE_OVERFLOW_DROP_NEWEST = 2, /* the item that is sent is dropped */
} rove_overflow;

typedef struct rove_chan_options {
    uint32_t size; /* sizeof(rove_chan_options); by rove_chan_options_init */
    rove_overflow overflow;      /* capacity >= 1, or ROVE_OVERFLOW_WAIT */
    void (*destroy)(void *item); /* called for items that nobody receives:
                                    dropped, by who sends, or left when freed,
                                    by who gives it back; NULL: none */
} rove_chan_options;

/* The defaults: a sender waits for room, and nothing destroys items. */
ROVE_API void rove_chan_options_init(rove_chan_options *options);

typedef struct rove_chan rove_chan;

/* A channel of items of item_size bytes (0 to 65536). capacity: 0 (a send waits
 * for its receiver), n items, or ROVE_UNBOUNDED. options: NULL for the
 * defaults. NULL: no memory, or a size or an option out of range. The caller
 * owns one reference. */
ROVE_API rove_chan *rove_chan_new(size_t item_size, size_t capacity,
                                  const rove_chan_options *options);
/* One more reference; returns its argument. Any thread. */
ROVE_API rove_chan *rove_chan_ref(rove_chan *chan);
/* The last one destroys what is left and frees. NULL is ignored. Any thread;
 * suspends only if destroy does. */
ROVE_API void rove_chan_unref(rove_chan *chan);

/* Sends a copy of *item. 0, also when the overflow policy dropped an item;
 * -EPIPE when the channel is closed, also while the call waits; -ECANCELED;
 * -ENOMEM (an unbounded channel; one that drops and destroys items of over 256
 * bytes; a plain thread). After an error the item is still the caller's.
 * Context  any thread; may suspend
 * Order    what the caller wrote before is visible to who receives the item */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_chan_send(rove_chan *chan,
                                                          const void *item);
/* Receives into *item. 0; -EPIPE when the channel is closed and empty;
 * -ECANCELED; -ENOMEM (a plain thread). After an error *item is as before.
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int rove_chan_recv(rove_chan *chan,
                                                          void *item);
/* The same without waiting: -EAGAIN instead. Never suspend, and do not look for
 * cancellation. */
ROVE_API ROVE_MUST_CHECK int rove_chan_try_send(rove_chan *chan,
                                                const void *item);
ROVE_API ROVE_MUST_CHECK int rove_chan_try_recv(rove_chan *chan, void *item);

/* No more sends; what is in the channel can be received. Twice is harmless.
 * Never suspends. */
ROVE_API void rove_chan_close(rove_chan *chan);

/* Items in it now; dropped by the overflow policy so far. Hints. */
ROVE_API size_t rove_chan_count(const rove_chan *chan);
ROVE_API uint64_t rove_chan_dropped(const rove_chan *chan);

/* Every receiver gets every item sent after it subscribed. The sender never
 * waits: a receiver that lags by more than `capacity` items misses the oldest
 * and is told how many. */
typedef struct rove_broadcast rove_broadcast;
typedef struct rove_subscriber rove_subscriber;

/* A broadcast that keeps the last `capacity` (>= 1) items of item_size bytes (0
 * to 65536). NULL: no memory, or out of range. The caller owns one reference.
 * Any thread. */
ROVE_API rove_broadcast *rove_broadcast_new(size_t item_size, size_t capacity);
/* One more reference; returns its argument. Any thread. */
ROVE_API rove_broadcast *rove_broadcast_ref(rove_broadcast *broadcast);
/* The last one frees. NULL is ignored. Any thread. */
ROVE_API void rove_broadcast_unref(rove_broadcast *broadcast);
/* Sends a copy of *item to all. 0, or -EPIPE when closed.
 * Context  any thread; never suspends */
ROVE_API ROVE_MUST_CHECK int rove_broadcast_send(rove_broadcast *broadcast,
                                                 const void *item);
/* No more sends; what was sent can be received. Twice is harmless.
 * Context  any thread; never suspends */
ROVE_API void rove_broadcast_close(rove_broadcast *broadcast);
/* Subscribes to what is sent from now on; the caller owns the subscriber, which
 * holds a reference of the broadcast. NULL: no memory. One task at a time
 * receives by it. Any thread. */
ROVE_API rove_subscriber *rove_broadcast_subscribe(rove_broadcast *broadcast);
/* Nobody receives by it any more. NULL is ignored. Any thread. */
ROVE_API void rove_subscriber_free(rove_subscriber *subscriber);
/* Receives into *item. 0; n > 0 when n items were missed (none is received
 * then; the next call goes on with the oldest there is); -EPIPE when closed and
 * all is received; -ECANCELED; -ENOMEM (a plain thread).
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int64_t
rove_subscriber_recv(rove_subscriber *subscriber, void *item);

/* The latest value, and waiting for the next one. Who is slow misses values in
 * between. */
typedef struct rove_watch rove_watch;

/* A watch of a value of so many bytes; the first one is a copy of *initial,
 * version 1. NULL: no memory. The caller owns one reference. Any thread. */
ROVE_API rove_watch *rove_watch_new(size_t size, const void *initial);
/* One more reference; returns its argument. Any thread. */
ROVE_API rove_watch *rove_watch_ref(rove_watch *watch);
/* The last one frees. NULL is ignored. Any thread. */
ROVE_API void rove_watch_unref(rove_watch *watch);
/* Makes a copy of *value the latest, of the next version; without effect once
 * the watch is closed.
 * Context  any thread; never suspends */
ROVE_API void rove_watch_set(rove_watch *watch, const void *value);
/* Copies the value; its version. Context as rove_watch_set(). */
ROVE_API uint64_t rove_watch_get(rove_watch *watch, void *value);
/* Waits until the version is over *seen (0: it does not wait), copies the value
 * and stores its version in *seen. 0; -EPIPE (closed, and nothing newer);
 * -ECANCELED; -ENOMEM (a plain thread).
 * Context  any thread; may suspend */
ROVE_API ROVE_SUSPENDS ROVE_MUST_CHECK int
rove_watch_next(rove_watch *watch, uint64_t *seen, void *value);
/* No more sets. Twice is harmless. Context as rove_watch_set(). */
ROVE_API void rove_watch_close(rove_watch *watch);

#ifdef __cplusplus
}
#endif

#endif
