/* Commands that publish and subscribe.
 */
#include <errno.h>

#include "examples/kv/command.h"

typedef int topic_fn(struct hub *hub, struct subscriber *who,
                     enum topic_kind kind, struct bytes name);

/* The hub answers, into the outbox: what was answered before goes ahead. */
static int each_topic(struct session *session, topic_fn *fn,
                      enum topic_kind kind)
{
    size_t count = request_count(&session->request);
    int error = session_listen(session);
    if (error == 0) {
        error = session_flush(session);
    }
    for (size_t i = 1; i < count && error == 0; i++) {
        error = fn(session->service->hub, &session->subscriber, kind,
                   command_arg(session, i));
    }
    if (error == 0 && count == 1) {
        error = hub_unsubscribe_all(session->service->hub, &session->subscriber,
                                    kind);
    }
    return error;
}

int run_subscribe(struct session *session)
{
    return each_topic(session, hub_subscribe, TOPIC_CHANNEL);
}

int run_psubscribe(struct session *session)
{
    return each_topic(session, hub_subscribe, TOPIC_PATTERN);
}

int run_unsubscribe(struct session *session)
{
    return each_topic(session, hub_unsubscribe, TOPIC_CHANNEL);
}

int run_punsubscribe(struct session *session)
{
    return each_topic(session, hub_unsubscribe, TOPIC_PATTERN);
}

int run_publish(struct session *session)
{
    long count = hub_publish(session->service->hub, command_arg(session, 1),
                             command_arg(session, 2));
    if (count == -ENOMEM) {
        return command_no_memory(session);
    }
    if (count < 0) {
        return (int)count;
    }
    reply_number(&session->reply, count);
    return 0;
}
