/* How the end of a task meets the one who joins it, waits for it, gathers it or
 * detaches it, and who frees the descriptor.
 *
 * Checks that
 *   - the descriptor is freed exactly once, and nobody touches it afterwards;
 *   - who waits is woken, whatever else ended earlier waits of his;
 *   - the result is there when the joiner takes it;
 *   - nobody touches a gathering after the gatherer has left its frame.
 *
 * Mirrors rv_run_finish (src/sched/run.c), wait_for_end, rv_join_retract,
 * rove_join, rove_task_wait and rove_detach (src/task/join.c), and end_task,
 * watch_task, wait_once and rove_gather (src/task/gather.c) with one task. The
 * claim word is sketched: switchout.pml has it.
 *
 * The law of the join word
 *   EMPTY -> REF       the handle's owner, when he begins to wait; CAS
 *   REF   -> EMPTY     the owner, when his wait ended otherwise; CAS
 *   EMPTY -> DETACHED  the owner; CAS
 *   EMPTY -> WATCH     the owner, who gathers; CAS
 *   any   -> DONE      the worker that ends the task, by an exchange, after the
 *                      result is written. It found REF: it claims that wait. It
 *                      found DETACHED: it frees. It found WATCH: it counts the
 *                      gathering down. Else, or then, it touches the descriptor
 *                      no more
 *   The owner whose CAS fails has found DONE: the result is there and the
 *   descriptor is his, to free.
 *
 * The law of a gathering: `left` counts the task and the gatherer. Who counts it
 * down to nothing, if it is the task, moves `word` to DONE and wakes the wait it
 * found there. The gatherer leaves when he has counted it down to nothing, or
 * has seen DONE; he takes his reference back by CAS.
 *
 * WAITS   how often the owner waits before he joins or detaches
 * LEAVES  how often a deadline or a cancellation ends a wait of his
 *
 * Mutations, each of which must fail
 *   TOUCH_AFTER    the ending worker touches the descriptor after the exchange
 *   RESULT_AFTER   the result is written after the exchange
 *   NO_RETRACT     the owner leaves his reference behind
 *   STORE_RETRACT  the owner takes it back by a store
 *   STORE_DETACH   the owner detaches by a store
 *   LOSER_LEAVES   the owner whose detach failed does not free
 *   STORE_REOPEN   the gatherer takes his reference back by a store
 *   LEAVE_AT_ZERO  the gatherer leaves when `left` is nothing, not at DONE
 *   FAIL_AFTER     the failure is noted after the task was counted down
 */
#ifndef WAITS
#define WAITS 3
#endif
#ifndef LEAVES
#define LEAVES 3
#endif

/* The join word: one of these, or a reference. */
#define EMPTY 0
#define WATCH 253
#define DONE 254
#define DETACHED 255
#define REF(P_epoch) (P_epoch)
#define IS_REF(P_word) (P_word != EMPTY && P_word < WATCH)

/* A gathering's word: EMPTY, a reference or DONE. */

#define RESULT 7

mtype = { RUNNING, ARMING, PARKED, FIRED };
mtype = { NOTHING, ENDED, LEFT };

/* The task's descriptor. */
byte join = EMPTY;
byte result;

/* The owner's claim word, and whether he is in a run queue. */
byte epoch;
mtype state = RUNNING;
bool deaf;
mtype cause = NOTHING;
bool ready;

/* The gathering, in the gatherer's frame. */
byte left = 2;
byte word = EMPTY;

/* Ghosts. */
bool freed;
bool gone; /* the gathering's frame */
bool finished; /* the owner is through */

inline touch()
{
    assert(!freed)
}

inline touch_gathering()
{
    assert(!gone)
}

inline free_task()
{
    atomic { assert(!freed); freed = true; join = DONE; result = 0 }
}

/* rv_wake. Uses the locals `seen` and `won`. */
inline wake(P_epoch, P_why)
{
    do
    :: atomic { /* load */
           if
           :: epoch == P_epoch && (state == ARMING || state == PARKED) ->
               seen = state
           :: else -> break
           fi
       }
       atomic { /* CAS */
           won = (epoch == P_epoch && state == seen);
           if
           :: won -> state = FIRED; cause = P_why
           :: else
           fi
       }
       if
       :: won && seen == PARKED -> ready = true; break
       :: won && seen == ARMING -> break
       :: else
       fi
    od;
    atomic { seen = 0; won = false }
}

/* Parks and resumes; leaves the cause in `why`. */
inline suspend()
{
    atomic { /* the publish hook, by the next context */
        if
        :: state == ARMING -> state = PARKED
        :: else -> ready = true
        fi
    }
    atomic { ready -> ready = false };
    atomic {
        assert(state == FIRED && (cause == ENDED || !deaf));
        why = cause;
        state = RUNNING;
        cause = NOTHING
    }
}

