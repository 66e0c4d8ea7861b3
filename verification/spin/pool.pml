/* How the offload pool's threads come, rest and leave.
 *
 * Checks that
 *   - no job is left in the queue: when nothing moves any more every caller has
 *     returned, also when jobs do not end before the jobs behind them have run
 *     (DEPEND: job i ends after caller i + 1 has returned);
 *   - a job runs at most once, and not after its caller took it back; it ends
 *     with -EAGAIN only when no thread is alive;
 *   - nobody touches a job whose caller has gone, or a thread's record after it
 *     was freed;
 *   - the stop ends, with every thread joined once;
 *   - the counts are what they say, and never more than THREADS are alive.
 *
 * Mirrors src/offload/crew.c and pool.c. A section under the pool's lock is one
 * step; what it leaves to do (its errands) are steps of their own. A futex is a
 * flag `asleep`, which a wake clears and a sleeper sets if the word is still 0.
 * Which of several idle threads is called is not the code's choice, but a fixed
 * one.
 *
 * THREADS  threads_max      TIMEOUTS  rests that end by time, in all
 * JOBS     one each caller  FAILS     starts of threads that fail, in all
 *                           CANCELS   callers that are cancelled, in all
 *                           OWNED     a cancelled caller leaves at once
 * The watch's short sleep behind busy threads ends by time as often as it likes.
 *
 * Mutations, each of which must fail
 *   BLIND_TIMEOUT    who rested for too long leaves, called or not
 *   STUCK_LATCH      a failed start does not take its count or its flag back
 *   FLUSH_ONE        a failed start ends one job only
 *   NO_WATCH         all are busy: nobody is called or started
 *   NO_CHAIN         who takes a job calls nobody for the next
 *   WATCH_FORGETS    the watch that leaves does not say so
 *   SINGLE_NOTIFY    the stop calls one thread, then waits
 *   CLOSE_UNSEEN     who finds the queue empty rests, closed or not
 *   LATE_CALL        the word of a called thread is set after the release
 *   LATE_WAITER      whom to wake is read from the job after the release
 *   LEAVE_RUNNING    a cancelled caller leaves its frame while the job runs
 *   JOIN_NONE        who leaves does not join the one before
 */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef JOBS
#define JOBS 2
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 0
#endif
#ifndef FAILS
#define FAILS 0
#endif
#ifndef CANCELS
#define CANCELS 0
#endif

#define SLOTS (THREADS + 2) /* records: alive, and not joined yet */
#define NONE 15
#define BIT(i) (1 << (i))

mtype = { NEW, QUEUED, RUNNING, DONE };     /* jobs */
mtype = { RAN, REFUSED, TAKEN_BACK, LEFT }; /* how a caller returned */
mtype = { RUN, REST, LEAVE };               /* a thread's next step */

/* The pool, guarded by its lock. */
chan queue = [JOBS] of { byte };
byte coming, busy, threads;
bool has_watch, is_closed;
byte idle;         /* set of threads */
byte watch = NONE; /* when it rests */
byte ended = NONE;

/* Threads. */
byte used;               /* set of records in use */
byte born;               /* set of threads that run */
byte finished;           /* set of threads whose function has returned */
bool is_watch[SLOTS], is_coming[SLOTS], is_resting[SLOTS];
bool word[SLOTS], asleep[SLOTS];
bool stopper_asleep;

/* Jobs and their callers. */
mtype state[JOBS] = NEW;
byte waiter[JOBS];  /* the wait to be ended, counted from 1; 0: nobody */
byte wait[JOBS];    /* the wait the caller is in */
bool woken[JOBS];
bool abandoned[JOBS];
bool gone[JOBS];    /* the job's memory is no more */
bool refused[JOBS];
byte over;          /* set of callers that have returned */

/* Ghosts and budgets. */
byte ran;           /* set of jobs that were run */
byte started, joined;
byte timeouts = TIMEOUTS, fails = FAILS, cancels = CANCELS;

#define TOUCH(j) assert(!gone[j])

/* Errands: called, prev, wake_job, wake_wait, start, start_watch, tell. */

inline call_hand(P_hand)
{
    called = P_hand;
    if
    :: is_watch[called] -> watch = NONE
    :: else ->
        assert(idle & BIT(called));
        idle = idle & ~BIT(called);
        is_coming[called] = true;
        coming++
    fi;
    is_resting[called] = false;
#ifndef LATE_CALL
    word[called] = true
#endif
}

inline reserve_thread()
{
    threads++;
    assert(threads <= THREADS);
    start = true
}

inline call_help()
{
    if
    :: len(queue) <= coming -> skip
    :: else ->
        if
        :: idle & 1 -> call_hand(0)
        :: idle & 2 -> call_hand(1)
        :: idle & 4 -> call_hand(2)
        :: idle & 8 -> call_hand(3)
        :: idle & 16 -> call_hand(4)
        :: else ->
            if
            :: threads == 0 -> reserve_thread(); coming++
            :: threads > 0 && coming > 0 -> skip
            :: else ->
#ifndef NO_WATCH
                if
                :: watch != NONE -> call_hand(watch)
                :: watch == NONE && !has_watch && threads < THREADS ->
                    reserve_thread();
                    has_watch = true;
                    start_watch = true
                :: else
                fi
#else
                skip
#endif
            fi
        fi
    fi
}

