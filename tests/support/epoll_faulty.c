/* The faulty twin of src/platform/epoll.c: see fault.h and twin.h.
 */
#include <errno.h>

#include "src/platform/epoll.h"
#include "tests/support/twin.h"

RV_TWIN(int, rv_epoll_open, (void))
{
    int error = rv_fault_check("rv_epoll_open");

    return error != 0 ? -error : __real_rv_epoll_open();
}

RV_TWIN(int, rv_epoll_add, (int epoll, int fd, uint32_t events, uint64_t data))
{
    int error = rv_fault_check("rv_epoll_add");

    return error != 0 ? -error : __real_rv_epoll_add(epoll, fd, events, data);
}

RV_TWIN(int, rv_epoll_mod, (int epoll, int fd, uint32_t events, uint64_t data))
{
    int error = rv_fault_check("rv_epoll_mod");

    return error != 0 ? -error : __real_rv_epoll_mod(epoll, fd, events, data);
}

RV_TWIN(int, rv_epoll_del, (int epoll, int fd))
{
    int error = rv_fault_check("rv_epoll_del");

    return error != 0 ? -error : __real_rv_epoll_del(epoll, fd);
}

/* EINTR is what rv_epoll_wait itself turns into 0. */
RV_TWIN(int, rv_epoll_wait,
        (int epoll, struct epoll_event *events, int max, int64_t timeout))
{
    int error = rv_fault_check("rv_epoll_wait");

    if (error != 0) {
        return error == EINTR ? 0 : -error;
    }
    return __real_rv_epoll_wait(epoll, events, max, timeout);
}
