/* The watch: while some worker runs, the others must not all sleep without end,
 * because a task that never waits would strand what its worker owns. A timer
 * that belongs to all workers ticks while anybody runs; each tick wakes one
 * worker that sleeps, and that one looks after those that run.
 *
 * Checks that
 *   - there is no state in which a worker runs for ever, another one sleeps,
 *     and no tick will come;
 *   - when all workers sleep the ticks end (LIVE).
 *
 * Mirrors src/sched: rv_idle_watch_round, rv_idle_leave, watch_on (idle.c),
 * park (worker.c), rv_poller_poll and dispatch (poller.c). What wakes a worker
 * is only sketched: park.pml has it.
 *
 * The law of the watch
 *   on     by a worker that left its sleep, after it has cleared its idle bit,
 *          if `watching` is 0. The watch is on from the start.
 *   off    by a worker that is about to sleep, its idle bit set and its last
 *          look negative, when all are idle, for some rounds: stops the timer,
 *          clears `watching`, then loads `idle` again; somebody runs: on again.
 *          Not by one that slept: it is about to leave, and would turn it on.
 *   tick   whoever takes the timer's event from an epoll reads the timer. So
 *          does who took a full batch, since the event may be behind it. But
 *          who polls its own epoll without waiting while others sleep leaves
 *          the timer to them, and reads it before it sleeps itself.
 *   Pair: leaver clears `idle`, reads `watching` | off clears `watching`, reads
 *   `idle`; all seq_cst.
 *
 * The law of the kernel, as measured with Linux 6.18
 *   A periodic timerfd that expired does not expire again before it was read
 *   or set. Registered with EPOLLEXCLUSIVE | EPOLLET in several epolls, its
 *   edge goes to one after the other, in the order of registration, up to the
 *   first one that somebody waits in. An event whose timer was read since is
 *   dropped.
 *
 * N       workers, 2 or 3
 * EVENTS  how many of these may happen: wake-ups by notify, by I/O, last looks
 *         that see work, ticks
 * LIVE    for the formula ticks_end: no worker is stuck, ticks have no limit,
 *         and who was woken by one sleeps again before the next one comes
 *
 * THIEVES workers that run poll for others, too
 *
 * Mutations, each of which must fail
 *   NO_READ          the timer is not read
 *   LEFT_FOR_GOOD    who left a tick to others sleeps without reading it
 *   THIEF_LEAVES     who polls for another leaves ticks, too
 *   FULL_BATCH       who took a full batch does not read the timer
 *   STARTS_OFF       the watch is off at the start
 *   NO_SECOND_LOOK   off does not load `idle` again
 *   BUFFERED_OFF     off clears `watching` by a plain store (TSO)
 *   LEAVE_FIRST      a leaver reads `watching` before it clears its idle bit
 *   OFF_AFTER_SLEEP  off is done by a worker that slept (LIVE)
 */
#ifndef N
#define N 3
#endif
#ifndef EVENTS
#define EVENTS 3
#endif

#define BIT(w) (1 << (w))
#define EVERYBODY (BIT(N) - 1)

byte idle;
bool lock; /* watch_lock */
#ifdef STARTS_OFF
bool watching;
bool ticking; /* the timer is set */
#else
bool watching = true;
bool ticking = true;
#endif

/* The kernel. */
bool expired;   /* the timer has expired and was not read */
byte listed;    /* epolls with the timer's event in their ready list */
byte blocked;   /* workers that wait in their epoll */
byte left;      /* workers that left a tick to others */
bool signal[N]; /* the worker's eventfd */

byte events = EVENTS;
byte stuck; /* ghost: workers inside a task that never returns */

#ifdef BUFFERED_OFF
bool buffered; /* the store buffer: watching = 0 */
#define CLEAR_WATCHING buffered = true
#define DRAIN_BUFFER                                                           \
    if                                                                         \
    :: buffered -> buffered = false; watching = false                          \
    :: else                                                                    \
    fi;

active proctype store_buffer()
{
end:
    do
    :: atomic { buffered -> DRAIN_BUFFER }
    od
}
#else
#define CLEAR_WATCHING watching = false
#define DRAIN_BUFFER
#endif

inline watch_on()
{
    atomic { !lock -> DRAIN_BUFFER lock = true };
    if
    :: !watching ->
        watching = true;
        atomic { ticking = true; expired = false } /* timerfd_settime */
    :: else
    fi;
    lock = false
}