/* Under the lock. */
inline end_job(P_job)
{
    TOUCH(P_job);
    state[P_job] = DONE;
    wake_job = P_job;
    wake_wait = waiter[P_job];
    if
    :: abandoned[P_job] -> gone[P_job] = true; wake_wait = 0
    :: else
    fi
}

/* rv_wake: wins only if the caller is still in that wait. */
inline wake_waiter()
{
    atomic {
        if
        :: wake_job != NONE ->
#ifdef LATE_WAITER
            TOUCH(wake_job);
            wake_wait = waiter[wake_job];
#endif
            if
            :: wake_wait != 0 && wait[wake_job] == wake_wait ->
                woken[wake_job] = true
            :: else
            fi;
            wake_job = NONE;
            wake_wait = 0
        :: else
        fi
    }
}

inline give_start_up()
{
    atomic {
        threads--;
        start = false;
#ifndef STUCK_LATCH
        if
        :: start_watch -> has_watch = false
        :: else -> coming--
        fi;
#endif
        start_watch = false
    }
    do
    :: atomic {
           threads == 0 && len(queue) > 0 ->
               queue ? j;
               refused[j] = true;
               end_job(j);
               j = 0
       }
       wake_waiter()
#ifdef FLUSH_ONE
       ;
       break
#endif
    :: atomic { else -> break }
    od
}

/* A record is taken and its thread runs. */
inline start_hand()
{
    atomic {
        j = 0;
        do
        :: used & BIT(j) -> j++
        :: else -> break
        od;
        assert(j < SLOTS);
        used = used | BIT(j);
        is_watch[j] = start_watch;
        is_coming[j] = !start_watch;
        is_resting[j] = false;
        word[j] = false;
        start = false;
        start_watch = false;
        started++;
        born = born | BIT(j);
        j = 0
    }
}

inline run_errands()
{
    wake_waiter();
    atomic {
        if
        :: called != NONE ->
#ifdef LATE_CALL
            assert(used & BIT(called));
            word[called] = true;
#endif
            asleep[called] = false;
            called = NONE
        :: else
        fi
    }
    if
    :: start ->
        if
        :: atomic { fails > 0 -> fails-- };
           give_start_up()
        :: start_hand()
        fi
    :: else
    fi;
    if
    :: prev != NONE ->
        atomic {
            (finished & BIT(prev)); /* rv_thread_join, rv_mem_free */
            finished = finished & ~BIT(prev);
            used = used & ~BIT(prev);
            joined++;
            prev = NONE
        }
    :: else
    fi;
    atomic {
        if
        :: tell -> stopper_asleep = false; tell = false
        :: else
        fi
    }
}

inline leave()
{
    if
    :: is_watch[me] ->
#ifndef WATCH_FORGETS
        has_watch = false
#else
        skip
#endif
    :: else
    fi;
    threads--;
#ifndef JOIN_NONE
    prev = ended;
#endif
    ended = me;
    tell = is_closed;
    step = LEAVE
}

inline rest()
{
    if
    :: is_watch[me] -> watch = me
    :: else -> idle = idle | BIT(me)
    fi;
    is_resting[me] = true;
    word[me] = false;
    step = REST
}

inline take_job()
{
    if
    :: is_watch[me] -> is_watch[me] = false; has_watch = false
    :: else
    fi;
    queue ? job;
    TOUCH(job);
    assert(state[job] == QUEUED);
    state[job] = RUNNING;
    busy++;
#ifndef NO_CHAIN
    call_help();
#endif
    step = RUN
}

inline choose_step()
{
    if
    :: is_coming[me] -> is_coming[me] = false; coming--
    :: else
    fi;
    if
#ifdef BLIND_TIMEOUT
    :: timed_out ->
        idle = idle & ~BIT(me);
        watch = (watch == me -> NONE : watch);
        leave()
    :: !timed_out && is_resting[me] -> assert(false)
#else
    :: is_resting[me] ->
        idle = idle & ~BIT(me);
        watch = (watch == me -> NONE : watch);
        leave()
#endif
    :: else ->
        if
        :: len(queue) == 0 ->
#ifndef CLOSE_UNSEEN
            if
            :: is_closed -> leave()
            :: else -> rest()
            fi
#else
            rest()
#endif
        :: len(queue) > 0 && is_watch[me] && busy + coming > 0 ->
            word[me] = false;
            step = REST /* the oldest job is not due yet */
        :: len(queue) > 0 -> take_job()
        fi
    fi;
    timed_out = false
}

inline check_counts()
{
    assert(busy + coming + (has_watch -> 1 : 0) <= threads
#ifdef BLIND_TIMEOUT
           + 9
#endif
    );
    assert(watch == NONE || has_watch)
}

