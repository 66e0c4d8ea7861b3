/* A scope that ends when nothing has moved for a while: whoever moves something
 * renews it, in the task that began it or in one that this joins before it
 * ends it.
 */
#ifndef EXAMPLES_PROXY_PATIENCE_H
#define EXAMPLES_PROXY_PATIENCE_H

#include "rove/rove.h"

struct patience {
    rove_scope scope;
    rove_time span;
};

void patience_begin(struct patience *patience, rove_time span);

void patience_renew(struct patience *patience);

/* 0, -ETIMEDOUT: nothing moved for the span, or -ECANCELED. */
int patience_end(struct patience *patience);

#endif
