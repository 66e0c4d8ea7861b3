/* Inbox: where other threads leave work for a worker. A stack that is only ever
 * pushed to and emptied whole, so there is no ABA; emptying reverses it, so it
 * is a FIFO to its users. Anyone may push and anyone may empty it.
 *
 * Source: Treiber, "Systems programming: coping with parallelism", 1986, with
 * pop replaced by take-all.
 *
 * Law
 *   newest  moved to a pushed chain by CAS and to NULL by exchange, by anyone.
 *           Links in the stack belong to it: nobody reads or writes them until
 *           the exchange, which gives all of them to its caller.
 *
 * Ordering. Every atomic access names one of these pairs.
 *
 *   GIVE  push moves `newest` by CAS (seq_cst, hence release); take_all
 *         exchanges it (acquire). CASes of others in between are
 *         read-modify-writes and so keep the release: the taker sees every
 *         link and all it is part of.
 *
 *   LOOK  push moves `newest` by a seq_cst CAS, and its caller then loads the
 *         idle mask (seq_cst); a parker sets its idle bit (seq_cst) and then
 *         calls rv_inbox_is_empty (seq_cst). One of the two sees the other.
 */
#ifndef SRC_QUEUE_INBOX_H
#define SRC_QUEUE_INBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "src/base/align.h"
#include "src/base/atomic.h"
#include "src/base/list.h"
#include "src/base/shake.h"

typedef struct rv_inbox {
    RV_OWN_LINE rv_atomic_ptr newest; /* rv_link */
} rv_inbox;

void rv_inbox_init(rv_inbox *inbox);

/* Any thread. Adds a chain, `first` to be taken first, ended by NULL, not
 * empty. Returns true if the inbox was empty. A full barrier. The links are
 * the inbox's from the moment of the call. */
bool rv_inbox_push_chain(rv_inbox *inbox, rv_link *first);

/* Any thread. Takes everything; returns the chain, oldest first, ended by
 * NULL, or NULL if the inbox is empty. */
rv_link *rv_inbox_take_all(rv_inbox *inbox);

/* Any thread. */
static inline bool rv_inbox_is_empty(const rv_inbox *inbox)
{
    return rv_ptr_load_seq_cst(&inbox->newest) == NULL; /* LOOK */
}

/* Any thread. Adds one link. Returns true if the inbox was empty. A full
 * barrier. */
static inline bool rv_inbox_push(rv_inbox *inbox, rv_link *link)
{
    void *newest = rv_ptr_load_relaxed(&inbox->newest); /* the CAS checks it */
    do {
        link->next = (rv_link *)newest;
        RV_SHAKE_POINT();
    } while (
        !rv_ptr_cas_seq_cst(&inbox->newest, &newest, link)); /* GIVE, LOOK */
    return newest == NULL;
}

#endif
