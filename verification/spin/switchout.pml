/* How a task waits for several sources at once, and how exactly one of them, or
 * a cancellation, wakes it.
 *
 * Checks that
 *   - no worker resumes a task before its registers are saved;
 *   - each wait makes the task ready at most once;
 *   - a wait is not lost: a task that stays parked has no source that completed,
 *     and its cancel flag is not set;
 *   - a late waker never ends a later wait, nor one of the descriptor's next life;
 *   - the task learns the true cause.
 *
 * Mirrors src/task/await.c (begin, arm, retract), its publish hook, rv_await_wake,
 * and rv_task_cancel (cancel.c).
 *
 * The law of the claim word {epoch, state, cause}
 *   RUNNING -> ARMING   the task, with the next epoch; a store
 *   ARMING  -> PARKED   the publish hook, in the context that the worker switched
 *                       to, so when the registers are saved; CAS
 *   ARMING  -> FIRED    a waker, a canceller or the task itself; CAS. The winner
 *                       does nothing more: the hook's CAS will fail and the hook
 *                       then makes the task ready; or the task sees it and stays
 *   PARKED  -> FIRED    a waker, a canceller, the hook; CAS. The winner makes the
 *                       task ready
 *   FIRED   -> RUNNING  the task; a store
 *   Losers do nothing. The cause travels in the word.
 * The law of the life word {life, cancel}
 *   CAS sets `cancel` in a life known by its number; a store starts the next life,
 *   before that life waits for anything. The epoch grows on through all lives.
 * Pairs, "write mine, then read yours", both ways seq_cst
 *   hook: claim = PARKED, reads cancel | canceller: cancel = 1, reads claim
 *   task: life = next, writes claim | canceller: reads claim, then reads life
 *
 * Mutations, each of which must fail
 *   PARKED_EARLY     the task itself publishes PARKED, before the switch
 *   NO_EPOCH         a waker does not compare the epoch
 *   PUSH_ON_ARMING   a waker that found ARMING makes the task ready as well
 *   NO_CANCEL_CHECK  the hook does not look at the cancel flag
 *   LOAD_FIRST       a canceller loads the claim word before it sets the flag
 *   STORE_FIRED      who finds PARKED stores FIRED instead of a CAS, so that a
 *                    completion and a timeout both make the task ready
 *   CAUSE_AFTER      the cause is written after the CAS
 *   NO_LIFE_CHECK    a canceller does not load the life again
 */
#define SOURCES 2
#define WORKERS 2
#define LIVES 2
#define WAITS 3 /* in all; the last one belongs to the second life */

#define CANCEL SOURCES /* as a cause, after the sources */
#define NO_CAUSE 7

/* A source's word: EMPTY, DONE or the reference to the task's wait. */
#define EMPTY 0
#define DONE 255
#define REF(P_epoch) (P_epoch)

mtype = { RUNNING, ARMING, PARKED, FIRED };

/* The claim word. */
byte epoch;
mtype state = RUNNING;
byte cause = NO_CAUSE;

/* The life word. */
byte life = 1;
bool cancel;

byte source[SOURCES];
bool ready; /* the task is in a run queue */

/* The task's context. */
bool saved;
bool resumed;
byte on;               /* the worker below the task */
byte handoff[WORKERS]; /* the hook's argument: the epoch */

/* Ghosts. */
byte pushed; /* the last epoch whose wait made the task ready */
bool ended;
bool stopped;

inline make_ready(P_epoch)
{
    atomic {
        assert(!ready && pushed < P_epoch);
        pushed = P_epoch;
        ready = true
    }
}

/* CAS {e, from, -} -> {e, FIRED, why}; then `won` says whether it succeeded. */
inline cas_fired(P_epoch, P_from, P_why)
{
    won = (epoch == P_epoch && state == P_from);
    if
    :: won ->
        state = FIRED;
#ifndef CAUSE_AFTER
        cause = P_why
#endif
    :: else
    fi
}

/* rv_await_wake. Uses the locals `seen` and `won`. */
inline wake(P_epoch, P_why)
{
    do
    :: atomic { /* load */
#ifdef NO_EPOCH
           P_epoch = (P_why == CANCEL -> P_epoch : epoch);
#endif
           if
           :: epoch == P_epoch && (state == ARMING || state == PARKED) ->
               seen = state
           :: else -> break
           fi
       }
#ifdef STORE_FIRED
       atomic {
           if
           :: seen == PARKED -> state = FIRED; cause = P_why; won = true
           :: else -> cas_fired(P_epoch, seen, P_why)
           fi
       }
#else
       atomic { cas_fired(P_epoch, seen, P_why) };
#endif
#ifdef CAUSE_AFTER
       if
       :: won -> cause = P_why
       :: else
       fi;
#endif
       if
#ifdef PUSH_ON_ARMING
       :: won -> make_ready(P_epoch); break
#else
       :: won && seen == PARKED -> make_ready(P_epoch); break
       :: won && seen == ARMING -> break
#endif
       :: !won
       fi
    od;
    atomic { seen = 0; won = false }
}

