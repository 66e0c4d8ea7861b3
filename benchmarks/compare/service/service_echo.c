/* The echo service: see frame.h. A frame is answered where it stands in the
 * input, so the session's input position is moved by the answer. */
#include <errno.h>

#include "benchmarks/compare/service/session.h"

static void open_echo(struct session *session)
{
    (void)session;
}

static enum session_step next_frame(struct session *session)
{
    struct frame frame;
    int size = frame_decode(session->in + session->in_at,
                            session->in_end - session->in_at, &frame);
    if (size == 0) {
        return SESSION_READ;
    }
    if (size < 0) {
        session_fail(session);
        return SESSION_READ;
    }
    session->kind = frame.kind;
    return SESSION_REQUEST;
}

static void answer_frame(struct session *session)
{
    struct frame frame;
    char *bytes = session->in + session->in_at;
    int size = frame_decode(bytes, session->in_end - session->in_at, &frame);
    if (frame.kind == REQUEST_WHERE) {
        frame_set_where(bytes + FRAME_HEADER, session->where);
    }
    session_append(session, bytes, (size_t)size);
    session->in_at += (size_t)size;
}

const struct service service_echo = {
    .name = "echo",
    .open = open_echo,
    .next = next_frame,
    .answer = answer_frame,
};
