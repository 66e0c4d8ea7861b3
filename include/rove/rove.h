/* rove: a multi-threaded, work-stealing coroutine scheduler.
 *
 * One header for each area; base.h has the conventions of all.
 */
#ifndef ROVE_ROVE_H
#define ROVE_ROVE_H

#include "rove/address.h"
#include "rove/base.h"
#include "rove/channel.h"
#include "rove/coro.h"
#include "rove/fork.h"
#include "rove/fs.h"
#include "rove/future.h"
#include "rove/group.h"
#include "rove/inspect.h"
#include "rove/io.h"
#include "rove/local.h"
#include "rove/net.h"
#include "rove/offload.h"
#include "rove/path_watch.h"
#include "rove/process.h"
#include "rove/runtime.h"
#include "rove/scope.h"
#include "rove/select.h"
#include "rove/server.h"
#include "rove/signal.h"
#include "rove/stream.h"
#include "rove/sync.h"
#include "rove/task.h"
#include "rove/time.h"

#endif
