#include "benchmarks/compare/driver/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The first value of a name in /proc/cpuinfo, "" when there is none. */
static void read_cpu_info(const char *name, char *value, size_t room)
{
    char line[512];
    value[0] = '\0';
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (file == NULL) {
        return;
    }
    while (value[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (colon != NULL && strncmp(line, name, strlen(name)) == 0) {
            colon += 1 + strspn(colon + 1, " ");
            colon[strcspn(colon, "\n")] = '\0';
            snprintf(value, room, "%s", colon);
        }
    }
    fclose(file);
}

static bool read_scaling(void)
{
    char governor[32] = "performance";
    FILE *file =
        fopen("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "re");
    if (file != NULL) {
        if (fgets(governor, sizeof governor, file) == NULL) {
            governor[0] = '\0';
        }
        fclose(file);
    }
    return strncmp(governor, "performance", strlen("performance")) != 0;
}

static void read_date(char *date, size_t room)
{
    struct tm local;
    time_t now = time(NULL);
    localtime_r(&now, &local);
    strftime(date, room, "%Y-%m-%dT%H:%M:%S%z", &local);
}

void machine_look(struct machine *machine)
{
    char mhz[32];
    struct utsname names;
    memset(machine, 0, sizeof *machine);
    read_date(machine->date, sizeof machine->date);
    if (uname(&names) == 0) {
        snprintf(machine->host, sizeof machine->host, "%s", names.nodename);
        snprintf(machine->kernel, sizeof machine->kernel, "%s %s",
                 names.sysname, names.release);
    }
    read_cpu_info("model name", machine->cpu, sizeof machine->cpu);
    read_cpu_info("cpu MHz", mhz, sizeof mhz);
    machine->mhz = strtod(mhz, NULL);
    machine->cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    machine->is_scaling = read_scaling();
    if (getloadavg(machine->load, 3) < 0) {
        memset(machine->load, 0, sizeof machine->load);
    }
    machine->build = MACHINE_BUILD;
    machine->compiler = MACHINE_COMPILER;
}

bool machine_is_busy(const struct machine *machine)
{
    return machine->load[0] > 0.5 * machine->cpus;
}
