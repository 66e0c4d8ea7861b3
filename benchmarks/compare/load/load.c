#include "benchmarks/compare/load/load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "benchmarks/compare/load/arrivals.h"
#include "benchmarks/compare/load/clock.h"
#include "benchmarks/compare/load/placement.h"
#include "benchmarks/compare/service/work.h"

#define EVENTS 256
#define BATCH  64 /* sends between two looks for answers */
#define SECOND INT64_C(1000000000)
#define DRAIN  (10 * SECOND) /* to wait for the last answers */

struct load {
    const struct load_options *options;
    struct load_result *result;
    struct client_shared shared;
    struct crowd crowd;
    struct arrivals plain, computing; /* `plain` never in the closed loop */
    int64_t begin, end;               /* of the window */
    bool has_begun, has_ended;
    uint64_t in_flight, alive;
    uint64_t turn; /* of hot and plain requests in the skewed shape */
    unsigned next_hot, next_plain, next_computing;
    bool has_server_clock;
    clockid_t server_clock;
};

static bool is_within(const struct load *load, int64_t time)
{
    return time >= load->begin && time < load->end;
}

static void lose_client(struct load *load, struct client *client, int error)
{
    static bool is_reported;
    uint64_t lost = client_in_flight(client);
    if (!is_reported) {
        fprintf(stderr, "compare_load: connection %u: %s\n", client->id,
                strerror(-error));
        is_reported = true;
    }
    load->result->errors += lost > 0 ? lost : 1;
    load->in_flight -= lost;
    load->alive--;
    client->sent = client->answered;
    client_close(client);
}

/* False: the connection is broken, and its error is kept. */
static bool send_one(struct load *load, struct client *client, int64_t since)
{
    uint32_t before = client->sent;
    client->error = client_send(client, &load->shared, since);
    load->in_flight += client->sent - before;
    return client->error == 0;
}

/* The next living one of `count` connections from `first`, or NULL. */
static struct client *choose(struct load *load, unsigned first, unsigned count,
                             unsigned *next)
{
    for (unsigned tries = 0; tries < count; tries++) {
        struct client *client = &load->crowd.clients[first + *next];
        *next = (*next + 1) % count;
        if (client->fd >= 0) {
            return client;
        }
    }
    return NULL;
}

static struct client *choose_plain(struct load *load)
{
    return choose(load, load->crowd.hot, load->crowd.plain, &load->next_plain);
}

/* The connection of the next planned request. */
static struct client *choose_planned(struct load *load)
{
    bool is_hot = load->crowd.hot > 0 &&
                  (load->crowd.plain == 0 || load->turn++ % 10 != 0);
    return is_hot ? choose(load, 0, load->crowd.hot, &load->next_hot)
                  : choose_plain(load);
}

static void send_planned(struct load *load, struct client *client,
                         int64_t planned)
{
    if (client == NULL) {
        load->result->errors++;
        return;
    }
    if (is_within(load, planned)) {
        histogram_add(&load->result->lag, clock_now() - planned);
    }
    if (!send_one(load, client, planned)) {
        lose_client(load, client, client->error);
    }
}

/* Sends what was planned until now, and within the window; a few at a time, so
 * that answers are read meanwhile. */
static void send_due(struct load *load, int64_t now)
{
    struct crowd *crowd = &load->crowd;
    int64_t planned;
    now = now < load->end ? now : load->end - 1;
    for (int i = 0; i < BATCH; i++) {
        if ((planned = arrivals_peek(&load->computing)) <= now) {
            arrivals_advance(&load->computing);
            send_planned(load,
                         choose(load, crowd->hot + crowd->plain,
                                crowd->computing, &load->next_computing),
                         planned);
        }
        if ((planned = arrivals_peek(&load->plain)) > now) {
            return;
        }
        arrivals_advance(&load->plain);
        send_planned(load, choose_planned(load), planned);
    }
}

/* Closed loop: the answered connection sends again. In the skewed shape only
 * the hot ones do, and for every nine of theirs a plain one sends one. */
static void send_next(struct load *load, struct client *client, int64_t now)
{
    if (load->crowd.hot == 0 || client->id < load->crowd.hot) {
        send_one(load, client, now);
    }
    if (client->id < load->crowd.hot && ++load->turn % 9 == 0) {
        struct client *other = choose_plain(load);
        if (other != NULL && client_in_flight(other) == 0 &&
            !send_one(load, other, now)) {
            lose_client(load, other, other->error);
        }
    }
}

static void take_answer(void *context, struct client *client, int64_t since)
{
    struct load *load = context;
    struct load_result *result = load->result;
    int64_t now = clock_now();
    bool is_planned = load->options->open || client->computes;
    load->in_flight--;
    if (is_within(load, now)) {
        result->requests++;
    }
    if (is_within(load, is_planned ? since : now)) {
        histogram_add(client->computes ? &result->computing : &result->plain,
                      now - since);
    }
    if (!is_planned && now < load->end) {
        send_next(load, client, now);
    }
}

