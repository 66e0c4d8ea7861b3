/* Names to addresses. What is numeric is answered here; all else is asked of
 * the C library on the pool, and whoever is cancelled leaves the question
 * behind.
 *
 * Name servers that do not answer hold a thread for half a minute each, so
 * lookups share the turns of the pool's long jobs (offload/pool.h). A turn
 * belongs to the question: it ends when that is freed, by who is last.
 */
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "rove/net.h"
#include "rove/sync.h"

#include "src/base/assert.h"
#include "src/base/bits.h"
#include "src/base/list.h"
#include "src/base/mem.h"
#include "src/io/blocking.h"
#include "src/offload/pool.h"
#include "src/platform/name.h"
#include "src/sched/current.h"
#include "src/task/await.h"

/* A name's longest form, RFC 1035, with a dot at its end. */
#define NAME_MAX_LENGTH 254

/* More addresses than this nobody tries. */
#define ANSWERS_MAX 64

typedef struct rv_question {
    rv_parcel parcel;
    rove_semaphore *turns; /* one was taken; NULL: none was needed */
    int family;
    uint16_t port;
    int code; /* of getaddrinfo */
    size_t max;
    rove_address *found; /* room for max, behind the name */
    char name[];
} rv_question;

/* What getaddrinfo says, as -errno. An answer is never mistaken for the
 * caller's cancellation. */
static int error_of(const rv_name_answer *answer)
{
    switch (answer->code) {
    case 0:
        return 0;
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        return -ENOENT;
    case EAI_AGAIN:
        return -EAGAIN;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_FAMILY:
        return -EAFNOSUPPORT;
    case EAI_SYSTEM:
        return answer->error != -ECANCELED ? answer->error : -EIO;
    default:
        return -EIO;
    }
}

static bool is_ip(int family)
{
    return family == AF_INET || family == AF_INET6;
}

static int port_address(const struct addrinfo *info, uint16_t port,
                        rove_address *out)
{
    *out = (rove_address){.length = info->ai_addrlen};
    memcpy(&out->as, info->ai_addr, info->ai_addrlen);
    if (info->ai_family == AF_INET) {
        out->as.ip4.sin_port = htons(port);
    } else {
        out->as.ip6.sin6_port = htons(port);
    }
    return 1;
}

static int64_t do_lookup(void *arg)
{
    rv_question *q = arg;
    rv_name_answer answer;

    rv_name_lookup(q->name, q->family, &answer);
    q->code = answer.code;
    int64_t result = error_of(&answer);
    const struct addrinfo *info = answer.list;
    for (; info != NULL && (size_t)result < q->max; info = info->ai_next) {
        if (is_ip(info->ai_family) && info->ai_addrlen <= sizeof q->found->as) {
            result += port_address(info, q->port, &q->found[result]);
        }
    }
    rv_name_free(answer.list);
    return result != 0 ? result : -ENOENT;
}

static void free_question(rv_parcel *parcel)
{
    rv_question *q = rv_container_of(parcel, rv_question, parcel);
    rove_semaphore *turns = q->turns;

    rv_mem_free(q);
    if (turns != NULL) {
        rove_semaphore_give(turns, 1);
    }
}

static rv_question *make_question(const char *name, size_t max)
{
    size_t name_size = strlen(name) + 1;
    size_t before = sizeof(rv_question) + name_size;
    before = rv_bits_align_up(before, _Alignof(rove_address));
    rv_question *q = rv_mem_alloc(before + max * sizeof(rove_address));

    if (q != NULL) {
        *q = (rv_question){
            .parcel.free = free_question,
            .max = max,
            .found = (rove_address *)(void *)((char *)q + before),
        };
        memcpy(q->name, name, name_size);
    }
    return q;
}

/* Only tasks take turns: another thread blocks itself alone, or has the
 * pool's already. */
static int take_turn(rv_question *q)
{
    rv_pool *pool = rv_current_worker() != NULL
                        ? rv_pool_of(rv_current_get()->scheduler)
                        : NULL;

    if (pool == NULL) {
        return 0;
    }
    int error = rove_semaphore_take(&pool->long_turns, 1);
    q->turns = error == 0 ? &pool->long_turns : NULL;
    return error;
}

static int look_up(rv_question *q, rove_address out[], int *code)
{
    int64_t result = take_turn(q);

    if (result == 0) {
        result = rv_parcel_run(&q->parcel, do_lookup);
        if (result != -ECANCELED) { /* else it may still be written */
            *code = q->code;
        }
    }
    if (result > 0) {
        memcpy(out, q->found, (size_t)result * sizeof *out);
    }
    return (int)result;
}

/* What inet_aton takes for a part of an address: 10, 017, 0x7f. */
static bool is_number(const char *label, size_t length)
{
    bool is_hex = length >= 2 && label[0] == '0' && (label[1] | 0x20) == 'x';
    size_t i = is_hex ? 2 : 0;

    while (i < length && (is_hex ? isxdigit((unsigned char)label[i])
                                 : isdigit((unsigned char)label[i]))) {
        i++;
    }
    return i == length;
}

/* The characters of host names. One that ends in a number is none, though the C
 * library takes "1.2.3" for 1.2.0.3: who checks addresses would be deceived. */
static bool is_name(const char *name)
{
    size_t length = strnlen(name, NAME_MAX_LENGTH + 1);

    if (length == 0 || length > NAME_MAX_LENGTH) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i]) &&
            strchr("-._", name[i]) == NULL) {
            return false;
        }
    }
    size_t end = name[length - 1] == '.' ? length - 1 : length;
    size_t label = end;
    while (label > 0 && name[label - 1] != '.') {
        label--;
    }
    return label < end && !is_number(name + label, end - label);
}

static int resolve_name(const char *name, uint16_t port, int family,
                        rove_address out[], size_t max, int *code)
{
    rv_question *q = make_question(name, max < ANSWERS_MAX ? max : ANSWERS_MAX);

    if (q == NULL) {
        return -ENOMEM;
    }
    rv_u32_store_relaxed(&q->parcel.shares,
                         1); /* relaxed: nobody has seen it */
    q->family = family;
    q->port = port;
    int result = look_up(q, out, code);
    rv_parcel_release(&q->parcel);
    return result;
}

int rove_resolve(const char *name, uint16_t port, int family,
                 rove_address out[], size_t max, int *code)
{
    RV_CHECK(max >= 1, "there is no room for an address");
    int unasked;
    rove_address numeric;
    rv_worker *w;
    int error = rv_wait_enter(&w);

    code = code != NULL ? code : &unasked;
    *code = 0;
    if (error != 0) {
        return error;
    }
    if (family != AF_UNSPEC && !is_ip(family)) {
        return -EAFNOSUPPORT;
    }
    if (rove_address_ip(name, port, &numeric) != 0) {
        return is_name(name) ? resolve_name(name, port, family, out, max, code)
                             : -EINVAL;
    }
    if (family != AF_UNSPEC && family != numeric.as.any.sa_family) {
        return -ENOENT;
    }
    out[0] = numeric;
    return 1;
}
