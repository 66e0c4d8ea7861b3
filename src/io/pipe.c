/* Pipes within the process. A short count says that a pipe is empty, or full.
 */
#include "rove/io.h"

#include "src/io/adopt.h"
#include "src/platform/fd_io.h"
#include "src/sched/pollable.h"

int rove_pipe(int fds[2])
{
    int ends[2];
    int error = rv_fd_pipe(ends);
    if (error != 0) {
        return error;
    }
    int reader = rv_adopt_file(ends[0], RV_CALLS_STREAM);
    int writer = rv_adopt_file(ends[1], RV_CALLS_STREAM);
    if (reader < 0 || writer < 0) {
        (void)rove_close(reader);
        (void)rove_close(writer);
        return reader < 0 ? reader : writer;
    }
    fds[0] = reader;
    fds[1] = writer;
    return 0;
}
