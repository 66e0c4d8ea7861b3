#include "examples/proxy/refusal.h"

#include <string.h>

struct row {
    int status;
    const char *reason;
    const char *why;
};

/* The last one stands for those that are not listed. */
static const struct row rows[] = {
    {408, "Request Timeout", "the request did not come in time"},
    {431, "Request Header Fields Too Large", "the head is too large"},
    {501, "Not Implemented", "the request asks for what is not done here"},
    {502, "Bad Gateway", "the upstream cannot be reached or made no sense"},
    {503, "Service Unavailable", "no upstream is up"},
    {504, "Gateway Timeout", "the upstream did not answer in time"},
    {400, "Bad Request", "the request makes no sense"},
};
#define ROWS (sizeof rows / sizeof rows[0])

static const struct row *row_of(int status)
{
    size_t i = 0;
    while (i < ROWS - 1 && rows[i].status != status) {
        i++;
    }
    return &rows[i];
}

bool refusal_write(struct peer *client, int status, bool is_head,
                   bool keeps_alive)
{
    const struct row *row = row_of(status);
    peer_print(client,
               "HTTP/1.1 %d %s\r\n"
               "Content-Type: text/plain\r\nContent-Length: %zu\r\n",
               row->status, row->reason, strlen(row->why) + 1);
    if (status == 503) {
        peer_print(client, "Retry-After: 1\r\n");
    }
    peer_print(client, "Connection: %s\r\n\r\n",
               keeps_alive ? "keep-alive" : "close");
    if (!is_head) {
        peer_print(client, "%s\n", row->why);
    }
    return peer_flush(client);
}
