#include "examples/kv/hub.h"

#include <errno.h>
#include <stdlib.h>

#include "examples/kv/reply.h"

struct topic {
    struct topic *next; /* in its bucket, or of the patterns */
    struct subscription *first;
    enum topic_kind kind;
    size_t name_size;
    char name[];
};

struct subscription {
    struct topic *topic;
    struct subscriber *who;
    struct subscription *previous, *next;         /* of the topic */
    struct subscription *previous_own, *next_own; /* of the subscriber */
};

struct hub *hub_new(void)
{
    struct hub *hub = calloc(1, sizeof *hub);
    if (hub != NULL) {
        hub->seed = hash_seed_new();
    }
    return hub;
}

static struct bytes name_of(const struct topic *topic)
{
    return (struct bytes){topic->name, topic->name_size};
}

/* Where a topic is linked, or would be. */
static struct topic **find_topic(struct hub *hub, enum topic_kind kind,
                                 struct bytes name)
{
    struct topic **at =
        kind == TOPIC_PATTERN
            ? &hub->patterns
            : &hub->channels[hash_bytes(&hub->seed, name) % HUB_BUCKETS];
    while (*at != NULL && !bytes_equal(name_of(*at), name)) {
        at = &(*at)->next;
    }
    return at;
}

static struct topic *add_topic(struct topic **at, enum topic_kind kind,
                               struct bytes name)
{
    struct topic *topic = malloc(sizeof *topic + name.size);
    if (topic != NULL) {
        *topic = (struct topic){.kind = kind, .name_size = name.size};
        memcpy(topic->name, name.data, name.size);
        *at = topic;
    }
    return topic;
}

static void drop_topic_without_subscribers(struct topic **at)
{
    struct topic *topic = *at;
    if (topic->first == NULL) {
        *at = topic->next;
        free(topic);
    }
}

/* NULL: there is none. It is in two lists, of which the shorter one is searched
 * to its end: so many channels of one client, or many clients of one channel,
 * keep nobody waiting. */
static struct subscription *find_own(struct hub *hub, struct subscriber *who,
                                     enum topic_kind kind, struct bytes name)
{
    const struct topic *topic = *find_topic(hub, kind, name);
    struct subscription *own = who->first;
    struct subscription *other = topic != NULL ? topic->first : NULL;
    while (own != NULL && other != NULL && own->topic != topic) {
        if (other->who == who) {
            return other;
        }
        own = own->next_own;
        other = other->next;
    }
    return other != NULL ? own : NULL;
}

static int add(struct hub *hub, struct subscriber *who, enum topic_kind kind,
               struct bytes name)
{
    struct topic **at = find_topic(hub, kind, name);
    struct topic *topic = *at != NULL ? *at : add_topic(at, kind, name);
    struct subscription *new = malloc(sizeof *new);
    if (topic == NULL || new == NULL) {
        free(new);
        if (topic != NULL) {
            drop_topic_without_subscribers(at);
        }
        return -ENOMEM;
    }
    *new = (struct subscription){.topic = topic,
                                 .who = who,
                                 .next = topic->first,
                                 .next_own = who->first};
    if (topic->first != NULL) {
        topic->first->previous = new;
    }
    if (who->first != NULL) {
        who->first->previous_own = new;
    }
    topic->first = new;
    who->first = new;
    who->count++;
    return 0;
}

/* Ends what is no longer in its subscriber's list. */
static void drop(struct hub *hub, struct subscription *old)
{
    struct topic *topic = old->topic;
    old->who->count--;
    if (old->next != NULL) {
        old->next->previous = old->previous;
    }
    *(old->previous != NULL ? &old->previous->next : &topic->first) = old->next;
    free(old);
    drop_topic_without_subscribers(
        find_topic(hub, topic->kind, name_of(topic)));
}

static void take_out(struct subscriber *who, const struct subscription *own)
{
    struct subscription *previous = own->previous_own, *next = own->next_own;
    *(previous != NULL ? &previous->next_own : &who->first) = next;
    if (next != NULL) {
        next->previous_own = previous;
    }
}

/* Tells a subscriber what became of a topic; without one (NULL): of none. */
static int tell(struct subscriber *who, const char *what,
                const struct bytes *name)
{
    struct reply reply = {0};
    reply_array(&reply, 3);
    reply_string(&reply, bytes_of(what));
    if (name != NULL) {
        reply_string(&reply, *name);
    } else {
        reply_nil(&reply);
    }
    reply_number(&reply, (long long)who->count);
    int error = reply.is_lost
                    ? -ENOMEM
                    : outbox_put(&who->outbox, (struct bytes){reply.text.data,
                                                              reply.text.size});
    buffer_free(&reply.text);
    return error;
}

