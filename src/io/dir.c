/* Reading a whole directory. The entries are collected, and then laid out in
 * the one block that the caller gets.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "rove/fs.h"

#include "src/base/mem.h"
#include "src/io/blocking.h"
#include "src/io/buffer.h"
#include "src/platform/file.h"

typedef struct dir_call {
    const char *path;
    rove_dir **out;
} dir_call;

typedef struct dir_list {
    rv_buffer entries; /* rove_dir_entry, without names */
    rv_buffer names;   /* one after the other */
} dir_list;

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool append(rv_buffer *buffer, const void *bytes, size_t size)
{
    if (!rv_buffer_reserve(buffer, size)) {
        return false;
    }
    memcpy(buffer->end, bytes, size);
    rv_buffer_fill(buffer, size);
    return true;
}

static int add(dir_list *list, const struct dirent *entry)
{
    size_t length = strlen(entry->d_name) + 1;
    rove_dir_entry made = {.inode = entry->d_ino, .type = entry->d_type};

    return append(&list->entries, &made, sizeof made) &&
                   append(&list->names, entry->d_name, length)
               ? 0
               : -ENOMEM;
}

static int collect(dir_list *list, const char *path)
{
    rv_dir_reader reader;
    struct dirent *entry;
    int error = rv_dir_open(&reader, path);

    if (error != 0) {
        return error;
    }
    int more;
    while (error == 0 && (more = rv_dir_next(&reader, &entry)) != 0) {
        if (more < 0) {
            error = more;
        } else if (!is_dots(entry->d_name)) {
            error = add(list, entry);
        }
    }
    rv_dir_close(&reader);
    return error;
}

static int lay_out(const dir_list *list, rove_dir **out)
{
    size_t entries_size = rv_buffer_size(&list->entries);
    size_t names_size = rv_buffer_size(&list->names);
    rove_dir *dir = rv_mem_alloc(sizeof *dir + entries_size + names_size);

    if (dir == NULL) {
        return -ENOMEM;
    }
    dir->count = entries_size / sizeof *dir->entries;
    dir->entries = (rove_dir_entry *)(void *)(dir + 1);
    if (dir->count != 0) {
        char *name = (char *)(dir->entries + dir->count);
        memcpy(dir->entries, list->entries.begin, entries_size);
        memcpy(name, list->names.begin, names_size);
        for (size_t i = 0; i < dir->count; i++) {
            dir->entries[i].name = name;
            name += strlen(name) + 1;
        }
    }
    *out = dir;
    return 0;
}

static int64_t do_read(void *arg)
{
    const dir_call *call = arg;
    dir_list list = {0};
    int error = collect(&list, call->path);

    if (error == 0) {
        error = lay_out(&list, call->out);
    }
    rv_buffer_fini(&list.entries);
    rv_buffer_fini(&list.names);
    return error;
}

int rove_dir_read(const char *path, rove_dir **out)
{
    dir_call call = {.path = path, .out = out};

    return (int)rv_blocking_run(do_read, &call);
}

void rove_dir_free(rove_dir *dir)
{
    rv_mem_free(dir);
}
