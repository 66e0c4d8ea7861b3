#include "examples/proxy/forward.h"

#include <inttypes.h>

static void write_field(struct peer *to, const struct field *field)
{
    const struct iovec parts[] = {
        {(void *)(uintptr_t)field->name.at, field->name.size},
        {(void *)(uintptr_t) ": ", 2},
        {(void *)(uintptr_t)field->value.at, field->value.size},
        {(void *)(uintptr_t) "\r\n", 2},
    };
    peer_write_parts(to, parts, 4);
}

static void write_fields(struct peer *to, const struct message *message)
{
    for (uint32_t i = 0; i < message->count; i++) {
        const struct field *field = &message->fields[i];
        if (!message_keeps_back(message, field->name) &&
            !text_is(field->name, "x-forwarded-for")) {
            write_field(to, field);
        }
    }
    peer_print(to, "Via: 1.1 rove\r\n");
}

/* Who has forwarded it before, and this client. */
static void write_forwarded(struct peer *to, const struct message *request,
                            const char *client)
{
    peer_print(to, "X-Forwarded-For: ");
    for (uint32_t i = 0; i < request->count; i++) {
        const struct field *field = &request->fields[i];
        if (text_is(field->name, "x-forwarded-for") && field->value.size > 0) {
            peer_write(to, field->value);
            peer_print(to, ", ");
        }
    }
    peer_print(to, "%s\r\n", client);
}

static void write_framing(struct peer *to, const struct message *message,
                          enum framing framing)
{
    if (framing == FRAMING_CHUNKED) {
        peer_print(to, "Transfer-Encoding: chunked\r\n");
    } else if (message->has_length) {
        peer_print(to, "Content-Length: %" PRIu64 "\r\n", message->length);
    }
}

enum framing forward_request(const struct message *request, struct peer *to,
                             const char *client)
{
    enum framing framing = request->is_chunked    ? FRAMING_CHUNKED
                           : request->is_complete ? FRAMING_NONE
                                                  : FRAMING_LENGTH;
    peer_print(to, "%s ", llhttp_method_name(request->parser.method));
    peer_write(to, request->target);
    peer_print(to, " HTTP/1.1\r\n");
    write_fields(to, request);
    write_forwarded(to, request, client);
    write_framing(to, request, framing);
    peer_print(to, "\r\n");
    return framing;
}

static void write_status(struct peer *to, const struct message *answer)
{
    peer_print(to, "HTTP/1.1 %u ", (unsigned)answer->parser.status_code);
    peer_write(to, answer->reason);
    peer_print(to, "\r\n");
    write_fields(to, answer);
}

void forward_answer(const struct message *answer, struct peer *to,
                    enum framing framing, bool is_old, bool keeps_alive)
{
    write_status(to, answer);
    write_framing(to, answer, framing);
    if (!keeps_alive) {
        peer_print(to, "Connection: close\r\n");
    } else if (is_old) {
        peer_print(to, "Connection: keep-alive\r\n");
    }
    peer_print(to, "\r\n");
}

void forward_interim(const struct message *answer, struct peer *to)
{
    write_status(to, answer);
    peer_print(to, "\r\n");
}

enum framing forward_framing(const struct message *answer, bool is_old)
{
    if (answer->is_complete) {
        return FRAMING_NONE;
    }
    if (answer->has_length && !answer->is_chunked) {
        return FRAMING_LENGTH;
    }
    return is_old ? FRAMING_CLOSE : FRAMING_CHUNKED;
}
