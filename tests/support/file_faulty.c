/* The faulty twin of src/platform/file.c: see fault.h and twin.h.
 */
#include "src/platform/file.h"
#include "tests/support/twin.h"

/* The first byte of the first part, for an RV_FAULT_SHORT. */
static struct iovec first_byte(const struct iovec *parts)
{
    return (struct iovec){
        .iov_base = parts[0].iov_base,
        .iov_len = parts[0].iov_len > 1 ? 1 : parts[0].iov_len,
    };
}

RV_TWIN(int, rv_file_open, (const char *path, int flags, mode_t mode))
{
    int error = rv_fault_check("rv_file_open");

    return error != 0 ? -error : __real_rv_file_open(path, flags, mode);
}

RV_TWIN(ssize_t, rv_file_preadv_cached,
        (int fd, const struct iovec *parts, int count, off_t offset))
{
    int error = rv_fault_check("rv_file_preadv_cached");

    if (error == RV_FAULT_SHORT) {
        struct iovec part = first_byte(parts);

        return __real_rv_file_preadv_cached(fd, &part, 1, offset);
    }
    return error != 0 ? -error
                      : __real_rv_file_preadv_cached(fd, parts, count, offset);
}

RV_TWIN(ssize_t, rv_file_pwritev,
        (int fd, const struct iovec *parts, int count, off_t offset))
{
    int error = rv_fault_check("rv_file_pwritev");

    if (error == RV_FAULT_SHORT) {
        struct iovec part = first_byte(parts);

        return __real_rv_file_pwritev(fd, &part, 1, offset);
    }
    return error != 0 ? -error
                      : __real_rv_file_pwritev(fd, parts, count, offset);
}

RV_TWIN(int, rv_file_sync, (int fd))
{
    int error = rv_fault_check("rv_file_sync");

    return error != 0 ? -error : __real_rv_file_sync(fd);
}

RV_TWIN(int, rv_path_rename, (const char *from, const char *to))
{
    int error = rv_fault_check("rv_path_rename");

    return error != 0 ? -error : __real_rv_path_rename(from, to);
}

RV_TWIN(int, rv_dir_next, (rv_dir_reader * reader, struct dirent **entry))
{
    int error = rv_fault_check("rv_dir_next");

    return error != 0 ? -error : __real_rv_dir_next(reader, entry);
}
