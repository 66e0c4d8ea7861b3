/* How workers sleep and how new work wakes them.
 *
 * Checks that
 *   - work never stays queued while a worker sleeps: once nothing moves any
 *     more, every item has run, even when all workers but one are inside items
 *     that do not return before the others have run;
 *   - every item runs exactly once;
 *   - `searching` is the number of searchers at every moment, never below 0;
 *   - workers and notifiers do not keep each other busy for ever (LIVE).
 *
 * Mirrors src/sched: rv_idle_notify, rv_idle_notify_slow and claim_sleeper
 * (scheduler.h, idle.c), find, park and drain_inboxes (worker.c),
 * rv_steal_round and rv_steal_anything (steal.c), ready_from_outside (wake.c).
 * The slots are not here: nobody is told of work in them, and only the watch
 * (watch.pml) sees to it.
 *
 * The law
 *   publish  Work becomes visible by a seq_cst RMW, then notify. Moving items
 *            from one queue to another is a publication like any other, since
 *            nobody sees them on the way.
 *   notify   loads `idle`, loads `searching`, takes the one token by CAS
 *            0 -> 1, takes a bit out of `idle`; the owner of that bit is now
 *            the searcher and the token is its own. No bit left: the token goes
 *            back and all starts again, since others have relied on the token.
 *   search   looks at the queues of all. Found: the rest of the catch is
 *            published, the token goes back, and who gave back the last one
 *            notifies.
 *   park     idle bit, token back, last look at ALL queues, sleep. Every
 *            parker looks, searcher or not. It saw something: the bit is taken
 *            back and the parker searches with a token of its own, whatever the
 *            cap says.
 *   leave    takes the own bit back. Who finds it gone is the searcher; the
 *            signal may come later and then wakes once more, for nothing.
 *
 * N       workers, 2 or 3             CAP   searchers that enter by themselves
 * EVENTS  wake-ups by I/O or timers   LIVE  for the formula every_item_runs
 * ASLEEP  workers that sleep from the start; the others are awake
 *
 * Mutations, each of which must fail
 *   BIT_AFTER_LOOK    the idle bit is set after the last look
 *   TOKEN_AFTER_LOOK  the searcher's token goes back after the last look
 *   NO_LOOK           no last look
 *   LOOK_SEARCHERS    only a parker that was a searcher has a last look
 *   BUFFERED_PUSH     the ring's tail is a plain store (TSO), not an exchange
 *   BLIND_TAKE        notify does not check that it cleared the bit itself
 *   NO_RETRY          notify that found no bit gives up
 *   NO_CHAIN          the last searcher that found work wakes nobody
 *   SILENT_MOVE       moving items from inbox to ring is not followed by notify
 *   CAPPED_LOOK       what the last look saw gives no token: the cap applies.
 *                     No work is lost by it, but a worker that the cap refuses
 *                     and a notifier that finds no bit can go round for ever
 *                     (LIVE)
 */
#ifndef N
#define N 2
#endif
#ifndef CAP
#define CAP 1
#endif
#ifndef EVENTS
#define EVENTS 1
#endif
#ifndef ASLEEP
#define ASLEEP 0
#endif

#define BIT(w) (1 << (w))
#define PRODUCER N /* its bit comes after those of the workers */
#define NOBODY 7

/* Items, as sets of bits. FIRST and SECOND come from outside, THIRD is made by
 * SECOND. FIRST does not return before the others have run; with three workers
 * SECOND does not return before THIRD has run. So N - 1 workers are kept, and
 * the last one must come. */
#define FIRST 1
#define SECOND 2
#define THIRD 4
#define ALL (FIRST | SECOND | THIRD)

byte ring[N];   /* pushed by the owner, stolen by all */
byte inbox[N];  /* pushed by anybody, emptied by anybody */
byte idle = BIT(N) - BIT(N - ASLEEP); /* set of workers that may be woken */
byte searching; /* number of searchers */
bool signal[N]; /* the worker's eventfd */
bool event[N];  /* the worker's epoll has something else */
byte ran;       /* items that have returned */

/* Ghosts. */
byte started; /* items taken to run */
byte own;     /* who searches or notifies: these hold the counted tokens, */
byte given;   /* and so do workers that were woken and do not know it yet */

#define COUNT(set)                                                             \
    (((set)&1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1))
#define TOKENS_MATCH (searching == COUNT(own) + COUNT(given))

#ifdef BUFFERED_PUSH
byte buffer[N]; /* store buffer of the worker's ring tail */

