#include "benchmarks/compare/service/session.h"

#include <string.h>

#include "benchmarks/compare/service/work.h"

const struct service *service_find(const char *name)
{
    static const struct service *const all[] = {&service_echo, &service_http};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i]->name, name) == 0) {
            return all[i];
        }
    }
    return NULL;
}

void session_open(struct session *session, const struct service *service,
                  unsigned where)
{
    memset(session, 0, offsetof(struct session, in));
    session->service = service;
    session->where = where;
    service->open(session);
}

char *session_space(struct session *session, size_t *size)
{
    size_t left = session->in_end - session->in_at;
    if (left == 0) {
        session->in_at = session->in_end = 0;
    } else if (session->in_at > 0) {
        /* A part of one request; what follows must fit behind it. */
        memmove(session->in, session->in + session->in_at, left);
        session->in_at = 0;
        session->in_end = left;
    }
    *size = sizeof session->in - session->in_end;
    return session->in + session->in_end;
}

void session_received(struct session *session, size_t size)
{
    session->in_end += size;
}

enum session_step session_next(struct session *session)
{
    if (session->closing) {
        return SESSION_CLOSE;
    }
    if (session->out_end + SESSION_ANSWER_MAX > sizeof session->out) {
        return SESSION_FLUSH;
    }
    enum session_step step = session->service->next(session);
    if (step == SESSION_READ && session->closing) {
        return SESSION_CLOSE;
    }
    return step;
}

void session_answer(struct session *session)
{
    if (session->kind == REQUEST_COMPUTE) {
        work_burn(WORK_NS);
    } else if (session->kind == REQUEST_PLAIN && session->work > 0) {
        work_burn(session->work);
    }
    session->service->answer(session);
}

const char *session_output(const struct session *session, size_t *size)
{
    *size = session->out_end - session->out_at;
    return session->out + session->out_at;
}

void session_sent(struct session *session, size_t size)
{
    session->out_at += size;
    if (session->out_at == session->out_end) {
        session->out_at = session->out_end = 0;
    }
}

void session_append(struct session *session, const char *bytes, size_t size)
{
    memcpy(session->out + session->out_end, bytes, size);
    session->out_end += size;
}

void session_fail(struct session *session)
{
    session->closing = true;
    session->failed = true;
    session->in_at = session->in_end;
}
