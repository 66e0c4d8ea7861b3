/* How a twin is written: RV_TWIN(int, rv_thing, (int a)) { ... } defines the
 * function that the linker's --wrap=rv_thing puts in the place of rv_thing, and
 * declares the real one as __real_rv_thing. The double underscores are the
 * linker's choice.
 */
#ifndef TESTS_SUPPORT_TWIN_H
#define TESTS_SUPPORT_TWIN_H

#include "tests/support/fault.h"

#define RV_TWIN(type, name, params)                                            \
    type __real_##name params;                                                 \
    type __wrap_##name params;                                                 \
    type __wrap_##name params

#endif
