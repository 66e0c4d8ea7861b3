/* What the address and leak sanitizers must be told about stack memory. They
 * know nothing of stacks that did not come from pthread_create. Everything here
 * is empty in a build without them; the hooks of the switch itself are in
 * switch.h.
 *
 *   RV_ASAN  defined under the address sanitizer (which brings the leak
 *   checker)
 *   RV_TSAN  defined under the thread sanitizer
 */
#ifndef SRC_CONTEXT_SANITIZER_H
#define SRC_CONTEXT_SANITIZER_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define RV_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define RV_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RV_ASAN 1
#elif __has_feature(thread_sanitizer)
#define RV_TSAN 1
#endif
#endif

#ifdef RV_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#include <string.h>
#endif

/* Makes [low, low + size) addressable again. Frames that were left for good
 * (a final switch unwinds nothing) leave the red zones of their variables
 * poisoned, and the next user of the stack would trip over them. */
static inline void rv_sanitizer_unpoison(char *low, size_t size)
{
#ifdef RV_ASAN
    __asan_unpoison_memory_region(low, size);
#else
    (void)low;
    (void)size;
#endif
}

/* Has the leak checker look for pointers in [low, low + size) from now on: what
 * only a parked task points to is not lost. The range must stay readable; a
 * guard must not be in it, since the checker cannot see a MADV_GUARD_INSTALL
 * guard in the memory map and would die reading it. */
static inline void rv_sanitizer_add_root(char *low, size_t size)
{
#ifdef RV_ASAN
    __lsan_register_root_region(low, size);
#else
    (void)low;
    (void)size;
#endif
}

/* Wipes a root that nobody uses any more, so that stale pointers in it do not
 * hide a leak. */
static inline void rv_sanitizer_forget(char *low, size_t size)
{
#ifdef RV_ASAN
    __asan_unpoison_memory_region(low, size);
    memset(low, 0, size);
#else
    (void)low;
    (void)size;
#endif
}

#endif
