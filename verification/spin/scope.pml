/* How a request to cancel a scope, or its timer, meets the task that opens and
 * closes scopes and shields and waits inside them; and the tasks that run
 * inline on the stack of one that does.
 *
 * Checks that
 *   - a request is not lost: when nothing moves any more, a task that is parked
 *     is in no scope that counts and has ended, and is not cancelled;
 *   - a request ends no wait that it does not concern: not one under a shield
 *     that was opened inside of what is cancelled, the task's or a host's; and
 *     not one that began after the scope was closed;
 *   - no wait is refused for less;
 *   - each wait makes the task ready at most once;
 *   - nobody touches a scope after it was closed.
 *
 * Mirrors rv_scope_push, _shield, _pop, _end, _expire, _look, _arm,
 * settle_guard, raise_alarm (sched/scope.c), rv_cancel_cause, _came_late,
 * _interrupt, rv_task_cancel, interrupt_guests (sched/cancel.c), rv_wait_begin,
 * rv_wait_park (task/await.h, await.c). The claim word is sketched:
 * switchout.pml has it. Plain threads: scope_thread.pml.
 *
 * The law of a scope's state
 *   LIVE -> ended   once, by CAS: a canceller, the timer under its wheel's
 *                   lock, the task itself when it sees that the time has come
 *   A canceller has returned before the scope is closed: its users see to it.
 * The law of the guard word {shield, alarm}
 *   shield   the depth of the innermost shield; the task's, by an exchange that
 *            takes `alarm` back
 *   alarm    raised by a request that a shield does not keep off, by CAS; taken
 *            back by the task before it looks at the states, and when it has
 *            closed a scope
 * Pairs, "write mine, then read yours"
 *   task: takes alarm back, reads the states | request: state, then alarm
 *   parker: claim = PARKED, reads alarm      | request: alarm, reads the claim
 *   task: shield, begins a wait              | request: claim, then the guards
 *                                              of the waiter and of its hosts
 *
 * GUESTS    how often the task runs another one inline
 * STEPS     how much the task does: scopes, shields, waits, guests
 * CANCELS   how many requests there are
 * FIRES     how many expiries
 * WAKES     how many wake-ups of other kinds
 *
 * Mutations, each of which must fail
 *   NO_PARK_LOOK    who parks the task does not look at alarm
 *   LOOK_FIRST      the task looks at the states before it takes alarm back
 *   ALARM_FIRST     a request raises alarm before it moves the state
 *   CLAIM_FIRST     a request reads the claim word before it raises alarm
 *   LOOKS_ARMED     the task looks once more after it has begun the wait, and
 *                   then suspends all the same
 *   GUARD_FIRST     a request reads the guard before the claim word
 *   BLIND_ALARM     a request raises alarm under a shield
 *   BLIND_PARKER    who parks a guest looks at its hosts in spite of a shield
 *   KEEP_ALARM      closing a scope leaves alarm raised
 *   SETTLE_FIRST    closing takes alarm back before it has stopped the timer
 *   NO_EPOCH        a request ends whatever wait it finds in the end
 *   PUSH_ON_ARMING  who ends a wait that has not parked makes the task ready
 *   NO_STOP         closing does not stop the timer
 *   HOST_FIRST      a request reads the host's guard before the guest's claim
 *   NO_HOST         it does not read it at all (rv_task_cancel_all)
 */
#ifndef GUESTS
#define GUESTS 0
#endif
#ifndef STEPS
#define STEPS 5
#endif
#ifndef DEPTH
#define DEPTH 2
#endif
#ifndef CANCELS
#define CANCELS 1
#endif
#ifndef FIRES
#define FIRES 1
#endif
#ifndef WAKES
#define WAKES 1
#endif
#ifndef PARKERS
#define PARKERS 1
#endif

/* Tasks: the one, and its guest. */
#define ROOT 0
#define GUEST 1
#define TASKS 2

/* Scopes by task and depth; depth 0 is the task's own cancellation. */
#define SLOTS (TASKS * (DEPTH + 1))
#define SLOT(P_task, P_depth) ((P_task) * (DEPTH + 1) + (P_depth))
#define TASK_OF(P_slot) ((P_slot) / (DEPTH + 1))
#define DEPTH_OF(P_slot) ((P_slot) % (DEPTH + 1))

mtype = { RUNNING, ARMING, PARKED, FIRED };
mtype = { NOTHING, CANCEL, SOURCE };

