/* In the place of the machine (by the linker's --wrap): groups of CPUs that
 * share a cache as a test wants them, and threads that each run on a CPU of
 * their own, numbered in the order in which they first ask.
 */
#ifndef TESTS_SCHED_FAKE_MACHINE_H
#define TESTS_SCHED_FAKE_MACHINE_H

#define FAKE_CPUS 8

/* CPU i belongs to group group_of[i]. Before a runtime starts; threads are
 * numbered from 0 anew. moves: threads go to the next CPU now and then. */
void fake_machine_set(const unsigned group_of[FAKE_CPUS], int moves);

/* The calling thread runs there from now on. */
void fake_machine_go(unsigned cpu);

#endif
