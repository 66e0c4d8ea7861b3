/* How a task waits for several sources at once, and how exactly one of them, or
 * a cancellation, wakes it.
 *
 * Checks that
 *   - no worker resumes a task before its registers are saved;
 *   - each wait makes the task ready at most once;
 *   - a wait is not lost: when nothing moves any more, a task that is parked
 *     has no source that completed and is not cancelled, or is deaf;
 *   - a late waker ends no later wait, nor one of the descriptor's next life;
 *   - the task learns a true cause.
 *
 * Mirrors rv_claim_begin, _commit, _try, _finish, _abort (sched/task_state.h),
 * rv_wait_begin, rv_wait_suspend, rv_wait_park (task/await.h, await.c), rv_wake
 * (sched/wake.c), rv_task_cancel and its raise_flag and interrupt (cancel.c).
 *
 * The law of the claim word {epoch, state, deaf, cause}
 *   RUNNING -> ARMING   the task, with the next epoch; a store
 *   ARMING  -> PARKED   the publish hook, in the context that the worker
 *                       switched to, so when the registers are saved; CAS
 *   ARMING  -> FIRED    a waker or canceller; CAS. The winner does no more: the
 *                       hook's CAS fails, and the hook makes the task ready
 *   PARKED  -> FIRED    a waker, a canceller, the hook; CAS. The winner makes
 *                       the task ready
 *   FIRED   -> RUNNING  the task; a store
 *   any     -> RUNNING  the task, when it gives the wait up before it switched
 *   Losers do nothing. The cause travels in the word.
 * The law of the life and cancel words
 *   `cancelled` is only ever raised, to the number of the life to be cancelled.
 *   A store starts the next life before that waits for anything. Epochs grow on
 *   through all lives.
 * Pairs, "write mine, then read yours"
 *   hook: claim = PARKED, reads cancelled | canceller: raises it, reads claim
 *   task: life = next, writes claim       | canceller: reads claim, reads life
 *
 * Mutations, each of which must fail
 *   PARKED_EARLY     the task itself publishes PARKED, before the switch
 *   NO_EPOCH         a waker does not compare the epoch
 *   PUSH_ON_ARMING   a waker that found ARMING makes the task ready as well
 *   NO_CANCEL_CHECK  the hook does not look whether the task is cancelled
 *   LOAD_FIRST       a canceller loads the claim word before it raises the flag
 *   STORE_FIRED      who finds PARKED stores FIRED instead of a CAS, so that a
 *                    completion and a timeout both make the task ready
 *   CAUSE_AFTER      the cause is written after the CAS
 *   NO_LIFE_CHECK    a canceller does not check the life after the claim word
 *   HEARS            a canceller does not look whether the wait is deaf
 */
#define SOURCES 2
#define WORKERS 2
#define LIVES 2
#define WAITS 3     /* in all; the last one belongs to the second life */
#define DEAF_WAIT 2 /* cancellation does not end this one */

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
bool deaf;
byte cause = NO_CAUSE;

byte life = 1;
byte cancelled;
#define IS_CANCELLED (cancelled == life)

byte source[SOURCES];
bool ready; /* the task is in a run queue */

/* The task's context. */
bool saved;
bool resumed;
byte on;               /* the worker below the task */
byte handoff[WORKERS]; /* the hook's argument: the epoch */

/* Ghosts. */
byte pushed; /* the last epoch whose wait made the task ready */
bool ended;   /* all lives are over */
bool stopped; /* no source completes any more */

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

/* rv_wake, rv_claim_try. Uses the locals `seen` and `won`. */
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
        :: waits != DEAF_WAIT && IS_CANCELLED -> goto over
        :: else
        fi;
        atomic { /* rv_claim_begin; the objects of this wait are new ones */
            source[0] = EMPTY;
            source[1] = EMPTY;
            epoch++;
            state = ARMING;
            deaf = (waits == DEAF_WAIT)
        }
        do
        :: i < SOURCES ->
            atomic { /* CAS */
                if
                :: source[i] == EMPTY -> source[i] = REF(epoch); i++
                :: else -> break
                fi
            }
        :: else -> break
        od;
        if
        :: i < SOURCES -> /* this one is complete: rv_claim_abort */
            atomic {
                if
                :: state == ARMING -> cause = i
                :: else -> assert(state == FIRED)
                fi;
                state = RUNNING
            }
        :: else -> /* rv_switch */
#ifdef PARKED_EARLY
            atomic {
                if
                :: state == ARMING -> state = PARKED
                :: else -> goto fired
                fi
            }
#endif
            atomic { saved = true; handoff[on] = epoch };
        end_parked:
            resumed;
            resumed = false;
        fired:
            atomic { /* rv_claim_finish */
                assert(state == FIRED);
                state = RUNNING
            }
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
            assert(cause < SOURCES || cause == CANCEL);
            assert(cause == CANCEL || source[cause] == DONE);
            assert(cause != CANCEL || (IS_CANCELLED && !deaf));
            cause = NO_CAUSE
        }
    over:
        atomic {
            if
            :: waits == WAITS - 1 -> life++
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
    bool won, e_deaf;

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
            assert(epoch == e);
            won = (state == ARMING);
            if
            :: won -> state = PARKED; e_deaf = deaf
            :: else
            fi
        }
        if
        :: won ->
#ifndef NO_CANCEL_CHECK
            if
            :: !e_deaf && IS_CANCELLED ->
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
        atomic { e = 0; won = false; e_deaf = false }
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

/* rove_cancel_id and rv_task_cancel: any thread, any time. */
proctype canceller()
{
    byte target, e;
    mtype seen;
    bool won;

    if
    :: target = life /* rv_task_by_id found it */
    :: goto gone
    fi;
#ifdef LOAD_FIRST
    atomic { e = epoch; seen = state };
#endif
    atomic { /* raise_flag */
        if
        :: cancelled < target -> cancelled = target
        :: else
        fi
    }
#ifndef LOAD_FIRST
    atomic { e = epoch; seen = (deaf -> RUNNING : state) };
#endif
#ifndef NO_LIFE_CHECK
    if
    :: life != target -> goto gone
    :: else
    fi;
#endif
#ifndef HEARS
    if
    :: seen == RUNNING -> goto gone
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
    assert(ended || (state == PARKED && (deaf || !IS_CANCELLED) &&
                     source[0] != DONE && source[1] != DONE))
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