/* The scopes. */
bool has_ended[SLOTS];
bool is_shield[SLOTS];
byte outer_shield[SLOTS];
bool is_armed[SLOTS];
byte depth[TASKS]; /* how many are open */

/* The guard words. */
byte shield[TASKS];
bool alarm[TASKS];

/* The claim words. */
byte epoch[TASKS];
mtype state[TASKS] = RUNNING;
mtype cause[TASKS] = NOTHING;

byte current; /* ROOT or GUEST */
bool shows;   /* the root's `guest` */
bool ready;   /* in a run queue */

/* The hook's arguments: a task and the epoch; 0: no hook is due. */
byte parking;
byte parking_epoch;

/* Ghosts. */
byte cancelling; /* the scope that the canceller is at, or 0 */
byte firing;     /* the scope that the timer is at, or 0 */
bool is_gone;    /* it was closed meanwhile */
byte pushed[TASKS];
bool ended; /* the task */
bool suspended;
hidden byte found;
hidden byte t, i;

/* `found` = whether waits of the task are to be refused. */
inline find_request(P_task)
{
    d_step {
        found = false;
        t = P_task + 1;
        do
        :: t > 0 ->
            t--;
            i = depth[t];
            do
            :: i > 0 && has_ended[SLOT(t, i)] -> found = true; break
            :: i > 0 && !has_ended[SLOT(t, i)] && is_shield[SLOT(t, i)] ->
                t = 0;
                break
            :: i > 0 && !has_ended[SLOT(t, i)] && !is_shield[SLOT(t, i)] -> i--
            :: i == 0 -> found = has_ended[SLOT(t, 0)]; break
            od;
            if
            :: found -> break
            :: else
            fi
        :: else -> break
        od;
        t = 0;
        i = 0
    }
}

inline make_ready(P_task, P_epoch)
{
    assert(!ready && pushed[P_task] < P_epoch);
    pushed[P_task] = P_epoch;
    ready = true
}

/* rv_wake. */
inline wake(P_task, P_epoch, P_why)
{
    atomic {
        if
#ifdef NO_EPOCH
        :: (epoch[P_task] == P_epoch || P_why == CANCEL) &&
#else
        :: epoch[P_task] == P_epoch &&
#endif
           (state[P_task] == ARMING || state[P_task] == PARKED) ->
            if
            :: P_why == CANCEL -> find_request(P_task); assert(found)
            :: else
            fi;
            if
#ifdef PUSH_ON_ARMING
            :: true -> make_ready(P_task, P_epoch)
#else
            :: state[P_task] == PARKED -> make_ready(P_task, P_epoch)
#endif
            :: else
            fi;
            state[P_task] = FIRED;
            cause[P_task] = P_why
        :: else
        fi
    }
}

#define TAKE_BACK                                                              \
    if                                                                         \
    :: depth[d] > 0 -> alarm[d] = false                                        \
    :: else                                                                    \
    fi

/* rv_cancel_cause: leaves in `refused` whether a wait is refused. */
inline look()
{
    d = current;
    do
    :: atomic {
#ifndef LOOK_FIRST
           TAKE_BACK;
#endif
           x = depth[d]
       }
       do
       :: atomic {
              x > 0 ->
                  if
                  :: FIRES > 0 -> has_ended[SLOT(d, x)] = true /* its time */
                  :: true
                  fi;
                  if
                  :: has_ended[SLOT(d, x)] -> refused = true; break
                  :: !has_ended[SLOT(d, x)] && is_shield[SLOT(d, x)] ->
                      d = ROOT;
                      break
                  :: else -> x--
                  fi
          }
       :: atomic {
              x == 0 -> refused = has_ended[SLOT(d, 0)];
              break
          }
       od;
#ifdef LOOK_FIRST
       atomic { TAKE_BACK };
#endif
       atomic {
           if
           :: d == GUEST && !refused -> d = ROOT
           :: else -> break
           fi
       }
    od;
    atomic { d = 0; x = 0 }
}

/* rv_scope_arm: the timers of the scopes that count. */
inline arm_timers()
{
    d_step {
        d = current + 1;
        do
        :: d > 0 ->
            d--;
            x = depth[d];
            do
            :: x > 0 ->
                is_armed[SLOT(d, x)] = true;
                if
                :: is_shield[SLOT(d, x)] -> x = 0; d = 0
                :: else -> x--
                fi
            :: else -> break
            od
        :: else -> break
        od
    }
}

