/* Unix sockets by path. */
#include "rove/net.h"

#include "src/io/listen.h"
#include "src/io/socket.h"

int rove_unix_listen(const char *path, const rove_listen_options *options)
{
    rove_address at;
    int error = rove_address_unix(path, &at);
    return error != 0 ? error : rv_listen_at(&at, options);
}

int rove_unix_connect(const char *path)
{
    rove_address to;
    int error = rove_address_unix(path, &to);
    return error != 0 ? error : rv_socket_connect(&to, SOCK_STREAM);
}
