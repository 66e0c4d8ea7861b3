/* The ready ring: one owner, a thief, with SLEEPER also a thread that is about
 * to sleep; two slots.
 *
 * Checks, for every order of PUSHES pushes and POPS pops against a thief that
 * makes STEALS attempts for up to two items, that
 *   - no item is taken twice, and none is taken that was not pushed (0);
 *   - at the end, what was pushed and not taken lies between head and tail;
 *   - each taker gets items in the order they were pushed;
 *   - with SLEEPER, if the last push did not see the sleeper, the sleeper did
 *     not see an empty ring while an item stayed in it.
 * The indices start two below the end of their range, so they wrap.
 *
 * Mirrors rv_ring_push and rv_ring_pop (src/queue/ring.h), rv_ring_steal and
 * rv_ring_is_empty (src/queue/ring.c); the tags are those of ring.h.
 *
 * Mutations, each of which must fail
 *   PUSH_ACQ   FILL: push's exchange of tail does not release
 *   FILL_RLX   FILL: the thief's load of tail is relaxed
 *   PUSH_REL   LOOK, with SLEEPER: push stores tail with release, no exchange
 *   LOOK_ACQ   LOOK, with SLEEPER: its load of tail is an acquire
 *   READ_LATE  the thief reads its items after the CAS
 *   ADD_HEAD   the thief adds to head what it counted, without comparing
 */
#ifndef PUSHES
#define PUSHES 3
#endif
#ifndef POPS
#define POPS 3
#endif
#ifndef STEALS
#define STEALS 2
#endif

#define LOCATIONS 5
#ifdef SLEEPER
#define THREADS 3
#else
#define THREADS 2
#endif
#define MESSAGES  (1 + PUSHES)
#include "c11.pml"

#define HEAD    0
#define TAIL    1
#define SLOT(i) (2 + ((i) & 1))
#define IDLE    4

#define CAPACITY         2
#define INDEX(i)         ((i) & 255)
#define FIRST            INDEX(-2)
#define DIFFERENCE(t, h) INDEX((t) - (h))
#define NOTHING(t, h)    (DIFFERENCE(t, h) == 0 || DIFFERENCE(t, h) > 127)

#ifdef PUSH_ACQ
#define PUSH_EXCHANGE ACQ
#else
#define PUSH_EXCHANGE SC
#endif
#ifdef FILL_RLX
#define STEAL_LOAD_TAIL RLX
#else
#define STEAL_LOAD_TAIL ACQ
#endif
#ifdef LOOK_ACQ
#define LOOK_LOAD_TAIL ACQ
#else
#define LOOK_LOAD_TAIL SC
#endif

bool taken[PUSHES + 1];
byte pushed, gone, done;
bool last_push_saw_sleeper, sleeps;

/* `latest` is the item that this taker took before. */
inline take(item, latest)
{
    d_step {
        assert(item != 0);
        assert(!taken[item]);
        assert(item > latest);
        taken[item] = true;
        latest = item;
        gone++
    }
}

/* rv_ring_push, and what its caller does next */
inline push()
{
    if
    :: DIFFERENCE(tail, head_seen) >= CAPACITY ->
        load(0, HEAD, head_seen, ACQ) /* FREE */
    :: else
    fi;
    if
    :: DIFFERENCE(tail, head_seen) >= CAPACITY /* full: it is not pushed */
    :: else ->
        pushed++;
        store(0, SLOT(tail), pushed, RLX);
        tail = INDEX(tail + 1);
#ifdef PUSH_REL
        store(0, TAIL, tail, REL);
#else
        exchange(0, TAIL, h, tail, PUSH_EXCHANGE); /* FILL, LOOK */
#endif
#ifdef SLEEPER
        load(0, IDLE, last_push_saw_sleeper, SC) /* LOOK */
#endif
    fi
}

/* rv_ring_pop */
inline pop()
{
    load(0, HEAD, h, RLX);
    won = false;
    do
    :: h != tail && !won ->
        end = INDEX(h + 1);
        load(0, SLOT(h), first, RLX);
        cas(0, HEAD, h, end, won, ACQ) /* FREE */
    :: else -> break
    od;
    if
    :: won ->
        take(first, latest);
        head_seen = end
    :: else
    fi
}

/* The owner knows tail, which only it stores, without a load. */
proctype owner()
{
    byte tail = FIRST;
    byte head_seen = FIRST;
    byte h, end, first, latest, pushes, pops;
    bool won;

    do
    :: pushes < PUSHES -> pushes++; push()
    :: pops < POPS -> pops++; pop()
    :: pushes == PUSHES && pops == POPS -> break
    od;
    done++
}

inline copy_slots()
{
    load(1, place, first, RLX);
    if
    :: count == 2 -> load(1, 5 - place, second, RLX)
    :: else
    fi
}

/* One attempt of rv_ring_steal */
inline steal()
{
    load(1, HEAD, h, ACQ);             /* FREE */
    load(1, TAIL, t, STEAL_LOAD_TAIL); /* FILL */
    if
    :: NOTHING(t, h)
    :: else ->
        count = DIFFERENCE(t, h) - DIFFERENCE(t, h) / 2;
        count = (count > 2 -> 2 : count);
        place = SLOT(h);
#ifndef READ_LATE
        copy_slots();
#endif
#ifdef ADD_HEAD
        exchange(1, HEAD, h, INDEX(h + count), REL);
        won = true;
#else
        cas(1, HEAD, h, INDEX(h + count), won, REL); /* FREE */
#endif
        if
        :: won ->
#ifdef READ_LATE
            copy_slots();
#endif
            take(first, latest);
            if
            :: count == 2 -> take(second, latest)
            :: else
            fi
        :: else
        fi
    fi
}

proctype thief()
{
    byte h, t, count, place, first, second, latest, steals;
    bool won;

    do
    :: steals < STEALS -> steals++; steal()
    :: else -> break
    od;
    done++
}

#ifdef SLEEPER
/* Sets its idle bit and calls rv_ring_is_empty. */
proctype sleeper()
{
    byte h, t;

    exchange(2, IDLE, h, 1, SC);
    load(2, HEAD, h, SC);             /* LOOK */
    load(2, TAIL, t, LOOK_LOAD_TAIL); /* LOOK */
    sleeps = NOTHING(t, h);
    done++
}
#endif

init {
    atomic {
        start(HEAD, FIRST);
        start(TAIL, FIRST);
        start(SLOT(0), 0);
        start(SLOT(1), 0);
        start(IDLE, 0);
        run owner();
        run thief();
#ifdef SLEEPER
        run sleeper()
#endif
    }
    done == THREADS;
    assert(gone + DIFFERENCE(location[TAIL].message[NEWEST(TAIL)].value,
                             location[HEAD].message[NEWEST(HEAD)].value) ==
           pushed);
    assert(!sleeps || last_push_saw_sleeper || gone == pushed)
}
