/* How a request to cancel a scope of a plain thread, or to move its deadline,
 * meets the thread, which has no guard word and no timer: it sleeps on a futex.
 *
 * Checks that
 *   - a request is not lost: a thread that sleeps for ever is in no scope that
 *     counts and has ended, and in none that has a deadline;
 *   - it ends no wait under a shield that was opened inside, and none that
 *     began after the scope was closed;
 *   - a wake-up is not slept through, also when the descriptor that the thread
 *     borrowed had a user before;
 *   - no wait is refused for less.
 *
 * Mirrors rv_wait_begin_slow, rv_wait_suspend_thread, block_thread,
 * rv_wait_end_thread (task/await.c), rv_scope_thread_cause, _thread_show, _end,
 * _set_deadline, _nearest, move_thread (sched/scope.c), rv_wake, wake_thread,
 * rv_wake_nudge (sched/wake.c).
 *
 * The law of `waiting`, in each scope that counts
 *   0 -> ref -> 0   the thread, around its wait
 * The law of the wake word
 *   -> 0   the thread, before it looks at the claim word and the deadlines
 *   -> 1   who has claimed its wait, or moved a deadline; then it wakes
 * Pairs, "write mine, then read yours"
 *   thread: shows the wait, reads states           | request: state, waiting
 *   thread: shows the wait, reads deadlines        | mover: deadline, waiting
 *   thread: wake word = 0, reads claim, deadlines  | claim or deadline, then 1
 *
 * Mutations, each of which must fail
 *   NO_SECOND_LOOK  the thread does not look after it has shown the wait
 *   WAITING_FIRST   a request reads `waiting` before it moves the state
 *   SHOW_ALL        the thread shows its wait in scopes outside a shield too
 *   NO_EPOCH        a request ends whatever wait it finds in the end
 *   CLEAR_LAST      the thread clears the wake word after its look at the claim
 *   NO_NUDGE        who moves a deadline does not wake the thread
 *   NUDGE_FIRST     it looks whom to wake before it moves the deadline
 *   READ_ONCE       the thread reads the deadlines before it shows its wait
 */
#ifndef WAITS
#define WAITS 2
#endif
#ifndef REQUESTS
#define REQUESTS 2
#endif
#ifndef MOVES
#define MOVES 1
#endif

#define SCOPES 2 /* the outer one, and a scope or shield inside */

mtype = { RUNNING, ARMING, PARKED, FIRED };
mtype = { NOTHING, CANCEL, SOURCE };

bool has_ended[SCOPES];
bool has_deadline[SCOPES];
byte waiting[SCOPES];
bool is_inside;  /* the inner one is open */
bool is_shield;  /* and is a shield */

/* The descriptor that every wait borrows. */
byte epoch;
mtype state = RUNNING;
mtype cause = NOTHING;
bool wake_word;

/* Ghosts. */
bool busy[SCOPES]; /* a request is at it */
bool asleep;
bool ended;

#define IS_REFUSED                                                             \
    ((is_inside && has_ended[1]) ||                                            \
     (!(is_inside && is_shield) && has_ended[0]))
#define IS_BOUNDED                                                             \
    ((is_inside && has_deadline[1]) ||                                         \
     (!(is_inside && is_shield) && has_deadline[0]))

/* rv_scope_thread_cause: leaves its answer in `refused`. */
inline look()
{
    refused = (is_inside && has_ended[1]);
    atomic {
        if
        :: !refused && !(is_inside && is_shield) -> refused = has_ended[0]
        :: else
        fi;
        assert(!refused || IS_REFUSED)
    }
}

/* rv_scope_thread_show. */
inline show_wait(P_ref)
{
    if
    :: is_inside -> waiting[1] = P_ref
    :: else
    fi;
    if
#ifndef SHOW_ALL
    :: is_inside && is_shield
#endif
    :: else -> waiting[0] = P_ref
    fi
}

/* rv_scope_nearest. */
inline read_deadlines()
{
    bounded = (is_inside && has_deadline[1]);
    atomic {
        if
        :: !bounded && !(is_inside && is_shield) -> bounded = has_deadline[0]
        :: else
        fi
    }
}

