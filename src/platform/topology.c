#include "src/platform/topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/bits.h"
#include "src/platform/small_file.h"

#define PATH_SIZE 1024
#define TEXT_SIZE 4096 /* a file of sysfs is a page at most */

/* A decimal number below RV_CPUS_MAX, and what follows it. */
static bool parse_cpu(const char **text, unsigned *cpu)
{
    char *rest;
    unsigned long number;

    if (**text < '0' || **text > '9') {
        return false; /* strtoul would skip spaces and take a sign */
    }
    number = strtoul(*text, &rest, 10);
    *text = rest;
    *cpu = (unsigned)number;
    return number < RV_CPUS_MAX;
}

static bool parse_range(const char **text, rv_cpu_set *set)
{
    unsigned first;
    unsigned last;

    if (!parse_cpu(text, &first)) {
        return false;
    }
    last = first;
    if (**text == '-') {
        (*text)++;
        if (!parse_cpu(text, &last)) {
            return false;
        }
    }
    for (unsigned cpu = first; cpu <= last; cpu++) {
        rv_cpu_set_add(set, cpu);
    }
    return first <= last;
}

bool rv_topology_parse_list(const char *text, rv_cpu_set *set)
{
    while (parse_range(&text, set)) {
        if (*text == '\0' || strcmp(text, "\n") == 0) {
            return true;
        }
        if (*text++ != ',') {
            return false;
        }
    }
    return false;
}

/* The CPUs that share the third level's cache with `cpu`, itself included. */
static bool read_sharers(const char *root, unsigned cpu, rv_cpu_set *sharers)
{
    char path[PATH_SIZE];
    char text[TEXT_SIZE];
    int length = snprintf(path, sizeof path,
                          "%s/cpu%u/cache/index3/shared_cpu_list", root, cpu);

    memset(sharers, 0, sizeof *sharers);
    return length > 0 && (size_t)length < sizeof path &&
           rv_small_file_read(path, text, sizeof text) &&
           rv_topology_parse_list(text, sharers) &&
           rv_cpu_set_has(sharers, cpu);
}

/* Those of `from` that are in `left` too leave it for `group`. */
static void move_to_group(rv_topology *topology, rv_cpu_set *left,
                          const rv_cpu_set *from, unsigned group)
{
    for (unsigned i = 0; i < RV_CPU_WORDS; i++) {
        uint64_t moved = left->words[i] & from->words[i];

        left->words[i] &= ~moved;
        for (; moved != 0; moved &= moved - 1) {
            unsigned cpu = i * 64 + rv_bits_ctz64(moved);

            topology->group_of[cpu] = (uint8_t)group;
        }
    }
}

void rv_topology_read(rv_topology *topology, const rv_cpu_set *allowed,
                      const char *root)
{
    rv_cpu_set left = *allowed;
    unsigned groups = 0;

    memset(topology, 0, sizeof *topology);
    for (unsigned i = 0; i < RV_CPU_WORDS; i++) {
        while (left.words[i] != 0 && groups < RV_TOPOLOGY_GROUPS_MAX) {
            unsigned cpu = i * 64 + rv_bits_ctz64(left.words[i]);
            rv_cpu_set sharers;

            if (read_sharers(root, cpu, &sharers)) {
                move_to_group(topology, &left, &sharers, groups);
                groups++;
            } else {
                left.words[i] &= left.words[i] - 1;
            }
        }
    }
    topology->groups = groups > 0 ? groups : 1;
}
