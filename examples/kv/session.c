#include "examples/kv/session.h"

#include <errno.h>
#include <poll.h>

#include "examples/kv/command.h"
#include "examples/kv/waiter.h"

/* So much is read of the commands behind one that waits. */
#define AHEAD_MOST 65536

/* So much of answers is sent though more commands are there. */
#define ANSWERS_SIZE 16384

static int write_all(struct session *session, const struct buffer *text)
{
    ssize_t size = rove_stream_write(session->stream, text->data, text->size);
    if (size != (ssize_t)text->size) {
        return size < 0 ? (int)size : -EPIPE;
    }
    return rove_stream_flush(session->stream);
}

int session_flush(struct session *session)
{
    struct buffer *text = &session->reply.text;
    int error = session->reply.is_lost ? -ENOMEM : 0;
    if (error == 0 && text->size > 0) {
        error = session->deliverer != NULL
                    ? outbox_put(&session->subscriber.outbox,
                                 (struct bytes){text->data, text->size})
                    : write_all(session, text);
    }
    buffer_clear(text);
    return error;
}

/* Writes what comes into the outbox, until that is closed. When it cannot, the
 * session ends. */
static int64_t deliver(void *arg)
{
    struct session *session = arg;
    struct outbox *outbox = &session->subscriber.outbox;
    struct buffer text = {0};
    while (outbox_take(outbox, &text) == 0) {
        if (write_all(session, &text) != 0) {
            (void)rove_cancel_id(outbox->owner);
            break;
        }
        buffer_clear(&text);
    }
    buffer_free(&text);
    return 0;
}

int session_listen(struct session *session)
{
    if (session->deliverer != NULL) {
        return 0;
    }
    int error = session_flush(session);
    if (error != 0) {
        return error;
    }
    outbox_open(&session->subscriber.outbox,
                session->service->limits.outbox_max);
    session->deliverer = rove_spawn(deliver, session);
    return session->deliverer == NULL ? (int)rove_join(NULL) : 0;
}

/* The outbox is written to its end, and the session writes again. */
static void stop_listening(struct session *session)
{
    if (session->deliverer != NULL) {
        hub_leave(session->service->hub, &session->subscriber);
        outbox_close(&session->subscriber.outbox);
        (void)rove_join(session->deliverer);
        session->deliverer = NULL;
        outbox_fini(&session->subscriber.outbox);
    }
}

/* Sends the answers, and waits for more bytes. 0 or -errno: it is over.
 *
 * Others that are ready come first: so the answers of many clients go out close
 * together, and a process with many connections is woken once for them. */
static int await_bytes(struct session *session)
{
    const char *data;
    bool is_idle = request_is_between(&session->request);
    int error = session->reply.text.size > 0 ? rove_yield() : 0;
    if (error == 0) {
        error = session_flush(session);
    }
    if (error != 0) {
        return error;
    }
    if (is_idle) {
        rove_connection_idle_begin(session->connection, ROVE_FOREVER);
    }
    ssize_t size = rove_stream_peek(session->stream, 1, &data);
    if (is_idle) {
        (void)rove_connection_idle_end(session->connection);
    }
    return size > 0 ? 0 : size < 0 ? (int)size : -EPIPE;
}

/* True when the client has gone; false: there are bytes of its next command. */
static bool is_gone(struct session *session)
{
    const char *data;
    size_t size = rove_stream_buffered(session->stream, &data);
    ssize_t more = rove_stream_peek(session->stream, size + 1, &data);
    return more <= (ssize_t)size;
}

/* Waits for an item, the deadline, or the end of the server or the client. That
 * one is noticed behind what the client sends meanwhile, unless this is more
 * than is read ahead. */
static void await_item(struct session *session)
{
    struct waiting *waiting = session->waiting;
    rove_case cases[] = {
        rove_on_future(waiting->served),
        rove_on_time(waiting->deadline),
        rove_on_event(rove_server_draining(session->service->server)),
        rove_on_fd(rove_connection_fd(session->connection), POLLIN),
    };
    int which;
    do {
        size_t ahead = rove_stream_buffered(session->stream, NULL);
        which =
            rove_select(cases, ahead < AHEAD_MOST ? 4 : 3, ROVE_FIRST_LISTED);
    } while (which == 3 && !is_gone(session));
    session->is_over = which < 0 || which >= 2;
}

/* Carries a BLPOP or BRPOP to its end. 0 or -errno: it is over. */
static int take_item(struct session *session)
{
    int error = session_flush(session);
    if (error == 0) {
        await_item(session);
    }
    const struct waiter *served = waiting_end(session->waiting);
    if (served != NULL) {
        reply_array(&session->reply, 2);
        reply_string(&session->reply, served->key.name);
        reply_string(&session->reply, text_bytes(served->item));
    } else {
        reply_nil_array(&session->reply);
    }
    waiting_free(session->waiting);
    session->waiting = NULL;
    return error;
}

/* Carries out the command that was read. 0 or -errno: it is over. */
static int execute(struct session *session)
{
    int error = command_run(session);
    if (error == 0 && session->waiting != NULL) {
        error = take_item(session);
    }
    if (error == 0 && session->deliverer != NULL &&
        session->subscriber.count == 0) {
        error = session_flush(session);
        stop_listening(session);
    }
    if (error == 0 && session->reply.text.size >= ANSWERS_SIZE) {
        error = session_flush(session);
    }
    return error;
}

/* Reads the next command from what has come: as request_read(). */
static int read_command(struct session *session)
{
    const char *data;
    size_t taken, size = rove_stream_buffered(session->stream, &data);
    int result = request_read(&session->request, data, size, &taken);
    rove_stream_consume(session->stream, taken);
    return result;
}

static int serve(struct session *session)
{
    int error = 0;
    while (error == 0 && !session->is_over) {
        int result = read_command(session);
        if (result == 0) {
            error = await_bytes(session);
        } else if (result > 0) {
            error = execute(session);
        } else if (result == -EPROTO) {
            reply_error(&session->reply, "ERR Protocol error: %s",
                        request_problem(&session->request));
            session->is_over = true;
        } else {
            error = result;
        }
    }
    return error == 0 ? session_flush(session) : error;
}

int64_t session_serve(rove_connection *connection, void *arg)
{
    struct service *service = arg;
    struct session session = {.service = service, .connection = connection};
    session.stream = rove_connection_stream(connection, NULL);
    if (session.stream == NULL) {
        return -ENOMEM;
    }
    request_init(&session.request, &service->limits);
    int error = serve(&session);
    stop_listening(&session);
    request_fini(&session.request);
    buffer_free(&session.reply.text);
    return error == -EPIPE || error == -ESHUTDOWN ? 0 : error;
}
