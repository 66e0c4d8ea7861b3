#include "examples/http_server/answer.h"

#include <string.h>

#define HEAD_ROOM 768 /* all parts at their longest: see the header */
#define BODY_ROOM 256 /* a body up to this is written with its head */

/* A text under construction. */
struct draft {
    char *end;
    char text[HEAD_ROOM + BODY_ROOM];
};

static void add(struct draft *draft, const char *text, size_t size)
{
    memcpy(draft->end, text, size);
    draft->end += size;
}

static size_t size_of(const struct draft *draft)
{
    return (size_t)(draft->end - draft->text);
}

static void add_text(struct draft *draft, const char *text)
{
    add(draft, text, strlen(text));
}

static void add_number(struct draft *draft, uint64_t number)
{
    char digits[20];
    char *first = digits + sizeof digits;
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    add(draft, first, (size_t)(digits + sizeof digits - first));
}

static const char *reason_of(int status)
{
    static const struct reason {
        int status;
        const char *text;
    } reasons[] = {
        {200, "200 OK"},
        {206, "206 Partial Content"},
        {400, "400 Bad Request"},
        {404, "404 Not Found"},
        {405, "405 Method Not Allowed"},
        {408, "408 Request Timeout"},
        {411, "411 Length Required"},
        {413, "413 Content Too Large"},
        {414, "414 URI Too Long"},
        {416, "416 Range Not Satisfiable"},
        {417, "417 Expectation Failed"},
        {431, "431 Request Header Fields Too Large"},
        {501, "501 Not Implemented"},
        {503, "503 Service Unavailable"},
        {505, "505 HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status) {
            return reasons[i].text;
        }
    }
    return "500 Internal Server Error";
}

/* Once a second. */
static const char *date_of(struct client *client)
{
    time_t now = time(NULL);
    if (now != client->date_at) {
        struct tm parts;
        gmtime_r(&now, &parts);
        strftime(client->date, sizeof client->date, "%a, %d %b %Y %H:%M:%S GMT",
                 &parts);
        client->date_at = now;
    }
    return client->date;
}

static void add_connection(struct draft *draft, const struct client *client)
{
    if (client->is_last) {
        add_text(draft, "Connection: close\r\n");
    } else if (client->request.parser.http_minor == 0) {
        add_text(draft, "Connection: keep-alive\r\n");
    }
}

static void draft_head(struct draft *draft, struct client *client, int status,
                       const char *type, uint64_t size)
{
    draft->end = draft->text;
    add_text(draft, "HTTP/1.1 ");
    add_text(draft, status == 200 ? "200 OK" : reason_of(status));
    add_text(draft, "\r\nDate: ");
    add_text(draft, date_of(client));
    add_text(draft, "\r\nContent-Type: ");
    add_text(draft, type);
    add_text(draft, "\r\nContent-Length: ");
    add_number(draft, size);
    add_text(draft, "\r\n");
    add_connection(draft, client);
}

void answer_begin(struct client *client, int status, const char *type,
                  uint64_t size, const char *more)
{
    struct draft draft;
    draft_head(&draft, client, status, type, size);
    add_text(&draft, more);
    add_text(&draft, "\r\n");
    client_write(client, draft.text, size_of(&draft));
}

void answer(struct client *client, int status, const char *type,
            const char *more, const void *body, size_t size)
{
    struct draft draft;
    bool has_body = size != 0 && !request_is(&client->request, HTTP_HEAD);
    draft_head(&draft, client, status, type, size);
    add_text(&draft, more);
    add_text(&draft, "\r\n");
    bool is_short = size <= BODY_ROOM;
    if (has_body && is_short) {
        add(&draft, body, size);
    }
    client_write(client, draft.text, size_of(&draft));
    if (has_body && !is_short) {
        client_write(client, body, size);
    }
}

void answer_error(struct client *client, int status, const char *more)
{
    const char *reason = reason_of(status);
    client->is_last = true;
    answer(client, status, "text/plain", more, reason, strlen(reason));
}
