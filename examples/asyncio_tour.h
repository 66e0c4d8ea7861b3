/* The chapters of the tour, and how they print.
 */
#ifndef EXAMPLES_ASYNCIO_TOUR_H
#define EXAMPLES_ASYNCIO_TOUR_H

#include <stddef.h>
#include <stdint.h>

/* asyncio_tour_stop.c: timeouts, cancellation, clean-up, blocking calls. */
void tour_stop(void);

/* asyncio_tour_meet.c: queues, events, locks, semaphores. */
void tour_meet(void);

/* A result is a value, or, when it is negative, an errno: the OSError of a C
 * program.
 *
 *     def show(what, *results):
 *         print(what, ", ".join(
 *             r.strerror if isinstance(r, OSError) else str(r)
 *             for r in results))
 */
void tour_show_all(const char *what, const int64_t results[], size_t count);
void tour_show(const char *what, int64_t result);

/* What fits into a pointer needs no memory of its own to get to a task. */
static inline void *tour_arg(int64_t value)
{
    return (void *)(intptr_t)value;
}

#endif
