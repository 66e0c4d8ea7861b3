#include "examples/proxy/patience.h"

void patience_begin(struct patience *patience, rove_time span)
{
    patience->span = span;
    rove_scope_open(&patience->scope, rove_now() + span);
}

void patience_renew(struct patience *patience)
{
    rove_scope_set_deadline(&patience->scope, rove_now() + patience->span);
}

int patience_end(struct patience *patience)
{
    return rove_scope_close(&patience->scope);
}