proctype task()
{
    byte i, waits;
    bool won;

    do
    :: waits < WAITS ->
        waits++;
        if
        :: cancel -> goto next /* a cancelled task starts no wait */
        :: else
        fi;
        atomic { /* rv_await_begin; the objects of this wait are new ones */
            source[0] = EMPTY;
            source[1] = EMPTY;
            epoch++;
            state = ARMING
        }
        do
        :: i < SOURCES ->
            atomic { /* CAS */
                if
                :: source[i] == EMPTY -> source[i] = REF(epoch); i++
                :: else -> goto complete
                fi
            }
        :: else -> break
        od;
    complete:
        if
        :: i < SOURCES -> atomic { cas_fired(epoch, ARMING, i) };
#ifdef CAUSE_AFTER
                          cause = i
#endif
        :: else
        fi;

#ifdef PARKED_EARLY
        atomic {
            if
            :: state == ARMING -> state = PARKED
            :: else
            fi
        }
#endif
        if
        :: state == FIRED
        :: else -> /* rv_switch */
            atomic { saved = true; handoff[on] = epoch };
        end_parked:
            resumed;
            resumed = false
        fi;

        i = 0;
        do /* retract */
        :: i < SOURCES ->
            atomic { /* CAS */
                if
                :: source[i] == REF(epoch) -> source[i] = EMPTY
                :: else
                fi;
                i++
            }
        :: else -> break
        od;
        atomic {
            i = 0;
            assert(state == FIRED);
            assert(cause < SOURCES || cause == CANCEL);
            assert(cause == CANCEL || source[cause] == DONE);
            assert(cause != CANCEL || cancel);
            state = RUNNING;
            cause = NO_CAUSE
        }
    next:
        atomic {
            if
            :: waits == WAITS - 1 -> life++; cancel = false
            :: else
            fi
        }
    :: else -> break
    od;
    ended = true
}

/* A worker: the switch to the task and the publish hook of the context that
 * comes after it. */
proctype worker(byte me)
{
    byte e;
    bool won;

end:
    do
    :: atomic {
           ready && !handoff[me] ->
               ready = false;
               assert(saved);
               saved = false;
               on = me;
               resumed = true
       }
    :: handoff[me] ->
        atomic { e = handoff[me]; handoff[me] = 0 };
#ifndef PARKED_EARLY
        atomic { /* CAS */
            won = (epoch == e && state == ARMING);
            if
            :: won -> state = PARKED
            :: else
            fi
        }
        if
        :: won ->
#ifndef NO_CANCEL_CHECK
            if
            :: cancel ->
                atomic { cas_fired(e, PARKED, CANCEL) };
#ifdef CAUSE_AFTER
                cause = CANCEL;
#endif
                if
                :: won -> make_ready(e)
                :: else
                fi
            :: else
            fi
#endif
        :: else -> make_ready(e)
        fi;
#endif
        atomic { e = 0; won = false }
    od
}

/* Who completes source i, unless everything stops before. */
proctype completer(byte i)
{
    byte ref;
    mtype seen;
    bool won;

end:
    do
    :: atomic { /* exchange */
           !stopped && source[i] != DONE ->
               ref = source[i];
               source[i] = DONE;
               if
               :: ref == EMPTY -> goto end
               :: else
               fi
       }
       wake(ref, i);
       ref = 0
    od
}

/* rove_cancel_id: any thread, any time. Its first CAS fails unless the life that
 * it means goes on; so here it always means the one that goes on at that time. */
proctype canceller()
{
    byte target, e;
    mtype seen;
    bool won;

#ifdef LOAD_FIRST
    atomic { e = epoch; seen = state };
#endif
    if
    :: atomic { target = life; cancel = true } /* CAS */
    :: goto gone
    fi;
#ifdef LOAD_FIRST
    if
    :: seen == RUNNING -> goto gone
    :: else
    fi;
#else
    e = epoch;
#endif
#ifndef NO_LIFE_CHECK
    if
    :: life != target -> goto gone
    :: else
    fi;
#endif
    wake(e, CANCEL);
gone:
    stopped = true
}

/* Runs when nobody else can. */
active proctype monitor()
{
    timeout;
    assert(ended || (state == PARKED && !cancel && source[0] != DONE &&
                     source[1] != DONE))
}

init
{
    atomic {
        run task();
        run worker(0);
        run worker(1);
        run completer(0);
        run completer(1);
        run canceller()
    }
}