inline wait_once()
{
    look();
    if
    :: atomic {
           refused -> find_request(current);
           assert(found);
           refused = false
       }
    :: atomic {
           !refused -> shows = (current == GUEST) /* rv_cancel_show_guest */
       }
       atomic { epoch[current]++; state[current] = ARMING };
#ifdef LOOKS_ARMED
       look();
       refused = false;
#endif
       atomic {
           parking_epoch == 0 ->
               arm_timers();
               parking = current;
               parking_epoch = epoch[current];
               suspended = true
       }
    end_parked:
       atomic {
           ready ->
               ready = false;
               suspended = false;
               assert(state[current] == FIRED);
               state[current] = RUNNING;
               cause[current] = NOTHING
       }
    fi
}

inline push(P_is_shield)
{
    depth[current]++;
    x = SLOT(current, depth[current]);
    is_shield[x] = P_is_shield;
    outer_shield[x] = (P_is_shield -> shield[current] : 0);
    x = 0
}

inline set_shield(P_depth)
{
    shield[current] = P_depth;
#ifndef KEEP_ALARM
    alarm[current] = false
#endif
}

/* The exchange is made only when alarm was seen. */
inline settle()
{
    atomic {
        if
        :: is_shield[x] -> set_shield(outer_shield[x])
        :: !is_shield[x] && alarm[current] -> set_shield(shield[current])
        :: else
        fi
    }
}

inline close()
{
    x = SLOT(current, depth[current]);
#ifdef SETTLE_FIRST
    settle();
#endif
    atomic {
        /* Its users see to the cancellers, rv_timer_stop to the timer. */
#ifdef NO_STOP
        cancelling != x -> is_gone = is_gone || firing == x;
#else
        cancelling != x && firing != x ->
#endif
            is_armed[x] = false;
            depth[current]--
    }
#ifndef SETTLE_FIRST
    settle();
#endif
    atomic {
        has_ended[x] = false;
        is_shield[x] = false;
        outer_shield[x] = 0;
        x = 0
    }
}

active proctype task()
{
    byte steps, guests, d, x;
    bool refused;

    do
    :: atomic { steps < STEPS && depth[current] < DEPTH -> push(false) };
       steps++
    :: atomic { steps < STEPS && depth[current] < DEPTH -> push(true) };
       atomic { set_shield(depth[current]); steps++ }
    :: atomic { steps < STEPS && depth[current] > 0 -> steps++ };
       close()
    :: atomic { steps < STEPS -> steps++ };
       wait_once()
    :: atomic { /* rv_run_inline */
           steps < STEPS && current == ROOT && guests < GUESTS ->
               steps++;
               guests++;
               current = GUEST
       }
    :: atomic {
           steps < STEPS && current == GUEST && depth[GUEST] == 0 ->
               steps++;
               shows = false;
               current = ROOT
       }
    :: atomic { steps == STEPS -> break }
    od;
    ended = true
}

/* A worker: rv_wait_park, of a task that may go on meanwhile. */
active [PARKERS] proctype parker()
{
    byte d, e;

end:
    do
    :: atomic {
           parking_epoch != 0 ->
               d = parking;
               e = parking_epoch;
               parking = 0;
               parking_epoch = 0
       }
       atomic { /* CAS */
           assert(epoch[d] == e);
           if
           :: state[d] == ARMING -> state[d] = PARKED
           :: else -> make_ready(d, e); goto parked
           fi
       }
#ifndef NO_PARK_LOOK
       /* rv_cancel_came_late */
       atomic {
           if
           :: alarm[d] -> goto late
#ifndef BLIND_PARKER
           :: !alarm[d] && shield[d] != 0 -> goto parked
#endif
           :: else
           fi
       }
       if
       :: d == ROOT && has_ended[SLOT(ROOT, 0)] -> goto late
       :: d == ROOT && !has_ended[SLOT(ROOT, 0)] -> goto parked
       :: d == GUEST
       fi;
       atomic {
           if
           :: alarm[ROOT] -> goto late
           :: !alarm[ROOT] && shield[ROOT] != 0 -> goto parked
           :: else
           fi
       }
       if
       :: has_ended[SLOT(ROOT, 0)]
       :: else -> goto parked
       fi;
late:
       wake(d, e, CANCEL);
#endif
parked:
       atomic { d = 0; e = 0 }
    od
}

