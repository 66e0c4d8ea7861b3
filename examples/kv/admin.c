/* Commands about the connection and the server.
 */
#include <stdio.h>

#include "examples/kv/command.h"
#include "examples/kv/waiter.h"

int run_ping(struct session *session)
{
    struct reply *reply = &session->reply;
    bool has_text = request_count(&session->request) > 1;
    if (request_count(&session->request) > 2) {
        reply_error(reply, "ERR wrong number of arguments for 'ping' command");
    } else if (session->subscriber.count > 0) {
        reply_array(reply, 2);
        reply_string(reply, bytes_of("pong"));
        reply_string(reply, has_text ? command_arg(session, 1) : bytes_of(""));
    } else if (has_text) {
        reply_string(reply, command_arg(session, 1));
    } else {
        reply_status(reply, "PONG");
    }
    return 0;
}

int run_echo(struct session *session)
{
    reply_string(&session->reply, command_arg(session, 1));
    return 0;
}

int run_quit(struct session *session)
{
    reply_status(&session->reply, "OK");
    session->is_over = true;
    return 0;
}

int run_select(struct session *session)
{
    long long index;
    if (!command_number(session, 1, &index)) {
        return 0;
    }
    if (index != 0) {
        reply_error(&session->reply, "ERR DB index is out of range");
    } else {
        reply_status(&session->reply, "OK");
    }
    return 0;
}

/* There is RESP 2 only, which needs no handshake. */
int run_hello(struct session *session)
{
    reply_error(&session->reply, "NOPROTO unsupported protocol version");
    return 0;
}

int run_client(struct session *session)
{
    struct bytes word = command_arg(session, 1);
    if (bytes_is_word(word, "setname") || bytes_is_word(word, "setinfo")) {
        reply_status(&session->reply, "OK");
    } else {
        command_syntax_error(session);
    }
    return 0;
}

/* redis-cli asks for help texts, and does without. */
int run_command(struct session *session)
{
    reply_array(&session->reply, 0);
    return 0;
}

/* Nothing is saved, which redis-benchmark wants to know. */
int run_config(struct session *session)
{
    static const char *const values[][2] = {{"save", ""}, {"appendonly", "no"}};
    struct reply *reply = &session->reply;
    size_t count = request_count(&session->request);
    if (!bytes_is_word(command_arg(session, 1), "get") || count != 3) {
        return command_syntax_error(session);
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (bytes_is_word(command_arg(session, 2), values[i][0])) {
            reply_array(reply, 2);
            reply_string(reply, bytes_of(values[i][0]));
            reply_string(reply, bytes_of(values[i][1]));
            return 0;
        }
    }
    reply_array(reply, 0);
    return 0;
}

int run_info(struct session *session)
{
    rove_server_stats stats = {.size = sizeof stats};
    char text[512];
    rove_server *server = session->service->server;
    int error = server != NULL ? rove_server_get_stats(server, &stats) : 0;
    if (error != 0) {
        return error;
    }
    int size =
        snprintf(text, sizeof text,
                 "# Server\r\nredis_mode:standalone\r\nrove_version:%s\r\n"
                 "\r\n# Clients\r\nconnected_clients:%llu\r\n"
                 "blocked_clients:%zu\r\n"
                 "\r\n# Stats\r\ntotal_connections_received:%llu\r\n"
                 "\r\n# Keyspace\r\ndb0:keys=%zu\r\n",
                 rove_version(), (unsigned long long)stats.current,
                 waiters_count(session->service->keys),
                 (unsigned long long)stats.accepted,
                 keyspace_size(session->service->keys));
    reply_string(&session->reply, (struct bytes){text, (size_t)size});
    return 0;
}
