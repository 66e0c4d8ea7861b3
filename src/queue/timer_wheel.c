#include "src/queue/timer_wheel.h"

#include "src/base/assert.h"
#include "src/base/bits.h"
#include "src/base/shake.h"

#define DIGIT_BITS 6
#define DIGIT_MASK ((UINT64_C(1) << DIGIT_BITS) - 1)
#define TICK_NS    (UINT64_C(1) << RV_TIMER_WHEEL_TICK_BITS)

_Static_assert(RV_TIMER_WHEEL_SLOTS == 1 << DIGIT_BITS,
               "one slot for each value of a digit");
_Static_assert(RV_TIMER_WHEEL_SLOTS == 64, "a slot is a bit of a word");
_Static_assert(RV_TIMER_WHEEL_LEVELS *DIGIT_BITS + RV_TIMER_WHEEL_TICK_BITS >=
                   64,
               "the levels cover every deadline");
_Static_assert(sizeof(rv_timer) <= 48, "a timer is cheap to embed");

/* A slot that holds timers, and the first tick of it that has not passed. */
typedef struct {
    unsigned level;
    unsigned slot;
    uint64_t tick;
} place;

static uint64_t round_up_to_tick(int64_t ns)
{
    return ns <= 0 ? 0
                   : ((uint64_t)ns + TICK_NS - 1) >> RV_TIMER_WHEEL_TICK_BITS;
}

static uint64_t round_down_to_tick(int64_t ns)
{
    return ns <= 0 ? 0 : (uint64_t)ns >> RV_TIMER_WHEEL_TICK_BITS;
}

/* When the tick begins, in ns. The tick after the last that int64 can tell
 * never comes. */
static int64_t begin_of_tick(uint64_t tick)
{
    return tick > (uint64_t)INT64_MAX >> RV_TIMER_WHEEL_TICK_BITS
               ? INT64_MAX
               : (int64_t)(tick << RV_TIMER_WHEEL_TICK_BITS);
}

static unsigned digit_of(uint64_t tick, unsigned level)
{
    return (unsigned)((tick >> (level * DIGIT_BITS)) & DIGIT_MASK);
}

static rv_list *slot_list(rv_timer_wheel *w, unsigned level, unsigned slot)
{
    return &w->slots[level * RV_TIMER_WHEEL_SLOTS + slot];
}

static void set_next(rv_timer_wheel *w, int64_t next)
{
    rv_u64_store_seq_cst(&w->next, (uint64_t)next); /* LOOK */
}

/* Puts the timer where its tick belongs, seen from `current`. */
static void link_timer(rv_timer_wheel *w, rv_timer *timer, uint64_t tick)
{
    if (tick < w->current) {
        tick = w->current;
    }

    uint64_t difference = (tick ^ w->current) | 1;
    unsigned level = (63 - rv_bits_clz64(difference)) / DIGIT_BITS;
    unsigned slot = digit_of(tick, level);

    rv_list_push_back(slot_list(w, level, slot), &timer->node);
    w->occupied[level] |= UINT64_C(1) << slot;
}

static void unlink_timer(rv_timer_wheel *w, rv_timer *timer)
{
    rv_node *next = timer->node.next;
    bool was_alone = next == timer->node.prev;

    rv_list_remove(&timer->node);
    if (was_alone) {
        /* Both neighbours were the ring of the slot's list. */
        rv_list *list = rv_container_of(next, rv_list, ring);
        size_t index = (size_t)(list - w->slots);

        w->occupied[index / RV_TIMER_WHEEL_SLOTS] &=
            ~(UINT64_C(1) << index % RV_TIMER_WHEEL_SLOTS);
    }
}

/* Finds the slot whose turn is next. False if the wheel is empty. */
static bool find_first(const rv_timer_wheel *w, place *first)
{
    /* A slot of a current digit above level 0 has been begun to move down and
     * may hold timers earlier than all below it. */
    for (unsigned level = RV_TIMER_WHEEL_LEVELS - 1; level > 0; level--) {
        unsigned slot = digit_of(w->current, level);

        if ((w->occupied[level] >> slot & 1) != 0) {
            *first = (place){level, slot, w->current};
            return true;
        }
    }
    for (unsigned level = 0; level < RV_TIMER_WHEEL_LEVELS; level++) {
        unsigned shift = level * DIGIT_BITS;
        uint64_t ahead =
            w->occupied[level] & (UINT64_MAX << digit_of(w->current, level));

        if (ahead != 0) {
            uint64_t slot = rv_bits_ctz64(ahead);
            uint64_t above = w->current >> shift & ~DIGIT_MASK;

            *first = (place){level, (unsigned)slot, (above | slot) << shift};
            return true;
        }
    }
    return false;
}

