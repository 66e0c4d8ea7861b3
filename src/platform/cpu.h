/* How many CPUs this process may use and which, where a thread runs, and the
 * hint for a loop that spins.
 *
 * Two limits count: the affinity mask, and the bandwidth quota of the control
 * groups the process is in. With more workers than the quota pays for, all of
 * them are stopped together for the rest of each period. In a hierarchy of
 * groups the tightest quota holds. Version 2 keeps it in cpu.max ("<quota>
 * <period>" or "max <period>", microseconds), version 1 in cpu.cfs_quota_us
 * (-1: none) and cpu.cfs_period_us.
 *
 * The parts that read text are declared here for their tests only.
 */
#ifndef SRC_PLATFORM_CPU_H
#define SRC_PLATFORM_CPU_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RV_CPU_UNLIMITED UINT_MAX

/* CPUs are numbered from 0; what the largest kernel configuration supports. */
#define RV_CPUS_MAX  8192
#define RV_CPU_WORDS (RV_CPUS_MAX / 64)

typedef struct rv_cpu_set {
    uint64_t words[RV_CPU_WORDS];
} rv_cpu_set;

static inline bool rv_cpu_set_has(const rv_cpu_set *set, unsigned cpu)
{
    return (set->words[cpu / 64] >> (cpu % 64)) & 1;
}

static inline void rv_cpu_set_add(rv_cpu_set *set, unsigned cpu)
{
    set->words[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

/* CPUs this process may use, at least 1. Reads files each time and uses 16 KiB
 * of stack: for the start of a runtime, on a thread's own stack. */
unsigned rv_cpu_count(void);

/* The CPUs that are online and in the calling thread's affinity mask; false and
 * an empty set where the kernel does not say. */
bool rv_cpu_allowed(rv_cpu_set *set);

/* The CPU that runs the calling thread: a hint, the kernel may move it at any
 * time. Cost: 2 ns (rseq), without a system call. */
unsigned rv_cpu_here(void);

/* Tells the CPU that the caller spins, so that the thread beside it on the same
 * core runs faster. Cost: 20 to 40 ns. */
static inline void rv_cpu_relax(void)
{
    __builtin_ia32_pause();
}

/* CPUs that the text of a cpu.max pays for, rounded up; RV_CPU_UNLIMITED for
 * "max" and for text that is not understood. */
unsigned rv_cpu_parse_max(const char *text);

/* The same for the texts of cpu.cfs_quota_us and cpu.cfs_period_us. */
unsigned rv_cpu_parse_quota(const char *quota, const char *period);

/* Finds the group of `controller` ("cpu", or "" for version 2) in the text of
 * /proc/self/cgroup and stores its path, which begins with a slash. False if
 * the text has no such line or `path` has no room. */
bool rv_cpu_parse_cgroup(const char *text, const char *controller, char *path,
                         size_t size);

/* CPUs that the quotas of the groups in `proc_cgroup` (in production
 * /proc/self/cgroup) pay for, with the groups' files below `root` (in
 * production /sys/fs/cgroup); RV_CPU_UNLIMITED if none of them has a quota. */
unsigned rv_cpu_quota(const char *proc_cgroup, const char *root);

#endif