inline block()
{
    do
    ::
#ifdef CLEAR_LAST
       atomic {
           if
           :: state == FIRED -> break
           :: else
           fi
       }
       wake_word = false;
#else
       wake_word = false;
       atomic {
           if
           :: state == FIRED -> break
           :: else
           fi
       }
#endif
#ifndef READ_ONCE
       read_deadlines();
#endif
       asleep = true;
    end_asleep:
       if
       :: atomic { wake_word -> asleep = false }
       :: atomic { /* the time has come */
              bounded && !wake_word -> asleep = false;
              if
              :: state == PARKED -> state = FIRED; cause = CANCEL
              :: else
              fi;
              break
          }
       fi
    od
}

inline wait_once()
{
    look();
    if
    :: refused
    :: else ->
#ifdef READ_ONCE
        read_deadlines();
#endif
        atomic { epoch++; state = ARMING };
        show_wait(epoch);
#ifndef NO_SECOND_LOOK
        look();
#endif
        if
        :: refused -> atomic { state = RUNNING; cause = NOTHING }
        :: else ->
            atomic { /* CAS */
                if
                :: state == ARMING -> state = PARKED
                :: else
                fi
            }
            if
            :: state == PARKED -> block()
            :: else
            fi;
            atomic {
                assert(state == FIRED);
                assert(cause != CANCEL || IS_REFUSED || IS_BOUNDED);
                state = RUNNING;
                cause = NOTHING
            }
        fi;
        show_wait(0)
    fi;
    atomic { refused = false; bounded = false }
}

active proctype thread()
{
    byte waits;
    bool refused, bounded;

    do
    :: atomic { waits < WAITS -> waits++ };
       if
       :: atomic { !is_inside -> is_inside = true; is_shield = true }
       :: atomic { !is_inside -> is_inside = true; is_shield = false }
       :: atomic { /* its users see to the requests */
              is_inside && !busy[1] ->
                  is_inside = false;
                  is_shield = false;
                  has_ended[1] = false;
                  has_deadline[1] = false
          }
       :: true
       fi;
       wait_once()
    :: atomic { waits == WAITS -> break }
    od;
    ended = true
}

/* rv_wake; the thread gives the descriptor back as soon as it sees FIRED. */
inline wake(P_epoch, P_why)
{
    atomic {
        if
#ifdef NO_EPOCH
        :: (state == ARMING || state == PARKED) ->
#else
        :: epoch == P_epoch && (state == ARMING || state == PARKED) ->
#endif
            won = (state == PARKED);
            state = FIRED;
            cause = P_why
        :: else
        fi
    }
    if
    :: won -> atomic { wake_word = true; won = false }
    :: else
    fi
}

/* rove_scope_cancel. */
active proctype canceller()
{
    byte left = REQUESTS, x, e;
    bool won;

end:
    do
    :: atomic {
           left > 0 ->
               left--;
               if
               :: x = 0
               :: is_inside -> x = 1
               fi;
               busy[x] = true
       }
#ifdef WAITING_FIRST
       e = waiting[x];
#endif
       atomic { /* CAS */
           if
           :: has_ended[x] -> goto over
           :: else -> has_ended[x] = true
           fi
       }
#ifndef WAITING_FIRST
       e = waiting[x];
#endif
       if
       :: e != 0 -> wake(e, CANCEL)
       :: else
       fi;
over:
       atomic { busy[x] = false; x = 0; e = 0 }
    od
}

/* rove_scope_set_deadline, of the outer scope: later or sooner, it is nearer
 * than for ever. */
active proctype mover()
{
    byte left = MOVES;
    bool found;

end:
    do
    :: atomic { left > 0 -> left-- };
#ifdef NUDGE_FIRST
       found = (waiting[0] != 0);
#endif
       has_deadline[0] = true;
#ifndef NUDGE_FIRST
       found = (waiting[0] != 0);
#endif
#ifndef NO_NUDGE
       if
       :: found -> wake_word = true
       :: else
       fi;
#endif
       found = false
    od
}

active proctype waker()
{
    byte left = 1, e;
    bool won;

end:
    do
    :: atomic { left > 0 && state != RUNNING -> left--; e = epoch };
       wake(e, SOURCE);
       e = 0
    od
}

/* Runs when nobody else can. */
active proctype monitor()
{
    timeout;
    assert(ended || (asleep && state == PARKED && !IS_REFUSED && !IS_BOUNDED))
}