/* Moves up to `max` timers of a slot above level 0, which `current` has
 * reached, to lower levels. Returns how many. */
static unsigned move_down(rv_timer_wheel *w, const place *from, unsigned max)
{
    rv_list *list = slot_list(w, from->level, from->slot);
    unsigned count = 0;

    for (; count < max && !rv_list_is_empty(list); count++) {
        rv_node *node = rv_list_pop_front(list);
        rv_timer *timer = rv_container_of(node, rv_timer, node);

        link_timer(w, timer, round_up_to_tick(timer->deadline));
    }
    if (rv_list_is_empty(list)) {
        w->occupied[from->level] &= ~(UINT64_C(1) << from->slot);
    }
    return count;
}

typedef struct {
    void (*fire)(rv_timer *timer, void *context);
    void *context;
} handler;

/* Fires up to `max` timers of a slot of level 0. Returns how many. */
static unsigned fire_slot(rv_timer_wheel *w, const place *due, unsigned max,
                          const handler *h)
{
    rv_list *list = slot_list(w, 0, due->slot);
    unsigned count = 0;

    for (; count < max && !rv_list_is_empty(list); count++) {
        rv_node *node = rv_list_pop_front(list);

        RV_SHAKE_POINT();
        h->fire(rv_container_of(node, rv_timer, node), h->context);
    }
    if (rv_list_is_empty(list)) {
        w->occupied[0] &= ~(UINT64_C(1) << due->slot);
    }
    return count;
}

/* Brings the wheel to tick `target`, or as far as one batch goes. */
static unsigned advance(rv_timer_wheel *w, uint64_t target, const handler *h)
{
    unsigned room = RV_TIMER_WHEEL_BATCH;
    unsigned fired = 0;
    place first;
    bool found = find_first(w, &first);

    while (found && first.tick <= target && room > 0) {
        unsigned count;

        w->current = first.tick;
        if (first.level == 0) {
            count = fire_slot(w, &first, room, h);
            fired += count;
        } else {
            count = move_down(w, &first, room);
        }
        room -= count;
        found = find_first(w, &first);
    }
    if (!found || first.tick > target) {
        w->current = target;
    }
    set_next(w, found ? begin_of_tick(first.tick) : INT64_MAX);
    return fired;
}

void rv_timer_wheel_init(rv_timer_wheel *w, int64_t now)
{
    set_next(w, INT64_MAX);
    rv_lock_init(&w->lock);
    w->current = round_down_to_tick(now);
    for (unsigned i = 0; i < RV_TIMER_WHEEL_LEVELS; i++) {
        w->occupied[i] = 0;
    }
    for (unsigned i = 0; i < RV_TIMER_WHEEL_LEVELS * RV_TIMER_WHEEL_SLOTS;
         i++) {
        rv_list_init(&w->slots[i]);
    }
}

void rv_timer_wheel_add(rv_timer_wheel *w, rv_timer *timer, int64_t deadline)
{
    RV_ASSERT(!rv_node_is_linked(&timer->node));
    RV_ASSERT(deadline != INT64_MAX);
    uint64_t tick = round_up_to_tick(deadline);
    int64_t begin = begin_of_tick(tick);

    timer->deadline = deadline;
    timer->wheel = w;
    rv_lock_acquire(&w->lock);
    link_timer(w, timer, tick);
    /* Relaxed: `next` is written under the lock only. */
    if (begin < (int64_t)rv_u64_load_relaxed(&w->next)) {
        set_next(w, begin);
    }
    rv_lock_release(&w->lock);
}

bool rv_timer_wheel_cancel(rv_timer *timer)
{
    rv_timer_wheel *w = timer->wheel;

    if (w == NULL) {
        return false;
    }
    /* Also for a timer that has fired: the lock is what waits for a `fire`
     * that still looks at it. */
    rv_lock_acquire(&w->lock);

    bool is_linked = rv_node_is_linked(&timer->node);

    if (is_linked) {
        unlink_timer(w, timer);
    }
    rv_lock_release(&w->lock);
    return is_linked;
}

unsigned rv_timer_wheel_expire(rv_timer_wheel *w, int64_t now,
                               void (*fire)(rv_timer *timer, void *context),
                               void *context)
{
    if (now < rv_timer_wheel_next(w) || !rv_lock_try(&w->lock)) {
        return 0;
    }

    uint64_t target = round_down_to_tick(now);
    handler h = {fire, context};
    unsigned fired = advance(w, target < w->current ? w->current : target, &h);

    rv_lock_release(&w->lock);
    return fired;
}
