#include "src/base/assert.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static struct iovec piece(const char *text)
{
    return (struct iovec){.iov_base = (char *)text, .iov_len = strlen(text)};
}

/* One writev, so that the line stays whole among the output of other threads,
 * and no stdio, whose locks the failing thread may hold. */
void rv_panic(const char *function, const char *sentence)
{
    struct iovec line[] = {piece("rove: "), piece(function), piece(": "),
                           piece(sentence), piece("\n")};
    ssize_t written =
        writev(STDERR_FILENO, line, (int)(sizeof line / sizeof line[0]));

    (void)written;
    abort();
}
