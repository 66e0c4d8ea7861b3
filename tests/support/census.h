// What a process holds: threads and open descriptors, counted from /proc. A
// test that starts runtimes ends with as many as it began with.
#ifndef TESTS_SUPPORT_CENSUS_H
#define TESTS_SUPPORT_CENSUS_H

#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <sched.h>
#include <unistd.h>

inline int CountEntries(const char *directory)
{
    DIR *dir = opendir(directory);
    int count = 0;
    if (dir == nullptr) {
        return -1;
    }
    while (const struct dirent *entry = readdir(dir)) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

inline int CountThreads()
{
    return CountEntries("/proc/self/task");
}

// The one that reads the directory is counted each time, so it cancels out.
inline int CountFds()
{
    return CountEntries("/proc/self/fd");
}

// A joined thread's entry goes a moment after pthread_join returned.
inline bool ThreadsComeDownTo(int count)
{
    for (int i = 0; i < 1000000 && CountThreads() > count; i++) {
        sched_yield();
    }
    return CountThreads() <= count;
}

// Bytes of resident memory.
inline long ResidentBytes()
{
    long pages = 0;
    long resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file != nullptr) {
        if (fscanf(file, "%ld %ld", &pages, &resident) != 2) {
            resident = 0;
        }
        fclose(file);
    }
    return resident * sysconf(_SC_PAGESIZE);
}

#endif
