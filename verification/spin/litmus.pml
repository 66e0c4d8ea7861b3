/* Litmus tests: does c11.pml allow and forbid what C11 does?
 *
 * Each program has one outcome that matters; the assertion says it does not
 * occur. STRONG are the orders under which C11 forbids it, else the weaker
 * orders under which C11 allows it and Spin must find it.
 *
 *   MP     message passing: flag seen, but not the data behind it
 *   CHAIN  message passing through a read-modify-write by a third thread, which
 *          is relaxed for its own part and must keep the release
 *   SB     store buffering: two threads that both miss the other's store
 *   IRIW   two readers that see two independent stores in opposite orders
 *   CORR   one thread that sees a location go back to an older value
 */
#define LOCATIONS 2
#define THREADS   4
#define MESSAGES  3
#include "c11.pml"

#define X 0
#define Y 1

byte r1, r2, r3, r4, done;

#if defined(MP) || defined(CHAIN)
#ifdef STRONG
#define STORE_ORDER REL
#define LOAD_ORDER  ACQ
#else
#define STORE_ORDER RLX
#define LOAD_ORDER  RLX
#endif
#elif defined(STRONG)
#define STORE_ORDER SC
#define LOAD_ORDER  SC
#else
#define STORE_ORDER REL
#define LOAD_ORDER  ACQ
#endif

proctype first()
{
#ifdef MP
    store(0, X, 1, RLX);
    store(0, Y, 1, STORE_ORDER);
#endif
#ifdef CHAIN
    store(0, X, 1, RLX);
    store(0, Y, 1, STORE_ORDER);
#endif
#ifdef SB
    store(0, X, 1, STORE_ORDER);
    load(0, Y, r1, LOAD_ORDER);
#endif
#ifdef IRIW
    store(0, X, 1, STORE_ORDER);
#endif
#ifdef CORR
    store(0, X, 1, RLX);
    store(0, X, 2, RLX);
#endif
    done++
}

proctype second()
{
    byte expected = 1;
    bool won;

#ifdef MP
    load(1, Y, r1, LOAD_ORDER);
    load(1, X, r2, RLX);
#endif
#ifdef CHAIN
    cas(1, Y, expected, 2, won, ACQ);
#endif
#ifdef SB
    store(1, Y, 1, STORE_ORDER);
    load(1, X, r2, LOAD_ORDER);
#endif
#ifdef IRIW
    store(1, Y, 1, STORE_ORDER);
#endif
#ifdef CORR
    load(1, X, r1, RLX);
    load(1, X, r2, RLX);
#endif
    done++
}

proctype third()
{
#ifdef CHAIN
    load(2, Y, r1, LOAD_ORDER);
    load(2, X, r2, RLX);
#endif
#ifdef IRIW
    load(2, X, r1, LOAD_ORDER);
    load(2, Y, r2, LOAD_ORDER);
#endif
    done++
}

proctype fourth()
{
#ifdef IRIW
    load(3, Y, r3, LOAD_ORDER);
    load(3, X, r4, LOAD_ORDER);
#endif
    done++
}

init {
    atomic {
        start(X, 0);
        start(Y, 0);
        run first();
        run second();
        run third();
        run fourth()
    }
    done == 4;
#ifdef MP
    assert(!(r1 == 1 && r2 == 0))
#endif
#ifdef CHAIN
    assert(!(r1 == 2 && r2 == 0))
#endif
#ifdef SB
    assert(!(r1 == 0 && r2 == 0))
#endif
#ifdef IRIW
    assert(!(r1 == 1 && r2 == 0 && r3 == 1 && r4 == 0))
#endif
#ifdef CORR
    assert(r1 <= r2)
#endif
}
