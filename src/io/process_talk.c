/* Communicate: a task selects over the pipes that are open, and moves what the
 * one that is ready takes or gives. What it has fed and collected is kept with
 * the handle, so a call that ended early is continued by the next.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "rove/io.h"
#include "rove/process.h"
#include "rove/select.h"
#include "rove/task.h"

#include "src/base/assert.h"
#include "src/io/buffer.h"
#include "src/io/process.h"

#define FEED_MAX    ((size_t)256 * 1024)
#define COLLECT_MIN ((size_t)4096)
#define LIMIT_MAX   (SIZE_MAX / 4)

typedef struct rv_talk {
    rove_process *process;
    const char *input;
    size_t size;
    size_t limit;
} rv_talk;

/* A child that has closed its input, or ended, wants no more of it. */
static int feed(const rv_talk *talk)
{
    rove_process *p = talk->process;
    size_t left = talk->size - p->fed;
    if (left > 0) {
        ssize_t n = rove_write(p->pipes[0], talk->input + p->fed,
                               left < FEED_MAX ? left : FEED_MAX);
        if (n < 0 && n != -EPIPE) {
            return (int)n;
        }
        p->fed = n < 0 ? talk->size : p->fed + (size_t)n;
    }
    if (p->fed == talk->size) {
        rv_process_close_pipe(p, 0);
    }
    return 0;
}

/* Room for a byte more and the zero byte behind it. */
static bool has_room(rv_buffer *buffer)
{
    return rv_buffer_room(buffer) >= 2 ||
           rv_buffer_reserve(buffer, COLLECT_MIN);
}

/* One byte beyond the limit is read, and kept, to know that there is one. */
static int collect(const rv_talk *talk, int stream)
{
    rove_process *p = talk->process;
    rv_buffer *collected = &p->collected[stream];
    size_t size = rv_buffer_size(collected);
    if (size > talk->limit) {
        return -EMSGSIZE;
    }
    if (!has_room(collected)) {
        return -ENOMEM;
    }
    size_t room = rv_buffer_room(collected) - 1;
    size_t wanted = talk->limit - size + 1;
    ssize_t n = rove_read(p->pipes[stream], collected->end,
                          room < wanted ? room : wanted);
    if (n < 0) {
        return (int)n;
    }
    if (n == 0) {
        rv_process_close_pipe(p, stream);
    }
    rv_buffer_fill(collected, (size_t)n);
    *collected->end = '\0';
    return rv_buffer_size(collected) > talk->limit ? -EMSGSIZE : 0;
}

static rove_case case_of(const rove_process *p, int stream)
{
    rove_case never = {.ops = NULL};
    int fd = p->pipes[stream];
    return fd < 0 ? never : rove_on_fd(fd, stream == 0 ? POLLOUT : POLLIN);
}

static bool is_talking(const rove_process *p)
{
    return p->pipes[0] >= 0 || p->pipes[1] >= 0 || p->pipes[2] >= 0;
}

static int talk_once(const rv_talk *talk)
{
    rove_case cases[RV_STREAMS];
    for (int i = 0; i < RV_STREAMS; i++) {
        cases[i] = case_of(talk->process, i);
    }
    int chosen = rove_select(cases, RV_STREAMS, 0);
    if (chosen <= 0) {
        return chosen < 0 ? chosen : feed(talk);
    }
    return collect(talk, chosen);
}

static void give(const rove_process *p, rove_process_result *result)
{
    result->out = p->collected[1].begin;
    result->out_size = rv_buffer_size(&p->collected[1]);
    result->err = p->collected[2].begin;
    result->err_size = rv_buffer_size(&p->collected[2]);
}

int rove_process_communicate(rove_process *process, const void *input,
                             size_t size, size_t limit,
                             rove_process_result *result)
{
    RV_CHECK(rove_self() != NULL, "needs a task");
    RV_CHECK(size >= process->fed, "it goes on with the same input");
    if (size > process->fed && process->pipes[0] < 0) {
        return -EINVAL;
    }
    rv_talk talk = {process, input, size,
                    limit < LIMIT_MAX ? limit : LIMIT_MAX};
    int error = 0;
    while (error == 0 && is_talking(process)) {
        error = talk_once(&talk);
    }
    rove_exit exit;
    if (error == 0) {
        error = rove_process_wait(process, &exit);
    }
    if (error == 0) {
        give(process, result);
        result->exit = exit;
    }
    return error;
}
