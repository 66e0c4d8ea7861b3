/* The watch: while some worker runs, another one that is parked keeps an eye on
 * it, because a task that never waits would else strand what its worker owns.
 *
 * Checks that there is no state in which a worker runs for ever, another one is
 * parked, and no parked worker has a timeout.
 *
 * Mirrors src/sched/watch.c: rv_watch_enter, rv_watch_look, rv_watch_leave and
 * its static appoint(). What wakes a worker is only sketched: park.pml has it.
 *
 * The law
 *   watchers   The set of workers that park with a timeout, at most SLOTS of
 *              them. A subset of `idle`, but for the moments of a change.
 *   enter      by a parker, after it has set its idle bit and before it blocks:
 *              takes a slot if one is free.
 *   look       by a watcher whose timeout came. All idle for long enough: it
 *              gives the slot up, then loads `idle` once more; somebody runs: it
 *              enters again, else it blocks without a timeout.
 *   leave      by a worker whose idle bit was set and is cleared, before it runs
 *              the first task: gives its slot up. Nobody watches: appoint().
 *   appoint    chooses an idle worker, CAS watchers {} -> {it}, then loads `idle`
 *              once more: still idle, it gets a signal; else the slot is taken
 *              back from it and, if that leaves nobody, the choice is made again.
 *   A worker that gets a signal and finds its idle bit set stays parked, with a
 *   timeout if it is in `watchers`.
 *
 * Three pairs, each "write mine, then read yours", both ways seq_cst
 *   parker   sets idle,        reads watchers | leaver clears watchers, reads idle
 *   leaver   clears idle,      reads watchers | looker clears watchers, reads idle
 *   leaver   clears idle,      reads watchers | appointer sets watchers, reads idle
 *
 * N       workers, 2 or 3             SLOTS   watchers at a time
 * EVENTS  how many of these may happen: wake-ups by notify(), by I/O or timers,
 *         last looks that see work, timeouts of watchers
 *
 * Mutations, each of which must fail
 *   NO_HAND_OVER    a leaver gives its slot up and appoints nobody
 *   NO_LEAVE        after a positive last look the worker runs without leave
 *   NO_SECOND_LOOK  the last watcher rests without loading `idle` again
 *   NO_SECOND_CHECK appoint() does not load `idle` again
 *   ENTER_FIRST     a parker enters before it sets its idle bit
 *   LEAVE_FIRST     a leaver leaves the watch before it clears its idle bit
 *   BUFFERED_REST   the slot is given up by a plain store (TSO), not an RMW
 */
#ifndef N
#define N 3
#endif
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef EVENTS
#define EVENTS 4
#endif

#define BIT(w) (1 << (w))
#define EVERYBODY (BIT(N) - 1)
#define COUNT(set) (((set)&1) + (((set) >> 1) & 1) + (((set) >> 2) & 1))

byte idle;
byte watchers;
bool signal[N]; /* the worker's eventfd */
byte events = EVENTS;

/* Ghosts. */
byte stuck;  /* workers inside a task that never returns */
byte parked; /* workers that are blocked */
byte timed;  /* those of them that have a timeout */

#ifdef BUFFERED_REST
byte buffered; /* store buffers: watchers without me */
#define GIVE_UP buffered = buffered | BIT(me)
#define DRAIN_BUFFER                                                           \
    watchers = watchers & ~(buffered & BIT(me));                               \
    buffered = buffered & ~BIT(me);
#define OWN_SLOT (watchers & ~buffered & BIT(me))

active proctype store_buffers()
{
end:
    do
    :: atomic { buffered != 0 -> watchers = watchers & ~buffered; buffered = 0 }
    od
}
#else
#define GIVE_UP watchers = watchers & ~BIT(me)
#define DRAIN_BUFFER
#define OWN_SLOT (watchers & BIT(me))
#endif