active proctype store_buffers()
{
    byte w;
end:
    do
    :: atomic {
           w < N && buffer[w] != 0 ->
               ring[w] = ring[w] | buffer[w];
               buffer[w] = 0
       }
    :: atomic { w < N - 1 && buffer[w] == 0 && buffer[w + 1] != 0 -> w++ }
    :: atomic { w > 0 && buffer[w] == 0 && buffer[w - 1] != 0 -> w-- }
    od
}
#endif

/* One seq_cst RMW that moves the token count, with the ghost. */
inline take_token(P_who)
{
    searching++;
    own = own | BIT(P_who);
    assert(TOKENS_MATCH)
}

inline return_token(P_who)
{
    assert(searching > 0);
    searching--;
    own = own & ~BIT(P_who);
    assert(TOKENS_MATCH)
}

/* fetch_and of the own idle bit. Who finds it cleared has been woken, and the
 * token of its waker is now its own. */
inline take_bit()
{
    if
    :: idle & BIT(me) -> idle = idle & ~BIT(me)
    :: else ->
        searcher = true;
        own = own | BIT(me);
        given = given & ~BIT(me);
        assert(TOKENS_MATCH)
    fi
}

/* Any one item of a set that is not empty, to be run. */
inline pick_item(P_set)
{
    if
    :: (P_set & FIRST) -> item = FIRST
    :: (P_set & SECOND) -> item = SECOND
    :: (P_set & THIRD) -> item = THIRD
    fi;
    assert((started & item) == 0);
    started = started | item
}

/* rv_idle_notify. Needs the locals `b` and `won`. */
inline notify(P_who)
{
    do
    :: idle == 0 -> break
    :: else ->
        if
        :: searching != 0 -> break
        :: else
        fi;
        atomic { /* CAS searching 0 -> 1 */
            won = (searching == 0);
            if
            :: won -> take_token(P_who)
            :: else -> break
            fi
        }
        do
        :: atomic { /* load idle and choose */
               if
               :: (idle & 1) -> b = 0
               :: (idle & 2) -> b = 1
               :: (idle & 4) -> b = 2
               :: idle == 0 -> b = NOBODY; break
               fi
           }
           atomic { /* fetch_and; the token goes with the bit */
#ifdef BLIND_TAKE
               won = true;
#else
               won = (idle & BIT(b)) != 0;
#endif
               idle = idle & ~BIT(b);
               if
               :: won ->
                   own = own & ~BIT(P_who);
                   given = given | BIT(b);
                   assert(TOKENS_MATCH);
                   break
               :: else
               fi
           }
        od;
        if
        :: b == NOBODY ->
            atomic { return_token(P_who); b = 0; won = false };
#ifdef NO_RETRY
            break
#endif
        :: else ->
            atomic { signal[b] = true; b = 0; won = false };
            break
        fi
    od
}

#ifdef BUFFERED_PUSH
#define OWN_TAIL buffer[me]
#define DRAIN_BUFFER ring[me] = ring[me] | buffer[me]; buffer[me] = 0;
#else
#define OWN_TAIL ring[me]
#define DRAIN_BUFFER
#endif

/* rv_ring_push by the owner. */
inline push_ring(P_set)
{
    OWN_TAIL = OWN_TAIL | P_set;
    P_set = 0
}

/* rv_ring_pop and rv_ring_steal: one item. */
inline take_ring(P_worker)
{
    if
    :: ring[P_worker] != 0 ->
        pick_item(ring[P_worker]);
        ring[P_worker] = ring[P_worker] & ~item
    :: else
    fi
}

/* rv_inbox_take_all: one item to run, and the rest. */
inline take_inbox(P_worker)
{
    if
    :: inbox[P_worker] != 0 ->
        rest = inbox[P_worker];
        inbox[P_worker] = 0;
        pick_item(rest);
        rest = rest & ~item
    :: else
    fi
}

/* Looks at the queues of all workers; `seen` says whether one had something. */
inline look_at_all()
{
    do
    :: atomic {
           v < N && (second -> inbox[v] : ring[v]) != 0 ->
               seen = true;
               v = 0;
               second = false;
               break
       }
    :: atomic {
           v < N && (second -> inbox[v] : ring[v]) == 0 ->
               v = v + second;
               second = !second
       }
    :: atomic { v == N -> v = 0; break }
    od
}

