#include "benchmarks/compare/load/placement.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORTS_PER_SOURCE 20000

/* Slots still empty, by the loop they want: those of loop w are
 * slots[next[w]] to slots[next[w + 1]] at first. */
struct plan {
    unsigned loops;
    unsigned *slots;
    unsigned *next, *end;
};

static unsigned wanted_loop(const struct crowd *crowd, unsigned loops,
                            unsigned slot)
{
    if (slot < crowd->hot) {
        return 0;
    }
    slot -= crowd->hot;
    return (slot < crowd->plain ? slot : slot - crowd->plain) % loops;
}

static void count_parts(struct crowd *crowd, const struct load_options *options)
{
    crowd->plain = options->connections;
    if (options->shape == LOAD_SKEWED) {
        crowd->hot = (options->connections + 9) / 10;
        crowd->plain -= crowd->hot;
    }
    if (options->shape == LOAD_MIXED) {
        crowd->computing = 2 * options->workers;
    }
    crowd->total = crowd->hot + crowd->plain + crowd->computing;
}

static void free_plan(struct plan *plan)
{
    free(plan->slots);
    free(plan->next);
    free(plan->end);
}

static int make_plan(struct plan *plan, const struct crowd *crowd,
                     unsigned loops)
{
    plan->loops = loops;
    plan->slots = calloc(crowd->total, sizeof plan->slots[0]);
    plan->next = calloc(loops, sizeof plan->next[0]);
    plan->end = calloc(loops, sizeof plan->end[0]);
    if (plan->slots == NULL || plan->next == NULL || plan->end == NULL) {
        free_plan(plan);
        return -ENOMEM;
    }
    unsigned filled = 0;
    for (unsigned w = 0; w < loops; w++) {
        plan->next[w] = filled;
        for (unsigned slot = 0; slot < crowd->total; slot++) {
            if (wanted_loop(crowd, loops, slot) == w) {
                plan->slots[filled++] = slot;
            }
        }
        plan->end[w] = filled;
    }
    return 0;
}

/* An empty slot for a connection on that loop, else -1. */
static int take_slot(struct plan *plan, unsigned where)
{
    if (where >= plan->loops || plan->next[where] == plan->end[where]) {
        return -1;
    }
    return (int)plan->slots[plan->next[where]++];
}

static int take_any_slot(struct plan *plan)
{
    for (unsigned w = 0; w < plan->loops; w++) {
        int slot = take_slot(plan, w);
        if (slot >= 0) {
            return slot;
        }
    }
    return -1;
}

/* Opens one connection and gives it a slot or closes it again. Returns 1 when
 * a slot was filled, 0, or -errno. */
static int try_one(struct crowd *crowd, struct plan *plan,
                   struct client_shared *shared,
                   const struct sockaddr_in *server, unsigned attempt,
                   bool anywhere)
{
    struct client client;
    in_addr_t source = htonl(INADDR_LOOPBACK + attempt / PORTS_PER_SOURCE);
    int result = client_open(&client, attempt, server, source);
    if (result < 0) {
        return result;
    }
    result = client_ask_where(&client, shared);
    if (result < 0) {
        client_close(&client);
        return result;
    }
    int slot = take_slot(plan, client.where);
    if (slot < 0 && anywhere) {
        slot = take_any_slot(plan);
        crowd->misplaced++;
    }
    if (slot < 0) {
        client_close(&client);
        return 0;
    }
    client.id = (uint32_t)slot;
    client.computes = (unsigned)slot >= crowd->hot + crowd->plain;
    crowd->clients[slot] = client;
    result = client_watch(&crowd->clients[slot], shared);
    return result < 0 ? result : 1;
}

static int fill(struct crowd *crowd, struct plan *plan,
                const struct load_options *options,
                struct client_shared *shared)
{
    struct sockaddr_in server = {.sin_family = AF_INET,
                                 .sin_port = htons(options->port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    unsigned patience = 20 * options->loops * crowd->total;
    unsigned filled = 0;
    for (unsigned attempt = 0; filled < crowd->total; attempt++) {
        int result =
            try_one(crowd, plan, shared, &server, attempt, attempt >= patience);
        if (result < 0) {
            fprintf(stderr, "compare_load: connection %u: %s\n", filled,
                    strerror(-result));
            return result;
        }
        filled += (unsigned)result;
    }
    return 0;
}

int placement_open(struct crowd *crowd, const struct load_options *options,
                   struct client_shared *shared)
{
    struct plan plan;
    memset(crowd, 0, sizeof *crowd);
    count_parts(crowd, options);
    crowd->clients = calloc(crowd->total, sizeof crowd->clients[0]);
    if (crowd->clients == NULL) {
        return -ENOMEM;
    }
    for (unsigned i = 0; i < crowd->total; i++) {
        crowd->clients[i].fd = -1;
    }
    int result = make_plan(&plan, crowd, options->loops);
    if (result == 0) {
        result = fill(crowd, &plan, options, shared);
        free_plan(&plan);
    }
    if (result < 0) {
        placement_close(crowd);
    }
    return result;
}

void placement_close(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->total; i++) {
        client_close(&crowd->clients[i]);
    }
    free(crowd->clients);
    crowd->clients = NULL;
}
