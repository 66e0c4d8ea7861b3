/* Files by path: what there is, and what they are called. */
#include "rove/fs.h"

#include "src/io/blocking.h"
#include "src/platform/file.h"

/* What a call is about; each uses some. */
typedef struct path_call {
    const char *path;
    const char *to;
    mode_t mode;
    struct stat *about;
} path_call;

static int64_t do_stat(void *arg)
{
    const path_call *call = arg;

    return rv_path_stat(call->path, call->about);
}

int rove_stat(const char *path, struct stat *out)
{
    path_call call = {.path = path, .about = out};

    return (int)rv_blocking_run(do_stat, &call);
}

static int64_t do_stat_link(void *arg)
{
    const path_call *call = arg;

    return rv_path_stat_link(call->path, call->about);
}

int rove_lstat(const char *path, struct stat *out)
{
    path_call call = {.path = path, .about = out};

    return (int)rv_blocking_run(do_stat_link, &call);
}

static int64_t do_rename(void *arg)
{
    const path_call *call = arg;

    return rv_path_rename(call->path, call->to);
}

int rove_rename(const char *from, const char *to)
{
    path_call call = {.path = from, .to = to};

    return (int)rv_blocking_run(do_rename, &call);
}

static int64_t do_unlink(void *arg)
{
    return rv_path_unlink(((const path_call *)arg)->path);
}

int rove_unlink(const char *path)
{
    path_call call = {.path = path};

    return (int)rv_blocking_run(do_unlink, &call);
}

static int64_t do_make_dir(void *arg)
{
    const path_call *call = arg;

    return rv_path_make_dir(call->path, call->mode);
}

int rove_mkdir(const char *path, mode_t mode)
{
    path_call call = {.path = path, .mode = mode};

    return (int)rv_blocking_run(do_make_dir, &call);
}

static int64_t do_remove_dir(void *arg)
{
    return rv_path_remove_dir(((const path_call *)arg)->path);
}

int rove_rmdir(const char *path)
{
    path_call call = {.path = path};

    return (int)rv_blocking_run(do_remove_dir, &call);
}