static void handle_event(struct load *load, const struct epoll_event *event)
{
    struct client *client = &load->crowd.clients[event->data.u32];
    if (client->fd < 0) {
        return;
    }
    int result = 0;
    if ((event->events & EPOLLOUT) != 0) {
        result = client_flush(client, &load->shared);
    }
    if (result == 0 && (event->events & ~(uint32_t)EPOLLOUT) != 0) {
        result = client_receive(client, &load->shared, take_answer, load);
    }
    if (result < 0) {
        lose_client(load, client, result);
    }
}

/* CPU times and the clock: their differences over the window are the result. */
static void measure_edge(struct load *load, double sign)
{
    struct load_result *result = load->result;
    double now = (double)(clock_now() - load->begin);
    double own = (double)clock_read(CLOCK_PROCESS_CPUTIME_ID);
    result->seconds += sign * now / 1e9;
    result->generator_cpu += sign * own / 1e9;
    if (load->has_server_clock) {
        double server = (double)clock_read(load->server_clock);
        result->server_cpu += sign * server / 1e9;
    }
}

static void pass_edges(struct load *load, int64_t now)
{
    if (!load->has_begun && now >= load->begin) {
        load->has_begun = true;
        measure_edge(load, -1);
    }
    if (!load->has_ended && now >= load->end) {
        load->has_ended = true;
        measure_edge(load, 1);
    }
}

/* The next planned request, or ARRIVALS_NEVER when the window has no more. */
static int64_t next_planned(const struct load *load)
{
    int64_t plain = arrivals_peek(&load->plain);
    int64_t computing = arrivals_peek(&load->computing);
    int64_t next = plain < computing ? plain : computing;
    return next < load->end ? next : ARRIVALS_NEVER;
}

/* When something is to be done without an event. */
static int64_t next_time(const struct load *load)
{
    int64_t planned = next_planned(load);
    int64_t edge = !load->has_begun   ? load->begin
                   : !load->has_ended ? load->end
                                      : load->end + DRAIN;
    return planned < edge ? planned : edge;
}

static int wait_events(struct load *load, int64_t now)
{
    struct epoll_event events[EVENTS];
    int64_t left = next_time(load) - now;
    left = left < 0 ? 0 : left;
    struct timespec timeout = {left / SECOND, left % SECOND};
    int count =
        epoll_pwait2(load->shared.epoll, events, EVENTS, &timeout, NULL);
    if (count < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    for (int i = 0; i < count; i++) {
        handle_event(load, &events[i]);
    }
    return 0;
}

static void start_sources(struct load *load)
{
    const struct load_options *options = load->options;
    int64_t now = clock_now();
    double computing = options->computing * options->workers * 1e9 / WORK_NS;
    load->begin = now + options->warmup;
    load->end = load->begin + options->duration;
    arrivals_start(&load->plain, now, options->open ? options->rate : 0);
    arrivals_start_random(&load->computing, now,
                          load->crowd.computing > 0 ? computing : 0,
                          options->seed);
    if (options->open) {
        return;
    }
    unsigned count = load->crowd.hot > 0 ? load->crowd.hot : load->crowd.plain;
    for (unsigned i = 0; i < count; i++) {
        struct client *client = &load->crowd.clients[i];
        if (!send_one(load, client, clock_now())) {
            lose_client(load, client, client->error);
        }
    }
}

/* Nothing more to send or to wait for, or no more patience. */
static bool is_over(const struct load *load, int64_t now)
{
    bool is_done = load->in_flight == 0 && next_planned(load) == ARRIVALS_NEVER;
    return load->alive == 0 ||
           (load->has_ended && (is_done || now >= load->end + DRAIN));
}

/* What has no answer, or was not even sent, is an error. */
static void count_unanswered(struct load *load)
{
    uint64_t count = load->in_flight;
    struct arrivals *sources[] = {&load->plain, &load->computing};
    for (int i = 0; i < 2; i++) {
        while (arrivals_peek(sources[i]) < load->end) {
            arrivals_advance(sources[i]);
            count++;
        }
    }
    if (count > 0) {
        fprintf(stderr, "compare_load: %" PRIu64 " requests without answer\n",
                count);
    }
    load->result->errors += count;
}

static int run_loop(struct load *load)
{
    start_sources(load);
    for (;;) {
        int64_t now = clock_now();
        pass_edges(load, now);
        if (is_over(load, now)) {
            break;
        }
        send_due(load, now);
        int result = wait_events(load, now);
        if (result < 0) {
            return result;
        }
    }
    count_unanswered(load);
    return 0;
}

int load_run(const struct load_options *options, struct load_result *result)
{
    struct load load = {
        .options = options,
        .result = result,
        .shared = {.wire = options->wire, .payload = options->payload},
    };
    memset(result, 0, sizeof *result);
    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
    if (options->server > 0) {
        load.has_server_clock =
            clock_getcpuclockid(options->server, &load.server_clock) == 0;
    }
    load.shared.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load.shared.epoll < 0) {
        return -errno;
    }
    int status = placement_open(&load.crowd, options, &load.shared);
    if (status == 0) {
        load.alive = load.crowd.total;
        result->misplaced = load.crowd.misplaced;
        status = run_loop(&load);
        placement_close(&load.crowd);
    }
    close(load.shared.epoll);
    return status;
}
