#include "src/sched/pollable.h"

#include <errno.h>
#include <stddef.h>

#include "src/base/mem.h"
#include "src/platform/epoll.h"
#include "src/sched/current.h"
#include "src/sched/wake.h"

_Static_assert(sizeof(rv_pollable) == RV_CACHE_LINE, "no lines are shared");

rv_atomic_ptr rv_pollable_pages[RV_POLLABLE_PAGES];

static rv_pollable *make_page(void)
{
    rv_pollable *page = rv_mem_alloc_aligned(
        RV_CACHE_LINE, RV_POLLABLE_PAGE * sizeof(rv_pollable));
    for (unsigned i = 0; page != NULL && i < RV_POLLABLE_PAGE; i++) {
        for (unsigned s = 0; s < RV_SIDES; s++) {
            rv_poll_side_init(&page[i].side[s]);
        }
    }
    return page;
}

int rv_pollable_open(int fd, rv_pollable **out)
{
    if (fd < 0) {
        return -EBADF;
    }
    if (fd >= RV_POLLABLE_MAX) {
        return -EMFILE;
    }
    rv_atomic_ptr *slot = &rv_pollable_pages[fd / RV_POLLABLE_PAGE];
    void *page = rv_ptr_load_acquire(slot); /* PAGE */
    if (page == NULL) {
        void *made = make_page();
        if (made == NULL) {
            return -ENOMEM;
        }
        if (rv_ptr_cas_acq_rel(slot, &page, made)) { /* PAGE */
            page = made;
        } else {
            rv_mem_free(made);
        }
    }
    *out = (rv_pollable *)page + fd % RV_POLLABLE_PAGE;
    return 0;
}

void rv_pollable_take_all(rv_pollable *file, unsigned cause)
{
    for (unsigned s = 0; s < RV_SIDES; s++) {
        rv_poll_side_take_all(&file->side[s], cause);
    }
}

/* Begins a life of the number of which nothing is known. */
static void reset(rv_pollable *file)
{
    file->sequence++;
    file->closer = 0;
    rv_pollable_set_home(file, NULL);
    for (unsigned s = 0; s < RV_SIDES; s++) {
        rv_poll_side_reset(&file->side[s]);
    }
}

void rv_pollable_adopt(rv_pollable *file, uint32_t flags)
{
    rv_lock_acquire(&file->lock);
    reset(file);
    rv_pollable_take_all(file, RV_CAUSE_CLOSED);
    rv_u32_fetch_and_acq_rel(
        &file->calls, ~(uint32_t)(RV_CALLS_STREAM | RV_CALLS_FILE)); /* CALL */
    rv_u32_fetch_or_acq_rel(&file->calls, RV_CALLS_MANAGED | flags); /* CALL */
    rv_lock_release(&file->lock);
}

int rv_pollable_close_begin(rv_pollable *file)
{
    rv_lock_acquire(&file->lock);
    uint32_t before =
        rv_u32_fetch_or_acq_rel(&file->calls, RV_CALLS_CLOSING); /* CALL */
    bool is_first = (before & RV_CALLS_CLOSING) == 0;
    if (is_first) {
        rv_pollable_take_all(file, RV_CAUSE_CLOSED);
    }
    rv_lock_release(&file->lock);
    return is_first ? 0 : -EBADF;
}

bool rv_pollable_close_await(rv_pollable *file, rv_ref ref)
{
    rv_lock_acquire(&file->lock);
    file->closer = ref;
    rv_lock_release(&file->lock);
    return rv_pollable_has_calls(file);
}

void rv_pollable_wake_closer(rv_pollable *file)
{
    rv_lock_acquire(&file->lock);
    rv_ref closer = file->closer;
    rv_lock_release(&file->lock);
    if (closer != 0) {
        rv_wake(rv_current_worker(), closer, RV_CAUSE_SOURCE);
    }
}

/* Off the epoll first, always: a duplicate of the descriptor, such as a child
 * process has, would keep the registration alive.
 *
 * Calls are let in again before the number is free, not after: then they might
 * be turned away from a file that has nothing to do with this one. */
uint32_t rv_pollable_close_end(rv_pollable *file, int fd)
{
    rv_lock_acquire(&file->lock);
    rv_poller *home = rv_pollable_home(file);
    if (home != NULL) {
        /* Refused when a foreign one was closed behind our back. */
        (void)rv_epoll_del(home->epoll, fd);
    }
    reset(file);
    uint32_t life = file->sequence;
    rv_u32_fetch_and_acq_rel(&file->calls,
                             ~(uint32_t)RV_CALLS_FLAGS); /* CALL */
    rv_lock_release(&file->lock);
    return life;
}

void rv_pollable_close_done(rv_pollable *file, uint32_t life)
{
    rv_lock_acquire(&file->lock);
    if (file->sequence == life) {
        rv_pollable_take_all(file, RV_CAUSE_SOURCE);
    }
    rv_lock_release(&file->lock);
}

static void forget(rv_pollable *file, const rv_poller *poller)
{
    /* relaxed: who is not here now never comes here, the poller's workers
     * have stopped; confirmed under the lock */
    if (rv_ptr_load_relaxed(&file->home) != poller) {
        return;
    }
    rv_lock_acquire(&file->lock);
    if (rv_pollable_home(file) == poller) {
        rv_pollable_set_home(file, NULL);
        rv_pollable_take_all(file, RV_CAUSE_SOURCE);
    }
    rv_lock_release(&file->lock);
}

void rv_pollable_forget(rv_poller *poller)
{
    for (unsigned p = 0; p < RV_POLLABLE_PAGES; p++) {
        rv_pollable *page =
            rv_ptr_load_acquire(&rv_pollable_pages[p]); /* PAGE */
        for (unsigned i = 0; page != NULL && i < RV_POLLABLE_PAGE; i++) {
            forget(&page[i], poller);
        }
    }
}