/* One for each record: runs when it is born, and again when it is reused. */
active [SLOTS] proctype hand()
{
    byte me = _pid, job = NONE, called = NONE, prev = NONE, j;
    byte wake_job = NONE, wake_wait;
    bool start, start_watch, tell, timed_out;
    mtype step;

unborn:
end_unborn:
    atomic { (born & BIT(me)); step = REST };
    do
    :: atomic {
           if
           :: step == RUN -> busy--; end_job(job); job = NONE
           :: else
           fi;
           choose_step();
           check_counts()
       }
       run_errands();
       if
       :: step == RUN ->
           /* A job of the last caller waits for nobody. */
#ifdef DEPEND
           (job == JOBS - 1 || (over & BIT(job + 1)));
#endif
           atomic {
               TOUCH(job);
               assert(!(ran & BIT(job)));
               ran = ran | BIT(job)
           }
       :: step == REST ->
           if
           :: atomic { word[me] -> skip }
           :: atomic { !word[me] -> asleep[me] = true };
              if
              :: !asleep[me]
              :: atomic { /* the watch's 50 us are over */
                     is_watch[me] && !is_resting[me] -> asleep[me] = false
                 }
              :: atomic { /* keep_alive is over */
                     timeouts > 0 && asleep[me] &&
                     (!is_watch[me] || is_resting[me]) ->
                         timeouts--;
                         asleep[me] = false;
                         timed_out = true
                 }
              fi;
              if /* woken for nothing: back to sleep */
              :: atomic {
                     !word[me] && is_resting[me] && !timed_out ->
                         asleep[me] = true
                 };
                 (!asleep[me])
              :: else
              fi
           fi
       :: step == LEAVE -> break
       fi
    od;
    atomic {
        born = born & ~BIT(me);
        finished = finished | BIT(me);
        goto unborn
    }
}

proctype caller(byte me)
{
    byte called = NONE, prev = NONE, j, wake_job = NONE, wake_wait;
    bool start, start_watch, tell;
    mtype outcome;

    atomic { /* rv_pool_submit */
        wait[me] = 1;
        waiter[me] = 1;
        state[me] = QUEUED;
        queue ! me;
        call_help()
    }
    run_errands();
    if
    :: woken[me] -> outcome = (refused[me] -> REFUSED : RAN)
    :: atomic { cancels > 0 && !woken[me] -> cancels--; wait[me] = 0 };
       atomic { /* rv_pool_retract */
           if
           :: state[me] == QUEUED ->
               queue ?? eval(me);
               state[me] = NEW;
               outcome = TAKEN_BACK
           :: else -> outcome = RAN
           fi
       }
#ifndef LEAVE_RUNNING
       if
       :: outcome == RAN ->
#ifdef OWNED
           atomic { /* rv_pool_abandon */
               if
               :: state[me] != DONE ->
                   waiter[me] = 0;
                   abandoned[me] = true;
                   outcome = LEFT
               :: else
               fi
           }
#else
           atomic { /* rv_pool_attach */
               wait[me] = 2;
               if
               :: state[me] != DONE -> waiter[me] = 2
               :: else -> woken[me] = true
               fi
           }
           (woken[me])
#endif
       :: else
       fi
#endif
    fi;
    atomic {
        assert(outcome != RAN || refused[me] || (ran & BIT(me)));
        assert(outcome != TAKEN_BACK || !(ran & BIT(me)));
        assert(!refused[me] || FAILS > 0);
        gone[me] = gone[me] || outcome != LEFT;
        wait[me] = 0;
        over = over | BIT(me)
    }
}

/* All callers have returned: rv_pool_stop. */
proctype stopper()
{
    byte called = NONE, prev = NONE, j, wake_job = NONE, wake_wait;
    byte seen;
    bool start, start_watch, tell, is_called;

    (over == BIT(JOBS) - 1);
    do
    :: atomic {
           is_closed = true;
           is_called = true;
           if
           :: idle & 1 -> call_hand(0)
           :: idle & 2 -> call_hand(1)
           :: idle & 4 -> call_hand(2)
           :: idle & 8 -> call_hand(3)
           :: idle & 16 -> call_hand(4)
           :: idle == 0 && watch != NONE -> call_hand(watch)
           :: idle == 0 && watch == NONE && threads == 0 ->
               prev = ended;
               ended = NONE
           :: else -> is_called = false
           fi;
           seen = threads
       }
       run_errands();
       if
       :: seen == 0 -> break
#ifdef SINGLE_NOTIFY
       :: seen != 0 ->
           (threads == 0)
#else
       :: seen != 0 && is_called -> skip
       :: seen != 0 && !is_called -> /* sleeps if `threads` is still that */
           atomic { stopper_asleep = (threads == seen) };
           (!stopper_asleep)
#endif
       fi
    od;
    atomic {
        assert(len(queue) == 0);
        assert(threads == 0 && coming == 0 && busy == 0 && !has_watch);
        assert(used == 0 && born == 0 && joined == started)
    }
}

init {
    byte j;

    atomic {
        do
        :: j < JOBS -> run caller(j); j++
        :: else -> break
        od;
        run stopper()
    }
}