int hub_subscribe(struct hub *hub, struct subscriber *who, enum topic_kind kind,
                  struct bytes name)
{
    int error = rove_rwlock_write(&hub->lock);
    if (error != 0) {
        return error;
    }
    if (find_own(hub, who, kind, name) == NULL) {
        error = add(hub, who, kind, name);
    }
    if (error == 0) {
        error = tell(who, kind == TOPIC_CHANNEL ? "subscribe" : "psubscribe",
                     &name);
    }
    rove_rwlock_unlock(&hub->lock);
    return error;
}

static const char *end_of(enum topic_kind kind)
{
    return kind == TOPIC_CHANNEL ? "unsubscribe" : "punsubscribe";
}

int hub_unsubscribe(struct hub *hub, struct subscriber *who,
                    enum topic_kind kind, struct bytes name)
{
    int error = rove_rwlock_write(&hub->lock);
    if (error != 0) {
        return error;
    }
    struct subscription *own = find_own(hub, who, kind, name);
    if (own != NULL) {
        take_out(who, own);
        drop(hub, own);
    }
    error = tell(who, end_of(kind), &name);
    rove_rwlock_unlock(&hub->lock);
    return error;
}

/* The newest subscription of a kind. */
static struct subscription *newest(const struct subscriber *who,
                                   enum topic_kind kind)
{
    struct subscription *own = who->first;
    while (own != NULL && own->topic->kind != kind) {
        own = own->next_own;
    }
    return own;
}

/* The list of a subscriber is its own to read: only it changes it. */
int hub_unsubscribe_all(struct hub *hub, struct subscriber *who,
                        enum topic_kind kind)
{
    struct subscription *own = newest(who, kind);
    int error = 0;
    if (own == NULL) {
        return tell(who, end_of(kind), NULL);
    }
    while (own != NULL && error == 0) {
        struct buffer name = {0};
        if (!buffer_add(&name, own->topic->name, own->topic->name_size)) {
            return -ENOMEM;
        }
        error = hub_unsubscribe(hub, who, kind,
                                (struct bytes){name.data, name.size});
        buffer_free(&name);
        own = newest(who, kind);
    }
    return error;
}

void hub_leave(struct hub *hub, struct subscriber *who)
{
    if (who->first == NULL) {
        return;
    }
    ROVE_SHIELD(ROVE_FOREVER)
    {
        if (rove_rwlock_write(&hub->lock) == 0) {
            while (who->first != NULL) {
                struct subscription *own = who->first;
                who->first = own->next_own;
                drop(hub, own);
            }
            rove_rwlock_unlock(&hub->lock);
        }
    }
}

/* Puts what the channel says into the outboxes of a topic. An outbox that took
 * nothing is one of a client that goes. */
static long deliver(const struct topic *topic, struct bytes channel,
                    struct bytes message)
{
    struct reply reply = {0};
    long count = 0;
    bool is_pattern = topic->kind == TOPIC_PATTERN;
    reply_array(&reply, is_pattern ? 4 : 3);
    reply_string(&reply, bytes_of(is_pattern ? "pmessage" : "message"));
    if (is_pattern) {
        reply_string(&reply, name_of(topic));
    }
    reply_string(&reply, channel);
    reply_string(&reply, message);
    struct bytes text = {reply.text.data, reply.text.size};
    const struct subscription *to = reply.is_lost ? NULL : topic->first;
    for (; to != NULL; to = to->next) {
        count += outbox_put(&to->who->outbox, text) == 0;
    }
    buffer_free(&reply.text);
    return reply.is_lost ? -ENOMEM : count;
}

static long publish_locked(struct hub *hub, struct bytes channel,
                           struct bytes message)
{
    const struct topic *topic = *find_topic(hub, TOPIC_CHANNEL, channel);
    long count = topic != NULL ? deliver(topic, channel, message) : 0;
    for (topic = hub->patterns; topic != NULL; topic = topic->next) {
        if (count >= 0 && bytes_match(name_of(topic), channel)) {
            long more = deliver(topic, channel, message);
            count = more < 0 ? more : count + more;
        }
    }
    return count;
}

long hub_publish(struct hub *hub, struct bytes channel, struct bytes message)
{
    int error = rove_rwlock_read(&hub->lock);
    if (error != 0) {
        return error;
    }
    long count = publish_locked(hub, channel, message);
    rove_rwlock_unlock(&hub->lock);
    return count;
}
