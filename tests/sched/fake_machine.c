#include "tests/sched/fake_machine.h"

#include <string.h>

#include "src/base/atomic.h"
#include "src/platform/cpu.h"
#include "src/platform/topology.h"

/* How often a thread asks before it has moved. */
#define STAY 8

static unsigned groups[FAKE_CPUS];
static int threads_move;
static rv_atomic_u32 asked;
static _Thread_local unsigned place; /* CPU + 1; 0: not yet numbered */
static _Thread_local unsigned calls;

unsigned __wrap_rv_cpu_here(void);
void __wrap_rv_topology_read(rv_topology *topology, const rv_cpu_set *allowed,
                             const char *root);

void fake_machine_set(const unsigned group_of[FAKE_CPUS], int moves)
{
    memcpy(groups, group_of, sizeof groups);
    threads_move = moves;
    rv_u32_store_relaxed(&asked, 0); /* no threads yet */
}

void fake_machine_go(unsigned cpu)
{
    place = cpu + 1;
}

unsigned __wrap_rv_cpu_here(void)
{
    if (place == 0) {
        /* relaxed: a number each */
        place = rv_u32_fetch_add_relaxed(&asked, 1) % FAKE_CPUS + 1;
    }
    if (threads_move && ++calls % STAY == 0) {
        place = place % FAKE_CPUS + 1;
    }
    return place - 1;
}

void __wrap_rv_topology_read(rv_topology *topology, const rv_cpu_set *allowed,
                             const char *root)
{
    (void)allowed;
    (void)root;
    memset(topology, 0, sizeof *topology);
    for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
        topology->group_of[cpu] = (uint8_t)groups[cpu];
        if (groups[cpu] >= topology->groups) {
            topology->groups = groups[cpu] + 1;
        }
    }
}
