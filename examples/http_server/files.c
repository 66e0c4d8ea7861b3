#include "examples/http_server/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "examples/http_server/answer.h"

#define INDEX     "index.html"
#define NAME_ROOM 1024
#define SEND_MOST (256UL * 1024) /* bytes: that much in a write deadline */
#define COPY_MOST 8192 /* a file up to this is written with its head */

struct file {
    int root;
    int fd;
    uint64_t size;
    char name[NAME_ROOM + sizeof INDEX];
};

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)((found - digits) % 16) : -1;
}

/* The character at `at` of a path, which moves on behind it. 0: it is none. */
static unsigned char next_character(struct text path, size_t *at)
{
    unsigned char c = (unsigned char)path.at[(*at)++];
    if (c != '%') {
        return c;
    }
    int high = path.size - *at >= 2 ? digit_of(path.at[*at]) : -1;
    int low = high >= 0 ? digit_of(path.at[*at + 1]) : -1;
    *at += 2;
    return low >= 0 ? (unsigned char)(high * 16 + low) : 0;
}

/* The name that a path stands for, without the slash before it; false: none.
 */
static bool name_of(struct text path, char *name)
{
    size_t size = 0;
    for (size_t at = 1; at < path.size;) {
        unsigned char c = next_character(path, &at);
        if (c == 0 || size == NAME_ROOM) {
            return false;
        }
        name[size++] = (char)c;
    }
    bool is_directory = size == 0 || name[size - 1] == '/';
    memcpy(name + size, is_directory ? INDEX : "",
           is_directory ? sizeof INDEX : 1);
    return true;
}

/* The kernel keeps the name below the root, whatever it is. Runs on a pool
 * thread: a disk may be slow. */
static int64_t open_file(void *arg)
{
    static const struct open_how how = {
        .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    struct file *file = arg;
    struct stat about;
    file->fd =
        (int)syscall(SYS_openat2, file->root, file->name, &how, sizeof how);
    if (file->fd < 0) {
        return -errno;
    }
    if (fstat(file->fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        close(file->fd);
        return -ENOENT;
    }
    file->size = (uint64_t)about.st_size;
    return 0;
}

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {
        {"html", "text/html; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"txt", "text/plain; charset=utf-8"},
        {"md", "text/markdown; charset=utf-8"},
        {"json", "application/json"},
        {"pdf", "application/pdf"},
        {"wasm", "application/wasm"},
        {"gif", "image/gif"},
        {"ico", "image/x-icon"},
        {"jpg", "image/jpeg"},
        {"png", "image/png"},
        {"svg", "image/svg+xml"},
        {"webp", "image/webp"},
        {"woff2", "font/woff2"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(dot + 1, types[i][0]) == 0) {
            return types[i][1];
        }
    }
    return "application/octet-stream";
}

/* Through memory: a small file, or one for a stream that is on TLS. */
static ssize_t copy_some(struct client *client, int fd, off_t offset,
                         size_t size)
{
    char bytes[COPY_MOST];
    size_t most = size < sizeof bytes ? size : sizeof bytes;
    ssize_t count = rove_pread(fd, bytes, most, offset);
    if (count > 0) {
        client_write(client, bytes, (size_t)count);
    }
    return count;
}

static ssize_t send_some(struct client *client, int fd, off_t offset,
                         size_t size)
{
    ssize_t count = -1;
    if (client_flush(client)) {
        ROVE_TIMEOUT(client->site->limits.write_time, NULL)
        {
            count = rove_sendfile(rove_stream_fd(client->stream), fd, &offset,
                                  size < SEND_MOST ? size : SEND_MOST);
        }
    }
    return count;
}

static void send_file(struct client *client, const struct file *file)
{
    bool is_copied =
        file->size <= COPY_MOST || rove_stream_fd(client->stream) < 0;
    uint64_t done = 0;
    while (done < file->size && !client->is_gone) {
        ssize_t count = (is_copied ? copy_some : send_some)(
            client, file->fd, (off_t)done, file->size - done);
        /* A file that has become shorter cannot be sent as was said. */
        client->is_gone |= count <= 0;
        done += count > 0 ? (uint64_t)count : 0;
    }
}

void answer_file(struct client *client)
{
    struct file file = {.root = client->site->root};
    int64_t error = -ENOENT;
    if (name_of(client->request.path, file.name)) {
        error = rove_offload(open_file, &file);
    }
    if (error != 0) {
        bool is_busy = error == -EMFILE || error == -ENFILE;
        answer_error(client, is_busy ? 503 : 404, "");
        return;
    }
    answer_begin(client, 200, type_of(file.name), file.size, "");
    if (!request_is(&client->request, HTTP_HEAD)) {
        send_file(client, &file);
    }
    rove_close(file.fd);
}
