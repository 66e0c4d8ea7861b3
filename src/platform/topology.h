/* Which CPUs share a cache of the third level: a line that moves between two of
 * them stays on their die, one that moves farther costs several times as much.
 *
 * A group is the set of CPUs the kernel names in one
 * cpu<N>/cache/index3/shared_cpu_list. Only CPUs the process may use count, so
 * that one confined to a single cache has a single group. Groups are numbered
 * from 0 in the order of their first CPU.
 *
 * It is advice and never wrong enough to refuse: CPUs about which the files say
 * nothing sensible, CPUs that were offline when they were read, and groups
 * beyond RV_TOPOLOGY_GROUPS_MAX count to group 0.
 */
#ifndef SRC_PLATFORM_TOPOLOGY_H
#define SRC_PLATFORM_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#include "src/platform/cpu.h"

#define RV_TOPOLOGY_GROUPS_MAX 256

typedef struct rv_topology {
    unsigned groups; /* at least 1 */
    uint8_t group_of[RV_CPUS_MAX];
} rv_topology;

/* Reads the machine: `allowed` are the CPUs that count, `root` is
 * /sys/devices/system/cpu in production. Uses 8 KiB of stack. */
void rv_topology_read(rv_topology *topology, const rv_cpu_set *allowed,
                      const char *root);

/* The group of a CPU, which may be a number never heard of. */
static inline unsigned rv_topology_group(const rv_topology *topology,
                                         unsigned cpu)
{
    return cpu < RV_CPUS_MAX ? topology->group_of[cpu] : 0;
}

/* Adds the CPUs of a list like "0-3,8\n" to `set`, which is undefined when the
 * text is not one: then false. For the test, and rv_topology_read. */
bool rv_topology_parse_list(const char *text, rv_cpu_set *set);

#endif
