/* Items through channels, and the choice among several.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "rove/channel.h"
#include "rove/select.h"

#include "benchmarks/micro/micro.h"

#define CAPACITY 128
#define PARTIES  4 /* producers, consumers, channels of a select */

static void require(bool is_right)
{
    if (!is_right) {
        abort();
    }
}

static rove_chan *make_chan(size_t capacity)
{
    rove_chan *chan = rove_chan_new(sizeof(uint64_t), capacity, NULL);
    require(chan != NULL);
    return chan;
}

/* What a producer sends: count items, from first on. */
typedef struct batch {
    rove_chan *chan;
    uint64_t first;
    uint64_t count;
} batch;

static int64_t send_all(void *arg)
{
    const batch *b = arg;
    for (uint64_t i = 0; i < b->count; i++) {
        uint64_t item = b->first + i;
        if (rove_chan_send(b->chan, &item) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Returns the sum of the items. */
static int64_t receive_all(void *arg)
{
    int64_t sum = 0;
    uint64_t item;
    int error;
    while ((error = rove_chan_recv(arg, &item)) == 0) {
        sum += (int64_t)item;
    }
    return error == -EPIPE ? sum : error;
}

/* As many producers as consumers share one channel. */
static void pass_items(unsigned pairs, uint64_t ops, micro_result *result)
{
    rove_chan *chan = make_chan(CAPACITY);
    rove_task *producers[PARTIES];
    rove_task *consumers[PARTIES];
    batch batches[PARTIES];
    uint64_t each = ops / pairs;
    int64_t sum = 0;

    rove_time start = rove_now();
    for (unsigned i = 0; i < pairs; i++) {
        batches[i] = (batch){chan, i * each, each};
        producers[i] = rove_spawn(send_all, &batches[i]);
        consumers[i] = rove_spawn(receive_all, chan);
    }
    for (unsigned i = 0; i < pairs; i++) {
        require(rove_join(producers[i]) == 0);
    }
    rove_chan_close(chan);
    for (unsigned i = 0; i < pairs; i++) {
        sum += rove_join(consumers[i]);
    }
    result->ns = (double)(rove_now() - start);

    uint64_t all = each * pairs;
    require((uint64_t)sum == all * (all - 1) / 2);
    rove_chan_unref(chan);
}

void micro_chan_buffered(uint64_t ops, micro_result *result)
{
    pass_items(1, ops, result);
}

void micro_chan_mpmc(uint64_t ops, micro_result *result)
{
    pass_items(PARTIES, ops, result);
}

typedef struct wall {
    rove_chan *there;
    rove_chan *back;
} wall;

static int64_t return_items(void *arg)
{
    const wall *w = arg;
    uint64_t item;
    while (rove_chan_recv(w->there, &item) == 0) {
        if (rove_chan_send(w->back, &item) != 0) {
            return -1;
        }
    }
    return 0;
}

/* An item goes to another task and comes back before the next one goes. */
static void play_against_wall(size_t capacity, uint64_t ops,
                              micro_result *result)
{
    wall w = {make_chan(capacity), make_chan(capacity)};
    rove_task *other = rove_spawn(return_items, &w);
    rove_time start = rove_now();
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t item = 0;
        require(rove_chan_send(w.there, &i) == 0);
        require(rove_chan_recv(w.back, &item) == 0 && item == i);
    }
    result->ns = (double)(rove_now() - start);
    rove_chan_close(w.there);
    require(rove_join(other) == 0);
    rove_chan_unref(w.there);
    rove_chan_unref(w.back);
}

void micro_chan_rendezvous(uint64_t ops, micro_result *result)
{
    play_against_wall(0, ops, result);
}

void micro_chan_pingpong(uint64_t ops, micro_result *result)
{
    play_against_wall(1, ops, result);
}

/* Puts items 0, 1, 2, … into the channels until they are full. */
static void fill_chans(rove_chan *chans[PARTIES], uint64_t *next)
{
    for (unsigned i = 0; i < PARTIES; i++) {
        while (rove_chan_try_send(chans[i], next) == 0) {
            ++*next;
        }
    }
}

/* The cases are made for every select, as programs do; their making counts. */
static uint64_t select_item(rove_chan *chans[PARTIES])
{
    uint64_t items[PARTIES] = {0};
    rove_case cases[PARTIES] = {
        rove_on_recv(chans[0], &items[0]),
        rove_on_recv(chans[1], &items[1]),
        rove_on_recv(chans[2], &items[2]),
        rove_on_recv(chans[3], &items[3]),
    };
    int which = rove_select(cases, PARTIES, 0);
    require(which >= 0 && cases[which].result == 0);
    return items[which];
}

/* The channels hold CAPACITY items each and are filled up after CAPACITY
 * selects, with the clock stopped: none is ever found empty. */
void micro_select_ready(uint64_t ops, micro_result *result)
{
    rove_chan *chans[PARTIES];
    for (unsigned i = 0; i < PARTIES; i++) {
        chans[i] = make_chan(CAPACITY);
    }
    uint64_t sent = 0;
    uint64_t sum = 0;
    rove_time spent = 0;
    for (uint64_t done = 0; done < ops; done += CAPACITY) {
        fill_chans(chans, &sent);
        rove_time start = rove_now();
        for (unsigned i = 0; i < CAPACITY && done + i < ops; i++) {
            sum += select_item(chans);
        }
        spent += rove_now() - start;
    }
    result->ns = (double)spent;

    for (unsigned i = 0; i < PARTIES; i++) {
        uint64_t item;
        while (rove_chan_try_recv(chans[i], &item) == 0) {
            sum += item;
        }
        rove_chan_unref(chans[i]);
    }
    require(sum == sent * (sent - 1) / 2);
}