proctype worker(byte me)
{
    byte item, rest, v, b;
    bool won, searcher, seen, second;

    if
    :: me >= N - ASLEEP -> goto asleep
    :: else
    fi;

own_queues: /* rv_worker_pick, drain_inboxes, rv_worker_pick */
    atomic {
        DRAIN_BUFFER
        take_ring(me);
        if
        :: item != 0 -> goto found
        :: else
        fi
    }
    atomic {
        if
        :: inbox[me] != 0 -> rest = inbox[me]; inbox[me] = 0
        :: else -> goto nothing_own
        fi
    }
    atomic { push_ring(rest) };
#ifndef SILENT_MOVE
    notify(me);
#endif
    atomic {
        DRAIN_BUFFER
        take_ring(me);
        if
        :: item != 0 -> goto found
        :: else
        fi
    }

nothing_own:
    atomic { /* rv_idle_search_begin: CAS n -> n + 1 while n is below the cap */
        if
        :: searcher
        :: !searcher && searching < CAP -> take_token(me); searcher = true
        :: else -> goto park
        fi
    }

    do /* rv_steal_round */
    :: atomic {
           v < N ->
               if
               :: v == me
               :: else -> take_ring(v)
               fi;
               if
               :: item != 0 -> goto found
               :: else
               fi
       }
       atomic {
           if
           :: v == me
           :: else -> take_inbox(v)
           fi;
           if
           :: item != 0 -> goto found
           :: else -> v++
           fi
       }
    :: atomic {
           v == N ->
               v = 0;
               if
               :: inbox[me] != 0 -> goto own_queues
               :: else -> goto park
               fi
       }
    od;

found:
    atomic {
        v = 0;
        if
        :: rest != 0 -> push_ring(rest) /* adopt_chain */
        :: else
        fi;
        if
        :: !searcher -> goto run_item
        :: searcher
        fi
    }
    atomic { /* rv_idle_search_end */
        return_token(me);
        searcher = false;
        if
        :: searching != 0 -> goto run_item
        :: else
        fi
    }
#ifndef NO_CHAIN
    notify(me);
#endif

run_item:
    if
    :: item == FIRST -> (ran & SECOND) && (ran & THIRD)
    :: item == SECOND ->
        rest = THIRD;
        atomic { push_ring(rest) }; /* rv_worker_push */
        notify(me);
#if N == 3
        (ran & THIRD)
#endif
    :: item == THIRD
    fi;
    atomic { ran = ran | item; item = 0; goto own_queues };

park:
#ifndef BIT_AFTER_LOOK
    atomic { idle = idle | BIT(me) }; /* rv_idle_enter */
#endif
#ifdef LOOK_SEARCHERS
    atomic {
        if
        :: !searcher -> goto asleep
        :: else
        fi
    }
#endif
#ifndef TOKEN_AFTER_LOOK
    atomic {
        if
        :: searcher -> return_token(me); searcher = false
        :: else
        fi
    }
#endif
#ifndef NO_LOOK
    look_at_all(); /* rv_steal_anything */
#endif
#ifdef TOKEN_AFTER_LOOK
    atomic {
        if
        :: searcher -> return_token(me); searcher = false
        :: else
        fi
    }
#endif
#ifdef BIT_AFTER_LOOK
    atomic { idle = idle | BIT(me) };
#endif
    if
    :: seen ->
        atomic {
            seen = false;
            take_bit();
#ifdef CAPPED_LOOK
            goto own_queues
#else
            if
            :: searcher -> goto own_queues
            :: else
            fi
#endif
        }
        atomic { take_token(me); searcher = true; goto own_queues }
    :: else
    fi;

asleep: /* rv_poller_poll */
end_asleep:
    signal[me] || event[me];
    atomic { signal[me] = false; event[me] = false };
    atomic { take_bit(); goto own_queues } /* rv_idle_leave */
}

/* ready_from_outside, on a plain thread, to any worker's inbox. */
proctype producer()
{
    byte item = FIRST, w, b;
    bool won;

    do
    :: item <= SECOND ->
        atomic { /* to any inbox; the first one to that of worker 0, as all
                    workers are alike so far */
            do
            :: item != FIRST && w < N - 1 -> w++
            :: break
            od;
            inbox[w] = inbox[w] | item;
            item = item << 1;
            w = 0
        }
        notify(PRODUCER)
    :: else -> break
    od
}

/* I/O and timers: wake-ups that no notify() knows of. */
proctype events()
{
    byte left = EVENTS;

    do
    :: atomic {
           left > 0 -> left--;
           if
           :: event[0] = true
           :: event[1] = true
#if N == 3
           :: event[2] = true
#endif
           fi
       }
    :: atomic { left = 0; break }
    od
}

#ifdef LIVE
ltl every_item_runs { <> (ran == ALL) }
#else
/* Runs when nobody else can. */
active proctype monitor()
{
    timeout;
    assert(ran == ALL);
    assert(searching == 0)
}
#endif

init
{
    atomic {
        run worker(0);
        run worker(1);
#if N == 3
        run worker(2);
#endif
        run producer();
        run events()
    }
}