/* rv_idle_watch_round */
inline watch_round()
{
    if
    :: idle == EVERYBODY ->
        atomic { !lock -> lock = true };
        atomic { ticking = false; expired = false }; /* timerfd_settime */
        CLEAR_WATCHING;
#ifdef NO_SECOND_LOOK
        lock = false
#else
        if
        :: idle == EVERYBODY -> lock = false
        :: else -> lock = false; watch_on()
        fi
#endif
    :: else
#ifndef LIVE
    :: true /* not yet so many rounds */
#endif
    fi
}

/* What an epoll_wait returns of the timer: dropped if it was read meanwhile. */
inline take_tick()
{
    tick = (listed & BIT(me)) && expired;
    listed = listed & ~BIT(me)
}

/* The part of dispatch that belongs to the timer. */
inline read_tick()
{
    if
    :: tick ->
        tick = false;
#ifndef NO_READ
        expired = false
#endif
    :: else
    fi
}

/* Who does not wait leaves it to those that sleep. */
inline leave_tick()
{
    if
    :: tick && idle != 0 -> tick = false; left = left | BIT(me)
    :: else
    fi
}

/* poll_for: the epoll of another worker. */
inline take_tick_of(P_victim)
{
    tick = (listed & BIT(P_victim)) && expired;
    listed = listed & ~BIT(P_victim)
}

proctype worker(byte me)
{
    bool tick;
    byte v;

runs:
#ifndef LIVE
    if
    :: stuck = stuck | BIT(me);
    end_stuck:
        false
    :: true
    fi;
#endif
    if /* rv_poller_poll without waiting */
    :: atomic { take_tick() };
       atomic { leave_tick() };
       atomic { read_tick() }
#ifdef THIEVES
    :: atomic {
           v = (me + 1) % N;
           if
           :: v = (v + 1) % N
           :: true
           fi;
           if
           :: v != me -> take_tick_of(v); v = 0
           :: else -> v = 0
           fi
       }
#ifdef THIEF_LEAVES
       atomic { leave_tick() };
#endif
       atomic { read_tick() }
#endif
    :: true
    fi;

parks:
    atomic { idle = idle | BIT(me) }; /* rv_idle_enter */
    if
    :: atomic { events > 0 -> events--; take_tick() } /* last look */
       atomic { leave_tick() };
       atomic { read_tick(); goto leaves }
    :: true
    fi;
#ifndef LEFT_FOR_GOOD
    atomic { /* rv_poller_take_left_tick */
        if
        :: left & BIT(me) ->
            left = left & ~BIT(me);
            expired = false;
            goto leaves
        :: else
        fi
    }
#endif
#ifndef OFF_AFTER_SLEEP
    watch_round();
#endif

    blocked = blocked | BIT(me);
end_asleep: /* rv_poller_poll */
    if
    :: atomic {
           signal[me] ->
               signal[me] = false;
               blocked = blocked & ~BIT(me);
               take_tick()
       }
    :: atomic {
           listed & BIT(me) ->
               take_tick();
               if
               :: tick -> blocked = blocked & ~BIT(me)
               :: else -> goto end_asleep
               fi
       }
    :: atomic {
           events > 0 -> events--;
           blocked = blocked & ~BIT(me);
           if
           :: take_tick()
           :: true -> /* a full batch: what else there is stays listed */
#ifndef FULL_BATCH
               tick = true
#endif
           fi
       }
    fi;
    atomic { read_tick() };
#ifdef OFF_AFTER_SLEEP
    watch_round();
#endif

leaves: /* rv_idle_leave */
#ifdef LEAVE_FIRST
    if
    :: !watching -> watch_on()
    :: else
    fi;
    atomic { idle = idle & ~BIT(me) };
#else
    atomic { idle = idle & ~BIT(me) };
    if
    :: !watching -> watch_on()
    :: else
    fi;
#endif
    if
    :: goto runs
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

active proctype timer()
{
    byte w;

end:
    do
    :: atomic {
#ifdef LIVE
           ticking && !expired && blocked == EVERYBODY ->
#else
           ticking && !expired && events > 0 -> events--;
#endif
               expired = true;
               do
               :: w < N && !(blocked & BIT(w)) -> listed = listed | BIT(w); w++
               :: w < N && (blocked & BIT(w)) -> listed = listed | BIT(w); break
               :: w == N -> break
               od;
               w = 0
       }
    od
}

#ifdef LIVE
ltl ticks_end { <> [] !ticking }
#else
/* Runs when nobody else can: all that may still come is a tick. */
active proctype monitor()
{
    timeout;
    assert(stuck == 0 || blocked == 0 || (ticking && !expired))
}
#endif

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
