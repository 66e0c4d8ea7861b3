#include "src/platform/cpu.h"

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/bits.h"
#include "src/platform/small_file.h"

#define PATH_SIZE 1024
#define TEXT_SIZE 8192

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Rounded up, because a worker too many idles and one too few leaves paid time
 * unused. */
static unsigned cpus_paid(int64_t quota, int64_t period)
{
    int64_t cpus;

    if (quota <= 0 || period <= 0) {
        return RV_CPU_UNLIMITED;
    }
    cpus = quota / period + (quota % period != 0);
    return cpus < RV_CPU_UNLIMITED ? (unsigned)cpus : RV_CPU_UNLIMITED;
}

/* Text without a number reads as 0, which cpus_paid takes as no limit. */
unsigned rv_cpu_parse_max(const char *text)
{
    char *rest;
    int64_t quota = strtoll(text, &rest, 10);

    return cpus_paid(quota, strtoll(rest, NULL, 10));
}

unsigned rv_cpu_parse_quota(const char *quota, const char *period)
{
    return cpus_paid(strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
}

/* Whether the comma-separated list [list, end) has `name` in it; the empty list
 * has the empty name. */
static bool list_has(const char *list, const char *end, const char *name)
{
    size_t length = strlen(name);

    for (;;) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        const char *stop = comma != NULL ? comma : end;

        if ((size_t)(stop - list) == length &&
            memcmp(list, name, length) == 0) {
            return true;
        }
        if (comma == NULL) {
            return false;
        }
        list = comma + 1;
    }
}

/* A line is <number>:<controllers>:<path>. */
bool rv_cpu_parse_cgroup(const char *text, const char *controller, char *path,
                         size_t size)
{
    while (*text != '\0') {
        const char *end = strchrnul(text, '\n');
        const char *list = memchr(text, ':', (size_t)(end - text));
        const char *group =
            list == NULL ? NULL
                         : memchr(list + 1, ':', (size_t)(end - list - 1));

        if (group != NULL && list_has(list + 1, group, controller)) {
            size_t length = (size_t)(end - group - 1);

            if (length == 0 || length >= size) {
                return false;
            }
            memcpy(path, group + 1, length);
            path[length] = '\0';
            return true;
        }
        text = *end == '\n' ? end + 1 : end;
    }
    return false;
}

static bool read_group_file(const char *root, const char *group,
                            const char *name, char *text, size_t size)
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s%s/%s", root, group, name);

    return length > 0 && (size_t)length < sizeof path &&
           rv_small_file_read(path, text, size);
}

static unsigned quota_of_v2_group(const char *root, const char *group)
{
    char max[64];

    return read_group_file(root, group, "cpu.max", max, sizeof max)
               ? rv_cpu_parse_max(max)
               : RV_CPU_UNLIMITED;
}

static unsigned quota_of_v1_group(const char *root, const char *group)
{
    char quota[32];
    char period[32];

    return read_group_file(root, group, "cpu.cfs_quota_us", quota,
                           sizeof quota) &&
                   read_group_file(root, group, "cpu.cfs_period_us", period,
                                   sizeof period)
               ? rv_cpu_parse_quota(quota, period)
               : RV_CPU_UNLIMITED;
}

/* Looks at the group and at all groups above it. In a container the outer part
 * of the path may not exist below the root; the group that is meant is then the
 * root itself, where the walk ends. Shortens `group`. */
static unsigned tightest_quota(const char *root, char *group,
                               unsigned (*quota_of)(const char *root,
                                                    const char *group))
{
    unsigned cpus = RV_CPU_UNLIMITED;

    for (;;) {
        char *slash;

        cpus = smaller(cpus, quota_of(root, group));
        slash = strrchr(group, '/');
        if (slash == NULL) {
            return cpus;
        }
        *slash = '\0';
    }
}

unsigned rv_cpu_quota(const char *proc_cgroup, const char *root)
{
    char text[TEXT_SIZE];
    char group[PATH_SIZE];
    char v1_root[PATH_SIZE];
    unsigned cpus = RV_CPU_UNLIMITED;

    if (!rv_small_file_read(proc_cgroup, text, sizeof text)) {
        return RV_CPU_UNLIMITED;
    }
    if (rv_cpu_parse_cgroup(text, "", group, sizeof group)) {
        cpus = tightest_quota(root, group, quota_of_v2_group);
    }
    (void)snprintf(v1_root, sizeof v1_root, "%s/cpu", root);
    if (rv_cpu_parse_cgroup(text, "cpu", group, sizeof group)) {
        cpus = smaller(cpus, tightest_quota(v1_root, group, quota_of_v1_group));
    }
    return cpus;
}

bool rv_cpu_allowed(rv_cpu_set *set)
{
    memset(set, 0, sizeof *set);
    return sched_getaffinity(0, sizeof set->words,
                             (cpu_set_t *)(void *)set->words) == 0;
}

unsigned rv_cpu_here(void)
{
    int cpu = sched_getcpu();

    return cpu >= 0 ? (unsigned)cpu : 0;
}

static unsigned cpus_in_affinity_mask(void)
{
    rv_cpu_set set;
    unsigned cpus = 0;

    if (!rv_cpu_allowed(&set)) {
        return 1;
    }
    for (size_t i = 0; i < RV_CPU_WORDS; i++) {
        cpus += rv_bits_count64(set.words[i]);
    }
    return cpus > 0 ? cpus : 1;
}

unsigned rv_cpu_count(void)
{
    return smaller(cpus_in_affinity_mask(),
                   rv_cpu_quota("/proc/self/cgroup", "/sys/fs/cgroup"));
}
