#include "src/context/overflow.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>
#include <unistd.h>

#include "src/base/assert.h"
#include "src/base/list.h"
#include "src/platform/fd_io.h"
#include "src/platform/lock.h"
#include "src/platform/pages.h"

#define ALTERNATE_SIZE_MIN ((size_t)64 * 1024)
#define LINE_SIZE          512
#define WHAT_SIZE          (LINE_SIZE - 64)
#define SIGNALS            2

/* At the top of each alternate stack that was made here. */
typedef struct alternate {
    rv_node node;
    char *mapping;
    size_t mapping_size;
    char *stack;
    unsigned entered;
} alternate;

static const int signals[SIGNALS] = {SIGSEGV, SIGBUS};

/* Guards everything below. The handler reads, without the lock, what was
 * written before it was installed. */
static rv_lock lock;
static unsigned installed;
static rv_overflow_describe *describe_stack;
static size_t signal_frame_size;
static struct sigaction previous[SIGNALS];
static rv_list alternates = {{&alternates.ring, &alternates.ring}};

typedef struct line {
    char text[LINE_SIZE];
    size_t length;
} line;

static void append(line *l, const char *text)
{
    while (*text != '\0' && l->length < LINE_SIZE - 1) {
        l->text[l->length++] = *text++;
    }
}

static void append_number(line *l, size_t number)
{
    char digits[24];
    size_t at = sizeof digits - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    append(l, digits + at);
}

static void report(const rv_stack *stack)
{
    char what[WHAT_SIZE] = "";
    line l = {.length = 0};

    describe_stack(stack, what, sizeof what);
    append(&l, "rove: stack overflow in ");
    append(&l, what);
    append(&l, " (");
    append_number(&l, rv_stack_size((rv_stack_class)stack->size_class) / 1024);
    append(&l, " KiB stack)\n");
    (void)rv_fd_write(STDERR_FILENO, l.text, l.length);
}

/* Whether the signal comes from an instruction that touched memory, and not
 * from another process or thread, or from the kernel on its own. */
static bool is_of_an_access(const siginfo_t *info)
{
    return info->si_code > 0 && info->si_code != SI_KERNEL;
}

/* The stack that has overflowed, or NULL when something else went wrong. An
 * access to a guard is an overflow. So is a signal from the kernel itself on a
 * stack that has no room for a signal frame: it could not deliver another
 * signal there, and sent SIGSEGV instead. */
static const rv_stack *find_overflowed(const siginfo_t *info,
                                       const ucontext_t *interrupted)
{
    greg_t top = interrupted->uc_mcontext.gregs[REG_RSP];
    bool is_access = is_of_an_access(info);
    const void *address = is_access ? info->si_addr : (const void *)top;
    const rv_stack *stack = rv_stack_of_fault(address);

    if (stack == NULL || info->si_code <= 0) {
        return NULL;
    }
    uintptr_t needed = is_access ? 0 : signal_frame_size;
    bool is_beyond = (uintptr_t)address < (uintptr_t)stack->fiber.low + needed;
    return is_beyond ? stack : NULL;
}

static void handle_fault(int signal_number, siginfo_t *info, void *interrupted)
{
    const rv_stack *stack = find_overflowed(info, interrupted);

    if (stack != NULL) {
        report(stack);
    }
    for (int i = 0; i < SIGNALS; i++) {
        if (signals[i] == signal_number) {
            (void)sigaction(signal_number, &previous[i], NULL);
        }
    }
    /* An access is made again on return; nothing else happens by itself. */
    if (!is_of_an_access(info)) {
        (void)raise(signal_number);
    }
}

static void install(rv_overflow_describe *describe)
{
    struct sigaction action = {.sa_sigaction = handle_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};

    (void)sigfillset(&action.sa_mask);
    describe_stack = describe;
    /* The red zone of the interrupted code and the frame's alignment come on
     * top of what the kernel says. */
    signal_frame_size = (size_t)sysconf(_SC_MINSIGSTKSZ) + 256;
    for (int i = 0; i < SIGNALS; i++) {
        (void)sigaction(signals[i], NULL, &previous[i]);
        int err = sigaction(signals[i], &action, NULL);
        RV_CHECK(err == 0, "the signal handler is refused");
    }
}

