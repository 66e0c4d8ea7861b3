/* The fork deque: one owner, THIEVES thieves, two slots.
 *
 * Checks, for every order of PUSHES pushes and POPS pops against thieves that
 * make STEALS attempts each, that
 *   - no item is taken twice, and none is taken that was not pushed (0);
 *   - at the end, what was pushed and not taken lies between top and bottom.
 * The indices start two below the end of their range, so they wrap.
 *
 * Mirrors rv_deque_push and rv_deque_pop (src/queue/deque.h) and
 * rv_deque_pop_slow and rv_deque_steal (src/queue/deque.c), line by line; the
 * tags are those of deque.h.
 *
 * Mutations, each of which must fail
 *   PUSH_RLX        FILL: push's store of bottom is relaxed
 *   POP_STORE_REL   LAST: pop's store of bottom is a release
 *   POP_LOAD_ACQ    LAST: pop's load of top is an acquire
 *   STEAL_LOAD_ACQ  LAST: the thief's load of bottom is an acquire
 *   STEAL_CAS_AR    LAST: the thief's CAS of top is acquire and release
 *   STEAL_SWAPPED   LAST: the thief loads bottom first, as a machine may if
 *                   the load of top does not acquire
 *   READ_LATE       FREE: the thief reads the item after the CAS
 *   NO_CAS          the owner takes the last item without a CAS
 *   SHORT_INDEX     two-bit indices, which come round again
 *
 * Not a mutation that fails: with STEAL_TOP_ACQ the thief's load of top is an
 * acquire. The CAS that stored this value is seq_cst and comes before the load
 * of bottom all the same. The code has seq_cst there for a shorter argument.
 */
#ifndef THIEVES
#define THIEVES 1
#endif
#ifndef PUSHES
#define PUSHES 3
#endif
#ifndef POPS
#define POPS 3
#endif
#ifndef STEALS
#define STEALS 2
#endif

#define LOCATIONS 4
#define THREADS   (1 + THIEVES)
#define MESSAGES  (1 + PUSHES + 2 * POPS)
#include "c11.pml"

#ifdef SHORT_INDEX
#define LAST_INDEX 3
#else
#define LAST_INDEX 255
#endif

#define TOP     0
#define BOTTOM  1
#define SLOT(i) (2 + ((i) & 1))

#define CAPACITY       2
#define INDEX(i)       ((i) & LAST_INDEX)
#define FIRST          INDEX(-2)
#define DIFFERENCE(b, t) INDEX((b) - (t))
/* Bottom is never more than one below top. */
#define NOTHING(b, t)  (DIFFERENCE(b, t) == 0 || DIFFERENCE(b, t) == LAST_INDEX)

#ifdef PUSH_RLX
#define PUSH_STORE RLX
#else
#define PUSH_STORE REL
#endif
#ifdef POP_STORE_REL
#define POP_STORE REL
#else
#define POP_STORE SC
#endif
#ifdef POP_LOAD_ACQ
#define POP_LOAD ACQ
#else
#define POP_LOAD SC
#endif
#ifdef STEAL_TOP_ACQ
#define STEAL_LOAD_TOP ACQ
#else
#define STEAL_LOAD_TOP SC
#endif
#ifdef STEAL_LOAD_ACQ
#define STEAL_LOAD_BOTTOM ACQ
#else
#define STEAL_LOAD_BOTTOM SC
#endif
#ifdef STEAL_CAS_AR
#define STEAL_CAS AR
#else
#define STEAL_CAS SC
#endif

bool taken[PUSHES + 1];
byte pushed, stolen_or_popped, done;

inline take(item)
{
    d_step {
        assert(item != 0);
        assert(!taken[item]);
        taken[item] = true;
        stolen_or_popped++
    }
}

/* rv_deque_push */
inline push()
{
    b = bottom;
    if
    :: DIFFERENCE(b, top_seen) >= CAPACITY ->
        load(0, TOP, top_seen, ACQ) /* FREE */
    :: else
    fi;
    if
    :: DIFFERENCE(b, top_seen) >= CAPACITY /* full: the item is not pushed */
    :: else ->
        pushed++;
        store(0, SLOT(b), pushed, RLX);
        store(0, BOTTOM, INDEX(b + 1), PUSH_STORE); /* FILL */
        bottom = INDEX(b + 1)
    fi
}

/* rv_deque_pop; from `slow` on, rv_deque_pop_slow */
inline pop()
{
    b = bottom;
    if
    :: b == top_seen /* empty */
    :: else ->
        b = INDEX(b - 1);
        store(0, BOTTOM, b, POP_STORE); /* LAST */
        load(0, TOP, t, POP_LOAD);      /* LAST */
        if
        :: !NOTHING(b, t) ->
            load(0, SLOT(b), item, RLX);
            take(item);
            bottom = b
        :: else ->
slow:       won = false;
            if
            :: t == b ->
#ifdef NO_CAS
                won = true;
                store(0, TOP, INDEX(b + 1), SC)
#else
                cas(0, TOP, t, INDEX(b + 1), won, SC) /* LAST, FREE */
#endif
            :: else
            fi;
            if
            :: won ->
                load(0, SLOT(b), item, RLX);
                take(item)
            :: else
            fi;
            store(0, BOTTOM, INDEX(b + 1), RLX);
            bottom = INDEX(b + 1);
            top_seen = INDEX(b + 1)
        fi
    fi
}

/* The owner knows bottom, which only it stores, without a load. */
proctype owner()
{
    byte bottom = FIRST;
    byte top_seen = FIRST;
    byte b, t, item, pushes, pops;
    bool won;

    do
    :: pushes < PUSHES -> pushes++; push()
    :: pops < POPS -> pops++; pop()
    :: pushes == PUSHES && pops == POPS -> break
    od;
    done++
}

/* rv_deque_steal */
inline steal()
{
#ifdef STEAL_SWAPPED
    load(me, BOTTOM, b, STEAL_LOAD_BOTTOM);
    load(me, TOP, t, STEAL_LOAD_TOP);
#else
    load(me, TOP, t, STEAL_LOAD_TOP);       /* LAST */
    load(me, BOTTOM, b, STEAL_LOAD_BOTTOM); /* LAST, FILL */
#endif
    if
    :: NOTHING(b, t)
    :: else ->
        place = SLOT(t);
#ifndef READ_LATE
        load(me, place, item, RLX);
#endif
        cas(me, TOP, t, INDEX(t + 1), won, STEAL_CAS); /* LAST, FREE */
        if
        :: won ->
#ifdef READ_LATE
            load(me, place, item, RLX);
#endif
            take(item)
        :: else
        fi
    fi
}

proctype thief(byte me)
{
    byte b, t, item, place, steals;
    bool won;

    do
    :: steals < STEALS -> steals++; steal()
    :: else -> break
    od;
    done++
}

init {
    atomic {
        start(TOP, FIRST);
        start(BOTTOM, FIRST);
        start(SLOT(0), 0);
        start(SLOT(1), 0);
        run owner();
        run thief(1);
#if THIEVES > 1
        run thief(2)
#endif
    }
    done == THREADS;
    assert(stolen_or_popped +
               DIFFERENCE(location[BOTTOM].message[NEWEST(BOTTOM)].value,
                          location[TOP].message[NEWEST(TOP)].value) ==
           pushed)
}
