/* From a process that is started to one whose handle is given back.
 *
 * The pidfd is left a foreign descriptor: it needs no adopting that could fail
 * when the process is there already.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "rove/io.h"
#include "rove/process.h"

#include "src/base/assert.h"
#include "src/base/mem.h"
#include "src/io/adopt.h"
#include "src/io/orphan.h"
#include "src/io/process.h"
#include "src/platform/child.h"
#include "src/platform/fd_io.h"
#include "src/sched/pollable.h"

#define FLAGS (ROVE_PROCESS_DETACH | ROVE_PROCESS_GROUP)

void rove_process_options_init(rove_process_options *options)
{
    *options = (rove_process_options){.size = sizeof *options};
}

static bool are_valid(const rove_process_options *options)
{
    if (options->size != sizeof *options || (options->flags & ~FLAGS) != 0) {
        return false;
    }
    for (int i = 0; i < RV_STREAMS; i++) {
        unsigned kind = options->stdio[i].kind;
        if (kind > (i == 2 ? ROVE_STDIO_MERGE : ROVE_STDIO_FD)) {
            return false;
        }
    }
    return true;
}

/* The child's end blocks, as programs expect it of their streams; ours does
 * not. Both flags are of the ends, not of the pipe. */
static int open_pipe(int stream, int *ours, int *childs)
{
    int fds[2];
    int error = rv_fd_pipe(fds);
    if (error != 0) {
        return error;
    }
    *childs = stream == 0 ? fds[0] : fds[1];
    error = rv_fd_set_nonblocking(*childs, false);
    *ours = rv_adopt_file(stream == 0 ? fds[1] : fds[0], RV_CALLS_STREAM);
    return *ours < 0 ? *ours : error;
}

/* fds[stream]: what the child gets. pipes: our ends. */
static int open_stream(const rove_stdio *stdio, int stream, int fds[RV_STREAMS],
                       int pipes[RV_STREAMS])
{
    switch (stdio->kind) {
    case ROVE_STDIO_NULL:
        fds[stream] = RV_CHILD_NULL;
        return 0;
    case ROVE_STDIO_PIPE:
        return open_pipe(stream, &pipes[stream], &fds[stream]);
    case ROVE_STDIO_FD:
        fds[stream] = stdio->fd;
        return stdio->fd < 0 ? -EBADF : 0;
    case ROVE_STDIO_MERGE:
        fds[stream] = fds[1] == RV_CHILD_INHERIT ? 1 : fds[1];
        return 0;
    default:
        fds[stream] = RV_CHILD_INHERIT;
        return 0;
    }
}

static void close_childs(const rove_process_options *options,
                         const int fds[RV_STREAMS])
{
    for (int i = 0; i < RV_STREAMS; i++) {
        if (options->stdio[i].kind == ROVE_STDIO_PIPE && fds[i] >= 0) {
            (void)rv_fd_close(fds[i]);
        }
    }
}

static int start(rove_process *process, const rove_process_options *options,
                 const char *const argv[])
{
    rv_child_plan plan = {
        .argv = argv,
        .env = options->env,
        .cwd = options->cwd,
        .fds = {RV_CHILD_INHERIT, RV_CHILD_INHERIT, RV_CHILD_INHERIT},
        .leads_group = (options->flags & ROVE_PROCESS_GROUP) != 0,
    };
    int result = 0;
    for (int i = 0; i < RV_STREAMS && result == 0; i++) {
        result = open_stream(&options->stdio[i], i, plan.fds, process->pipes);
    }
    if (result == 0) {
        result = rv_child_start(&plan, &process->pid);
    }
    close_childs(options, plan.fds);
    return result;
}

int rove_process_spawn(const rove_process_options *options,
                       const char *const argv[], rove_process **out)
{
    rove_process_options defaults;
    rove_process_options_init(&defaults);
    if (options == NULL) {
        options = &defaults;
    }
    RV_CHECK(argv != NULL && argv[0] != NULL, "there is no program");
    if (!are_valid(options)) {
        return -EINVAL;
    }
    rv_orphans_reap();
    rove_process *process = rv_mem_zalloc(sizeof *process);
    if (process == NULL) {
        return -ENOMEM;
    }
    process->flags = options->flags;
    for (int i = 0; i < RV_STREAMS; i++) {
        process->pipes[i] = -EBADF;
    }
    process->pidfd = start(process, options, argv);
    if (process->pidfd < 0) {
        int error = process->pidfd;
        rv_process_release(process);
        return error;
    }
    *out = process;
    return 0;
}

void rove_process_free(rove_process *process)
{
    if (process == NULL) {
        return;
    }
    if (rv_process_reap(process, NULL) == -EAGAIN) {
        if ((process->flags & ROVE_PROCESS_DETACH) != 0 ||
            rove_process_kill(process) == -EPERM) {
            rv_process_close_pipes(process);
            rv_orphan_leave(process);
            return;
        }
        (void)rv_process_await_end(process, NULL);
    }
    rv_process_release(process);
    rv_orphans_reap();
}
