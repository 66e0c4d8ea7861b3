/* The faulty twin of src/platform/fd_move.c: see fault.h and twin.h.
 */
#include "src/platform/fd_move.h"
#include "tests/support/twin.h"

RV_TWIN(ssize_t, rv_fd_sendfile, (int to, int from, off_t *offset, size_t size))
{
    int error = rv_fault_check("rv_fd_sendfile");

    return error != 0 ? -error : __real_rv_fd_sendfile(to, from, offset, size);
}

RV_TWIN(ssize_t, rv_fd_splice,
        (int from, off_t *from_offset, int to, off_t *to_offset, size_t size,
         unsigned flags))
{
    int error = rv_fault_check("rv_fd_splice");

    return error != 0 ? -error
                      : __real_rv_fd_splice(from, from_offset, to, to_offset,
                                            size, flags);
}