#define IS_ANY_ARMED                                                           \
    (is_armed[SLOT(ROOT, 1)] || is_armed[SLOT(ROOT, 2)] ||                     \
     is_armed[SLOT(GUEST, 1)])

#define TOUCH assert(!is_timer || !is_gone)

/* rv_scope_end, rv_task_cancel. */
proctype request(bool is_timer; byte left)
{
    byte x, d, e;
    bool is_heard;

end:
    do
    :: atomic {
            left > 0 && (!is_timer || IS_ANY_ARMED);
            if
            :: !is_timer -> x = SLOT(ROOT, 0)
            :: !is_timer && depth[ROOT] > 0 -> x = SLOT(ROOT, 1)
            :: !is_timer && depth[ROOT] > 1 -> x = SLOT(ROOT, 2)
            :: !is_timer && depth[GUEST] > 0 -> x = SLOT(GUEST, 1)
            :: is_timer && is_armed[SLOT(ROOT, 1)] -> x = SLOT(ROOT, 1)
            :: is_timer && is_armed[SLOT(ROOT, 2)] -> x = SLOT(ROOT, 2)
            :: is_timer && is_armed[SLOT(GUEST, 1)] -> x = SLOT(GUEST, 1)
            fi;
            left--;
            d = TASK_OF(x);
            if
            :: is_timer -> firing = x; is_armed[x] = false
            :: else -> cancelling = x
            fi
        }
#ifdef CLAIM_FIRST
        e = epoch[d];
#endif
#ifndef ALARM_FIRST
        atomic { /* CAS */
            TOUCH;
            if
            :: has_ended[x] && DEPTH_OF(x) > 0 -> goto over
            :: else -> has_ended[x] = true
            fi
        }
#endif
        if
        :: DEPTH_OF(x) > 0 ->
            atomic { /* raise_alarm: a load and a CAS until it succeeds */
                TOUCH;
                if
#ifdef BLIND_ALARM
                :: alarm[d] = true
#else
                :: DEPTH_OF(x) < shield[d] -> goto over
                :: else -> alarm[d] = true
#endif
                fi
            }
        :: else
        fi;
#ifdef ALARM_FIRST
        atomic {
            TOUCH;
            if
            :: has_ended[x] && DEPTH_OF(x) > 0 -> goto over
            :: else -> has_ended[x] = true
            fi
        }
#endif
        TOUCH;
        /* interrupt_all; the descriptor is there, with or without the scope */
#ifndef CLAIM_FIRST
#ifdef GUARD_FIRST
        is_heard = (DEPTH_OF(x) >= shield[d]);
        e = epoch[d];
#else
        e = epoch[d];
        is_heard = (DEPTH_OF(x) >= shield[d]);
#endif
#else
        is_heard = (DEPTH_OF(x) >= shield[d]);
#endif
        if
        :: is_heard -> wake(d, e, CANCEL)
        :: else
        fi;
        /* interrupt_guests */
        if
        :: d == ROOT ->
#ifdef HOST_FIRST
            is_heard = (DEPTH_OF(x) >= shield[ROOT]);
#endif
            if
            :: !shows -> goto over
            :: else
            fi;
            e = epoch[GUEST];
            if
            :: shield[GUEST] != 0 -> goto over
            :: else
            fi;
#ifdef NO_HOST
            is_heard = true;
#endif
#if !defined(HOST_FIRST) && !defined(NO_HOST)
            is_heard = (DEPTH_OF(x) >= shield[ROOT]);
#endif
            if
            :: is_heard && shows -> wake(GUEST, e, CANCEL)
            :: else
            fi
        :: else
        fi;
over:
        atomic {
            if
            :: is_timer -> firing = 0; is_gone = false
            :: else -> cancelling = 0
            fi;
            x = 0;
            d = 0;
            e = 0;
            is_heard = false
        }
    od
}

/* Whatever else ends a wait. */
active proctype waker()
{
    byte left = WAKES, d, e;

end:
    do
    :: atomic {
           left > 0 && state[current] != RUNNING ->
               left--;
               d = current;
               e = epoch[current]
       }
       wake(d, e, SOURCE);
       atomic { d = 0; e = 0 }
    od
}

/* Runs when nobody else can. */
active proctype monitor()
{
    timeout;
    atomic {
        assert(ended || (suspended && state[current] == PARKED));
        find_request(current);
        assert(ended || !found)
    }
}

init
{
    atomic {
        run request(false, CANCELS);
        run request(true, FIRES)
    }
}
