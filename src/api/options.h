/* From the public options to those of each part: ranges and defaults.
 */
#ifndef SRC_API_OPTIONS_H
#define SRC_API_OPTIONS_H

#include "rove/runtime.h"

#include "src/offload/pool.h"
#include "src/sched/scheduler.h"

/* 0, or -EINVAL after a line on the sink that names the option. */
int rv_options_check(const rove_options *options, rv_scheduler_options *out);

/* The pool's part of options that were checked. */
void rv_options_pool(const rove_options *options, rv_pool_options *out);

#endif
