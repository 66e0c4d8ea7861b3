/* rove: a multi-threaded, work-stealing coroutine scheduler.
 *
 * One header for each area, in reading order.
 */
#ifndef ROVE_ROVE_H
#define ROVE_ROVE_H

#include "rove/base.h"
#include "rove/fork.h"
#include "rove/future.h"
#include "rove/inspect.h"
#include "rove/io.h"
#include "rove/net.h"
#include "rove/offload.h"
#include "rove/runtime.h"
#include "rove/task.h"

#endif