inline appoint()
{
    do
    :: atomic { /* load idle and choose */
           if
           :: idle & 1 -> b = 0
           :: idle & 2 -> b = 1
           :: idle & 4 -> b = 2
           :: idle == 0 -> break
           fi
       }
       atomic { /* CAS */
           if
           :: watchers == 0 -> watchers = BIT(b)
           :: else -> break
           fi
       }
       if
#ifdef NO_SECOND_CHECK
       :: signal[b] = true; break
#else
       :: idle & BIT(b) -> signal[b] = true; break
       :: else ->
           atomic { /* fetch_and */
               watchers = watchers & ~BIT(b);
               if
               :: watchers != 0 -> break
               :: else
               fi
           }
#endif
       fi
    od;
    b = 0
}

/* rv_watch_leave */
inline leave()
{
    seen = watchers;
    if
    :: seen & BIT(me) ->
        atomic { /* fetch_and */
            watchers = watchers & ~BIT(me);
            seen = watchers
        }
    :: else
    fi;
#ifndef NO_HAND_OVER
    if
    :: seen == 0 -> appoint()
    :: else -> seen = 0
    fi
#endif
}

/* rv_watch_enter */
inline enter()
{
    if
    :: COUNT(watchers) < SLOTS ->
        atomic { DRAIN_BUFFER watchers = watchers | BIT(me) }
    :: else
    fi
}

inline unblock()
{
    parked = parked & ~BIT(me);
    timed = timed & ~BIT(me)
}

proctype worker(byte me)
{
    byte b, seen;

runs:
    if
    :: stuck = stuck | BIT(me); end_stuck: false
    :: true
    fi;

parks:
#ifdef ENTER_FIRST
    enter();
#endif
    atomic { idle = idle | BIT(me) };
    if
    :: atomic { events > 0 -> events-- };
       atomic { idle = idle & ~BIT(me) };
#ifdef NO_LEAVE
       goto runs
#else
       goto awake
#endif
    :: true
    fi;
#ifndef ENTER_FIRST
    enter();
#endif

blocks:
    seen = OWN_SLOT;
    atomic { parked = parked | BIT(me); timed = timed | seen; seen = 0 };
end_parked:
    if
    :: atomic { signal[me] -> signal[me] = false; unblock() }
       if
       :: idle & BIT(me) -> goto blocks
       :: else -> goto awake
       fi
    :: atomic { events > 0 -> events--; unblock() } /* I/O or a timer */
#ifdef LEAVE_FIRST
       leave();
       atomic { idle = idle & ~BIT(me) };
       goto runs
#else
       atomic { idle = idle & ~BIT(me) };
       goto awake
#endif
    :: atomic { (timed & BIT(me)) && events > 0 -> events--; unblock() }
       /* rv_watch_look */
       if
       :: idle == EVERYBODY ->
           atomic { GIVE_UP };
#ifndef NO_SECOND_LOOK
           if
           :: idle == EVERYBODY
           :: else -> enter()
           fi
#endif
       :: else
       fi;
       goto blocks
    fi;
awake: /* looks for work, and finds some or not */
    if
    :: leave(); goto runs
    :: goto parks
    fi
}

/* rv_idle_notify, as far as it matters here. */
active proctype caller()
{
    byte b;

    do
    :: atomic {
           events > 0 && idle != 0 ->
               if
               :: idle & 1 -> b = 0
               :: idle & 2 -> b = 1
               :: idle & 4 -> b = 2
               fi;
               events--;
               idle = idle & ~BIT(b)
       }
       atomic { signal[b] = true; b = 0 }
    :: atomic { events = 0; break } /* nothing happens any more */
    od
}

/* Runs when nothing can happen any more but timeouts. */
active proctype monitor()
{
    timeout;
    assert(stuck == 0 || parked == 0 || timed != 0)
}

init
{
    atomic {
        run worker(0);
        run worker(1);
#if N == 3
        run worker(2)
#endif
    }
}
