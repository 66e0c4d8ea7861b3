/* Stopping on what must not be. RV_CHECK is for misuse by a caller and for
 * broken promises of the kernel, and is on in every build. RV_ASSERT is for
 * what only a bug in this library can break, and is on unless NDEBUG.
 *
 * Neither condition may have a side effect.
 */
#ifndef SRC_BASE_ASSERT_H
#define SRC_BASE_ASSERT_H

/* Writes "rove: <function>: <sentence>" and a newline to stderr, with one
 * system call, and aborts. Async-signal-safe; needs about 200 bytes of stack.
 */
void rv_panic(const char *function, const char *sentence)
    __attribute__((noreturn, cold));

/* Stops the process with `sentence` (a string that states the rule which was
 * broken) unless `cond` holds. */
#define RV_CHECK(cond, sentence)                                               \
    do {                                                                       \
        if (__builtin_expect(!(cond), 0)) {                                    \
            rv_panic(__func__, (sentence));                                    \
        }                                                                      \
    } while (0)

/* Stops the process unless `cond` holds; under NDEBUG `cond` is compiled but
 * not evaluated. */
#ifdef NDEBUG
#define RV_ASSERT(cond) ((void)(0 && (cond)))
#else
#define RV_ASSERT(cond) RV_CHECK(cond, "assertion failed: " #cond)
#endif

#endif
