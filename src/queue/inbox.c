#include "src/queue/inbox.h"

#include "src/base/assert.h"

/* Turns the chain round; returns its new first link. */
static rv_link *reverse(rv_link *link)
{
    rv_link *reversed = NULL;

    while (link != NULL) {
        rv_link *next = link->next;

        link->next = reversed;
        reversed = link;
        link = next;
    }
    return reversed;
}

void rv_inbox_init(rv_inbox *inbox)
{
    /* Relaxed: the inbox is handed to other threads after this. */
    rv_ptr_store_relaxed(&inbox->newest, NULL);
}

bool rv_inbox_push_chain(rv_inbox *inbox, rv_link *first)
{
    RV_ASSERT(first != NULL);
    rv_link *last = reverse(first); /* `first` is now the oldest, at the end */
    void *newest = rv_ptr_load_relaxed(&inbox->newest); /* the CAS checks it */

    do {
        first->next = newest;
        RV_SHAKE_POINT();
    } while (
        !rv_ptr_cas_seq_cst(&inbox->newest, &newest, last)); /* GIVE, LOOK */
    return newest == NULL;
}

rv_link *rv_inbox_take_all(rv_inbox *inbox)
{
    /* Relaxed: only spares an exchange; who must not miss a push has looked
     * with is_empty. */
    if (rv_ptr_load_relaxed(&inbox->newest) == NULL) {
        return NULL;
    }
    return reverse(rv_ptr_exchange_acquire(&inbox->newest, NULL)); /* GIVE */
}