/* Begins a wait and waits for the end; leaves the cause in `why`. */
inline wait_for_end(P_deaf)
{
    atomic { epoch++; state = ARMING; deaf = P_deaf }; /* rv_wait_begin */
    atomic {                                           /* CAS */
        touch();
        refused = (join != EMPTY);
        if
        :: refused -> assert(join == DONE)
        :: else -> join = REF(epoch)
        fi
    }
    if
    :: refused -> /* rv_wait_abort: the result wins over what came meanwhile */
        atomic {
            refused = false;
            state = RUNNING;
            cause = NOTHING;
            why = ENDED
        }
    :: else -> suspend()
    fi
}

/* wait_once; leaves in `refused` whether all has ended. */
inline wait_once(P_deaf)
{
    atomic { epoch++; state = ARMING; deaf = P_deaf };
    atomic { /* CAS */
        refused = (word != EMPTY);
        if
        :: refused -> assert(word == DONE); state = RUNNING; cause = NOTHING
        :: else -> word = REF(epoch)
        fi
    }
    if
    :: refused
    :: else ->
        suspend();
        atomic {
            if
            :: why == ENDED -> refused = true
#ifdef STORE_REOPEN
            :: else -> word = EMPTY; refused = false
#else
            :: else -> /* CAS */
                refused = (word != REF(epoch));
                if
                :: refused
                :: else -> word = EMPTY
                fi
#endif
            fi
        }
    fi
}

inline retract()
{
    atomic {
#ifdef NO_RETRACT
        skip
#else
        touch();
#ifdef STORE_RETRACT
        join = EMPTY
#else
        if /* CAS */
        :: join == REF(epoch) -> join = EMPTY
        :: else
        fi
#endif
#endif
    }
}

active proctype owner()
{
    byte waits;
    mtype why = NOTHING;
    bool refused;

    do
    :: waits < WAITS -> /* rove_task_wait */
        waits++;
        wait_for_end(false);
        if
        :: why == LEFT -> retract()
        :: else
        fi
    :: break
    od;

    if
    :: true -> /* rove_join; when his wait is ended otherwise, a deaf one */
        atomic { touch(); refused = (join == DONE) };
        if
        :: refused -> refused = false
        :: else ->
            wait_for_end(false);
            if
            :: why == LEFT ->
                retract();
                atomic { touch(); refused = (join == DONE) };
                if
                :: refused -> refused = false
                :: else -> wait_for_end(true)
                fi
            :: else
            fi
        fi;
        atomic { touch(); assert(result == RESULT) };
        free_task()
    :: true -> /* rove_gather of this task */
        atomic { /* CAS */
            touch();
            refused = (join != EMPTY);
            if
            :: refused -> assert(join == DONE); left--
            :: else -> join = WATCH
            fi
        }
        atomic { left--; refused = (left == 0) };
        if
        :: refused
        :: else ->
            wait_once(false);
            if
            :: refused
#ifdef LEAVE_AT_ZERO
            :: !refused && left == 0
#endif
            :: !refused -> wait_once(true); assert(refused)
            fi
        fi;
        gone = true;
        atomic { refused = false; touch(); assert(result == RESULT) };
        free_task()
    :: true -> /* rove_detach */
        atomic {
            touch();
#ifdef STORE_DETACH
            join = DETACHED
#else
            refused = (join != EMPTY); /* CAS */
            if
            :: refused -> assert(join == DONE)
            :: else -> join = DETACHED
            fi
#endif
        }
        if
#ifndef LOSER_LEAVES
        :: refused -> free_task()
#endif
        :: else
        fi
    fi;
    finished = true
}

/* rv_run_finish, on the worker where the task ends. */
active proctype ending()
{
    byte old;
    mtype seen;
    bool won;

#ifndef RESULT_AFTER
    atomic { touch(); result = RESULT };
#endif
    atomic { touch(); old = join; join = DONE }; /* exchange */
#ifdef RESULT_AFTER
    atomic { touch(); result = RESULT };
#endif
#ifdef TOUCH_AFTER
    touch();
#endif
    if
    :: IS_REF(old) -> wake(old, ENDED)
    :: old == DETACHED -> free_task()
    :: old == WATCH -> /* end_task */
#ifndef FAIL_AFTER
        touch_gathering(); /* note_result */
#endif
        atomic { touch_gathering(); left--; old = left };
#ifdef FAIL_AFTER
        touch_gathering();
#endif
        if
        :: old == 0 ->
            atomic { touch_gathering(); old = word; word = DONE };
            if
            :: IS_REF(old) -> wake(old, ENDED)
            :: else -> assert(old == EMPTY)
            fi
        :: else
        fi
    :: old == EMPTY
    fi
}

/* Whatever else ends a wait of the owner: a deadline or a canceller. */
active proctype leaver()
{
    byte more = LEAVES, e;
    mtype seen;
    bool won;

    do
    :: atomic {
           more > 0 -> more--;
           e = (deaf -> 0 : epoch)
       }
       wake(e, LEFT)
    :: break
    od
}

/* Runs when nobody else can. */
active proctype monitor()
{
    timeout;
    assert(finished && freed)
}
