#include "benchmarks/compare/service/work.h"

#include <time.h>

static int64_t read_thread_clock(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

void work_burn(int64_t ns)
{
    int64_t end = read_thread_clock() + ns;
    uint64_t x = (uint64_t)end;
    do {
        /* Some 2 us between two readings, each of which is a system call. */
        for (int i = 0; i < 1000; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
        }
        __asm__ __volatile__("" : : "r"(x)); /* the result is wanted */
    } while (read_thread_clock() < end);
}