static void uninstall(void)
{
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction current;

        (void)sigaction(signals[i], NULL, &current);
        if ((current.sa_flags & SA_SIGINFO) != 0 &&
            current.sa_sigaction == handle_fault) {
            (void)sigaction(signals[i], &previous[i], NULL);
        }
    }
}

int rv_overflow_install(rv_overflow_describe *describe)
{
    int err = 0;

    rv_lock_acquire(&lock);
    if (installed == 0) {
        install(describe);
    } else if (describe != describe_stack) {
        err = -EBUSY;
    }
    installed += err == 0;
    rv_lock_release(&lock);
    return err;
}

void rv_overflow_uninstall(void)
{
    rv_lock_acquire(&lock);
    RV_CHECK(installed != 0, "uninstalled more often than installed");
    installed--;
    if (installed == 0) {
        uninstall();
    }
    rv_lock_release(&lock);
}

/* The alternate stack of the calling thread if it was made here. */
static alternate *find_own(const stack_t *current)
{
    for (rv_node *n = alternates.ring.next; n != &alternates.ring;
         n = n->next) {
        alternate *own = rv_container_of(n, alternate, node);

        if (own->stack == (char *)current->ss_sp) {
            return own;
        }
    }
    return NULL;
}

/* From low to high addresses: guard, stack, its description. */
static int make_alternate(alternate **out)
{
    size_t page = rv_pages_size();
    size_t size = (size_t)sysconf(_SC_SIGSTKSZ);

    size = size < ALTERNATE_SIZE_MIN ? ALTERNATE_SIZE_MIN : size;
    size = (size + sizeof(alternate) + page - 1) / page * page;

    char *mapping = rv_pages_reserve(page + size, page);
    if (mapping == NULL) {
        return -ENOMEM;
    }
    int err = rv_pages_guard(mapping, page);
    if (err != 0) {
        rv_pages_release(mapping, page + size);
        return err;
    }
    alternate *own =
        (alternate *)(void *)(mapping + page + size - sizeof(alternate));
    own->mapping = mapping;
    own->mapping_size = page + size;
    own->stack = mapping + page;
    own->entered = 0;
    *out = own;
    return 0;
}

static int enter_first(alternate **out)
{
    int err = make_alternate(out);

    if (err != 0) {
        return err;
    }
    stack_t mine = {.ss_sp = (*out)->stack,
                    .ss_size = (size_t)((char *)*out - (*out)->stack)};
    err = sigaltstack(&mine, NULL);
    RV_CHECK(err == 0, "the alternate signal stack is refused");
    rv_list_push_back(&alternates, &(*out)->node);
    return 0;
}

int rv_overflow_thread_enter(void)
{
    stack_t current;
    int err = 0;

    (void)sigaltstack(NULL, &current);
    rv_lock_acquire(&lock);
    alternate *own = find_own(&current);
    if (own == NULL && (current.ss_flags & SS_DISABLE) != 0) {
        err = enter_first(&own);
    }
    if (err == 0 && own != NULL) {
        own->entered++;
    }
    rv_lock_release(&lock);
    return err;
}

void rv_overflow_thread_leave(void)
{
    stack_t none = {.ss_flags = SS_DISABLE};
    stack_t current;

    (void)sigaltstack(NULL, &current);
    rv_lock_acquire(&lock);
    alternate *own = find_own(&current);
    if (own != NULL && --own->entered == 0) {
        int err = sigaltstack(&none, NULL);
        RV_CHECK(err == 0, "the alternate signal stack is in use");
        rv_list_remove(&own->node);
        rv_pages_release(own->mapping, own->mapping_size);
    }
    rv_lock_release(&lock);
}
