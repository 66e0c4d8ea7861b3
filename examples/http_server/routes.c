#include "examples/http_server/routes.h"

#include <stdlib.h>
#include <string.h>

#include "examples/http_server/answer.h"
#include "examples/http_server/files.h"

struct route {
    const char *path;
    const char *allow; /* the methods, as a refusal names them */
    void (*answer)(struct client *client);
    llhttp_method_t methods[2];
    bool reads_body;
};

static void answer_hello(struct client *client)
{
    static const char hello[] = "Hello, world\n";
    answer(client, 200, "text/plain", "", hello, sizeof hello - 1);
}

static void answer_echo(struct client *client)
{
    struct bytes body = {0};
    if (!client->request.has_length && !client->request.is_chunked) {
        answer_error(client, 411, "");
        return;
    }
    int status = client_read_body(client, &body);
    if (status == 0) {
        answer(client, 200, "application/octet-stream", "", body.at, body.size);
    } else if (status > 0) {
        answer_error(client, status, "");
    }
    free(body.at);
}

static const struct route routes[] = {
    {"/", "Allow: GET, HEAD\r\n", answer_hello, {HTTP_GET, HTTP_HEAD}, false},
    {"/echo", "Allow: POST\r\n", answer_echo, {HTTP_POST, HTTP_POST}, true},
};
static const struct route files = {
    NULL, "Allow: GET, HEAD\r\n", answer_file, {HTTP_GET, HTTP_HEAD}, false};

static const struct route *find_route(const struct client *client)
{
    const struct text *path = &client->request.path;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (path->size == strlen(routes[i].path) &&
            memcmp(path->at, routes[i].path, path->size) == 0) {
            return &routes[i];
        }
    }
    return client->site->root >= 0 && path->size > 0 ? &files : NULL;
}

static bool allows(const struct route *route, const struct request *request)
{
    return request_is(request, route->methods[0]) ||
           request_is(request, route->methods[1]);
}

void routes_answer(struct client *client)
{
    const struct route *route = find_route(client);
    if (route == NULL) {
        answer_error(client, 404, "");
    } else if (!allows(route, &client->request)) {
        answer_error(client, 405, route->allow);
    } else {
        /* A body that nobody reads is in the way of the next request. */
        client->is_last |=
            client->request.state != BODY_NONE && !route->reads_body;
        route->answer(client);
    }
}
