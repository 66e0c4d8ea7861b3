/* Unix stream sockets by path. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "rove/net.h"

#include "src/io/socket.h"

/* The length of the address; -EINVAL for no path, -ENAMETOOLONG. A path in the
 * file system ends with a zero byte, an abstract name begins with one. */
static int parse(const char *path, struct sockaddr_un *out)
{
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    if (path == NULL || path[0] == '\0') {
        return -EINVAL;
    }
    bool is_abstract = path[0] == '@';
    size_t size = strlen(path) + (is_abstract ? 0 : 1);
    if (size > sizeof out->sun_path) {
        return -ENAMETOOLONG;
    }
    memcpy(out->sun_path, path, size);
    if (is_abstract) {
        out->sun_path[0] = '\0';
    }
    return (int)(offsetof(struct sockaddr_un, sun_path) + size);
}

int rove_unix_listen(const char *path)
{
    struct sockaddr_un at;
    int length = parse(path, &at);
    if (length < 0) {
        return length;
    }
    return rv_socket_listen((const struct sockaddr *)&at, (socklen_t)length, 0,
                            SOMAXCONN);
}

int rove_unix_connect(const char *path)
{
    struct sockaddr_un to;
    int length = parse(path, &to);
    if (length < 0) {
        return length;
    }
    return rv_socket_connect((const struct sockaddr *)&to, (socklen_t)length);
}
