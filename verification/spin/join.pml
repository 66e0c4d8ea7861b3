/* How the end of a task meets the one who joins it, waits for it or detaches
 * it, and who frees the descriptor.
 *
 * Checks that
 *   - the descriptor is freed exactly once, and nobody touches it afterwards;
 *   - who waits is woken, whatever else ended earlier waits of his;
 *   - the result is there when the joiner takes it.
 *
 * Mirrors rv_run_finish (src/sched/run.c), wait_for_end, retract, rove_join,
 * rove_task_wait and rove_detach (src/task/join.c). The claim word is sketched:
 * switchout.pml has it.
 *
 * The law of the join word
 *   EMPTY -> REF       the handle's owner, when he begins to wait; CAS
 *   REF   -> EMPTY     the owner, when his wait ended otherwise; CAS
 *   EMPTY -> DETACHED  the owner; CAS
 *   any   -> DONE      the worker that ends the task, by an exchange, after the
 *                      result is written. It found REF: it claims that wait. It
 *                      found DETACHED: it frees. Else it touches the descriptor
 *                      no more
 *   The owner whose CAS fails has found DONE: the result is there and the
 *   descriptor is his, to free.
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
 */
#ifndef WAITS
#define WAITS 3
#endif
#ifndef LEAVES
#define LEAVES 3
#endif

/* The join word: one of these, or a reference. */
#define EMPTY 0
#define DONE 254
#define DETACHED 255
#define REF(P_epoch) (P_epoch)
#define IS_REF(P_word) (P_word != EMPTY && P_word < DONE)

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

/* Ghosts. */
bool freed;
bool finished; /* the owner is through */

inline touch()
{
    assert(!freed)
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
    :: else ->
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
    :: old == EMPTY
    fi
}

/* Whatever else ends a wait of the owner: a deadline or a canceller. */
active proctype leaver()
{
    byte left = LEAVES, e;
    mtype seen;
    bool won;

    do
    :: atomic {
           left > 0 -> left--;
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
