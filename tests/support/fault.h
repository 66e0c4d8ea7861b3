/* Failing on demand. A twin (tests/support/<file>_faulty.c) stands in front of
 * each function of a platform file, of base/mem, or of the C library, that can
 * fail. It calls the real one unless the test has armed it.
 *
 * A test links //tests/support:<file>_faulty, whose linker options (--wrap)
 * send every call that other files make to the twin. Calls inside the
 * function's own file are not diverted.
 *
 *   rv_fault_arm("rv_fd_accept", 3, EMFILE);    the third call from now fails
 *
 * One function is armed at a time. All of this is safe from any thread, takes
 * no lock and orders nothing, so that it hides no race from TSan; arming while
 * the function is being called elsewhere takes effect at some call near that
 * moment.
 */
#ifndef TESTS_SUPPORT_FAULT_H
#define TESTS_SUPPORT_FAULT_H

#include <stdint.h>

/* In the place of an error, for rv_fd_read and its relatives: the call succeeds
 * but moves at most one byte. */
#define RV_FAULT_SHORT (-1)

/* Makes the nth call (1: the next) of `function` fail with `error`, a positive
 * errno or RV_FAULT_SHORT. How a function shows it is its twin's affair:
 * -error, NULL, errno; functions that return nothing do nothing in that call.
 * Disarms what was armed before, and counts the function's calls anew.
 * `function` is a string literal. */
void rv_fault_arm(const char *function, uint64_t nth, int error);

/* The same for the nth call and all later ones. */
void rv_fault_arm_every(const char *function, uint64_t nth, int error);

/* Nothing fails any more. */
void rv_fault_disarm(void);

/* Calls of `function` since it was last armed, or of all if it never was. So
 * `rv_fault_calls(f) < n` says that the fault at call n was never reached. */
uint64_t rv_fault_calls(const char *function);

/* Blocks of rv_mem that have been allocated and not freed. Needs the twin of
 * base/mem. */
uint64_t rv_fault_live_blocks(void);

/* For twins: counts a call of `function`, a string literal. Returns what it
 * must fail with; 0: it must not fail. */
int rv_fault_check(const char *function);

#endif
