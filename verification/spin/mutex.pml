/* How a mutex passes from owner to owner, also when who waits is cancelled, and
 * how the last owner frees it.
 *
 * Checks that
 *   - there is one owner at a time;
 *   - nobody sleeps for ever in line at a mutex that nobody owns: the wake-up
 *     of who was woken to compete, and then was cancelled, goes to the next;
 *   - a wait that was cancelled was given nothing;
 *   - who was handed the mutex has it, cancelled or not;
 *   - each wait is ended once, and nobody touches a waiter that has left its
 *     frame;
 *   - nobody touches the mutex when all who use it have returned, but for the
 *     one who has let go, has the lock's word free, and names its address.
 *
 * Mirrors take, take_locked, mark_crowded, stand_in_line, enter, come_back,
 * pass_on, lock_slow, hand_on, unlock_slow, rove_mutex_unlock (sync/mutex.c).
 * The claim word is sketched: switchout.pml has it. The patience of 1 ms is a
 * free choice each time.
 *
 * The law of `word`, three bits
 *   HELD     somebody owns it (OWNER in mutex.h; who it is decides nothing but
 *            makes a CAS fail that could have succeeded); set by CAS from a word
 *            without it
 *   CROWDED  the owner looks at the line, under `lock`, before it lets go
 *   AWAKE    one of the line was woken to compete, and no other is meanwhile
 *   So in a line without HELD somebody is AWAKE; a line without AWAKE is looked
 *   at by the owner.
 * The law of freeing: an owner that knows of nobody else who uses the mutex may
 * unlock and free it. Who unlocked it before has then returned, or will not
 * touch it: it lets go by its last access, or under the lock with the claim of
 * a waiter that takes the lock before it returns.
 *
 * LOCKERS  how many lock and unlock once each
 * CANCELS  how many waits are cancelled
 *
 * Mutations, each of which must fail
 *   BLIND_TAKE      who finds the word free takes it by a store
 *   NO_CROWDED      who goes into line does not mark the word
 *   LOOK_BEFORE     it looks at the word, and goes into line without a CAS
 *   NO_PASS         who was woken and is cancelled does not wake the next
 *   PASS_BLIND      it gives AWAKE up without a look at the line
 *   TAKE_BLIND      who was woken takes the mutex without a look at the line
 *   LOSER_WAKES     an unlocker counts a lost claim as woken
 *   CANCEL_WINS     a cancelled waiter returns so though it was made the owner
 *   NO_LEAVE        a cancelled waiter stays in line
 *   OWNER_LAST      an unlocker makes the next the owner after the lock
 *   TOUCH_AFTER     an unlocker clears `owner` after the word
 *   NO_LOCK_BACK    who was woken returns without having had the lock
 */
#ifndef LOCKERS
#define LOCKERS 3
#endif
#ifndef CANCELS
#define CANCELS 1
#endif

mtype = { RUNNING, ARMING, PARKED, FIRED };
mtype = { NOTHING, SOURCE, CANCEL };

/* The mutex. */
bool held, crowded, awake; /* the word */
bool locked;
chan line = [LOCKERS] of { byte };

/* The lockers' claim words, and their entrants. */
byte epoch[LOCKERS];
mtype state[LOCKERS] = RUNNING;
mtype cause[LOCKERS] = NOTHING;
byte node_epoch[LOCKERS];
bool is_linked[LOCKERS];
bool is_owner[LOCKERS];
bool cancelled[LOCKERS]; /* a level: later waits are refused */

/* Ghosts. */
byte owners;
bool is_live[LOCKERS]; /* the entrant */
byte users = LOCKERS;  /* who has not returned from its unlock, or its lock */
bool freed;

#define TOUCH assert(!freed)

inline acquire()
{
    atomic { !locked -> TOUCH; locked = true }
}

inline release()
{
    atomic { TOUCH; locked = false }
}

inline own()
{
    owners++;
    assert(owners == 1)
}

/* Part of a step: the first in line, `n`, and whether its claim was `won`. */
inline claim_first()
{
    line?n;
    assert(is_live[n]);
    is_linked[n] = false;
    won = (epoch[n] == node_epoch[n] &&
           (state[n] == ARMING || state[n] == PARKED));
    if
    :: won -> state[n] = FIRED; cause[n] = SOURCE
    :: else
    fi
}

/* rv_mutex take: leaves in `taken` whether it is the caller's. */
inline take()
{
#ifdef BLIND_TAKE
    taken = !held;
    if
    :: taken -> atomic { TOUCH; held = true; own() }
    :: else
    fi
#else
    atomic {
        TOUCH;
        taken = !held;
        if
        :: taken -> held = true; own()
        :: else
        fi
    }
#endif
}

/* Under the lock. */
inline take_locked()
{
    if
    :: !is_awake -> take()
    :: else ->
        atomic { /* CAS from AWAKE */
            TOUCH;
            taken = (awake && !held && !crowded);
            if
            :: taken ->
                awake = false;
                held = true;
#ifndef TAKE_BLIND
                crowded = (len(line) > 0);
#endif
                own()
            :: else
            fi
        }
    fi
}

/* Leaves in `marked` whether somebody will look at the line. */
inline mark_crowded()
{
#ifdef NO_CROWDED
    marked = true;
#else
#ifdef LOOK_BEFORE
    marked = held;
    atomic {
        if
        :: marked && !(awake && !is_awake) -> crowded = held; awake = false
        :: else
        fi
    }
#else
    atomic { /* a load and a CAS: one that fails tries again */
        TOUCH;
        if
        :: awake && !is_awake -> marked = true
        :: !(awake && !is_awake) && held ->
            marked = true;
            crowded = true;
            awake = false
        :: else -> marked = false
        fi
    }
#endif
#endif
}

/* Part of a step. */
inline stand_in_line()
{
    node_epoch[me] = epoch[me];
    is_linked[me] = true;
    is_live[me] = true;
    if
    :: is_awake -> /* at the front */
        k = len(line);
        line!me;
        do
        :: k > 0 -> line?n; line!n; k--
        :: else -> break
        od;
        n = 0;
        is_awake = false
    :: else -> line!me
    fi
}

/* Leaves in `taken` whether the mutex was taken. */
inline enter()
{
    acquire();
    take_locked();
    marked = false;
    do
    :: !taken && !marked -> mark_crowded();
        if
        :: !marked -> take_locked()
        :: else
        fi
    :: else -> break
    od;
    atomic {
        if
        :: !taken -> stand_in_line()
        :: else
        fi
    }
    release()
}

/* Leaves in `taken` whether the mutex is the caller's. */
inline come_back()
{
#ifdef NO_LOCK_BACK
    if
    :: why == SOURCE && is_owner[me] -> skip
    :: else -> acquire()
    fi;
#else
    acquire();
#endif
    atomic {
        if
#ifndef NO_LEAVE
        :: is_linked[me] -> line??eval(me); is_linked[me] = false
#endif
        :: else
        fi;
        is_live[me] = false;
        is_awake = (why == SOURCE && !is_owner[me]);
        taken = is_owner[me];
        if
        :: taken -> own()
        :: else
        fi;
        assert(!taken || (held && why == SOURCE))
    }
    if
    :: is_awake -> take_locked()
    :: else
    fi;
#ifdef NO_LOCK_BACK
    if
    :: why == SOURCE && is_owner[me] -> skip
    :: else -> release()
    fi
#else
    release()
#endif
}

/* Under the lock: AWAKE is given up, or the next is woken instead. */
inline pass_on()
{
    acquire();
    won = false;
    do
    :: atomic {
#ifdef PASS_BLIND
           false ->
#else
           !held && len(line) > 0 -> TOUCH;
#endif
               claim_first();
               if
               :: won -> break
               :: else
               fi
       }
    :: atomic { /* CAS */
#ifndef PASS_BLIND
           (held || len(line) == 0) ->
#endif
               TOUCH;
               awake = false;
               crowded = (held && len(line) > 0);
               break
       }
    od;
    release();
    atomic { n = 0; won = false }
}

/* Under the lock; `won`: the mutex was let go or handed over. */
inline hand_on()
{
    won = false;
    do
    :: atomic { len(line) > 0 && !won -> claim_first() };
#ifdef LOSER_WAKES
       won = true;
#endif
       if
       :: won ->
           atomic { /* it has not waited for long: the word is AWAKE */
               TOUCH;
               held = false;
               crowded = false;
               awake = true;
               break
           }
       :: won ->
           atomic { /* HELD, CROWDED */
               TOUCH;
               assert(is_live[n]);
#ifndef OWNER_LAST
               is_owner[n] = true;
#endif
               crowded = (len(line) > 0);
               break
           }
       :: else
       fi
    :: atomic { len(line) == 0 -> TOUCH; crowded = false; break }
    od
}

inline unlock()
{
    atomic { owners--; TOUCH }; /* set_owner(NOBODY) */
    do
    :: atomic { /* CAS */
           !crowded -> TOUCH;
           held = false;
           break
       }
    :: crowded ->
        acquire();
        hand_on();
        release();
        if
        :: won ->
#ifdef OWNER_LAST
            atomic {
                if
                :: held && n != me ->
                    assert(is_live[n]);
                    is_owner[n] = true
                :: else
                fi
            }
#endif
            break
        :: else
        fi
    od;
#ifdef TOUCH_AFTER
    TOUCH;
#endif
    atomic { n = 0; won = false }
}

active [LOCKERS] proctype locker()
{
    byte me = _pid, n, k;
    mtype why;
    bool taken, marked, won, is_awake;

    take();
    do
    :: taken -> break
    :: else -> /* lock_slow */
        if
        :: cancelled[me] ->
            if
#ifndef NO_PASS
            :: is_awake -> pass_on(); is_awake = false
#endif
            :: else
            fi;
            break
        :: else
        fi;
        atomic { epoch[me]++; state[me] = ARMING };
        enter();
        if
        :: taken ->
            atomic { state[me] = RUNNING; cause[me] = NOTHING }; /* abort */
            break
        :: else
        fi;
        atomic { /* suspend */
            if
            :: state[me] == ARMING -> state[me] = PARKED
            :: else
            fi
        }
    end_parked:
        atomic {
            state[me] == FIRED;
            state[me] = RUNNING;
            why = cause[me];
            cause[me] = NOTHING;
#ifdef CANCEL_WINS
            if
            :: cancelled[me] -> why = CANCEL
            :: else
            fi
#endif
        }
        come_back();
        if
        :: !taken && why == CANCEL -> break
        :: else
        fi
    od;
    /* Who owns it and knows that all others are through, frees it. */
    if
    :: taken ->
        if
        :: atomic { users == 1 -> users = 0 };
           unlock();
           freed = true
        :: atomic { users > 1 -> users-- };
           unlock()
        fi
    :: else -> users--
    fi
}

/* Cancels a task: refuses its later waits, ends the present one. */
active proctype canceller()
{
    byte left = CANCELS, t, e;

end:
    do
    :: atomic {
           left > 0 ->
               left--;
               t = left; /* they are alike */
               cancelled[t] = true
       }
       e = epoch[t];
       atomic {
           if
           :: epoch[t] == e && (state[t] == ARMING || state[t] == PARKED) ->
               state[t] = FIRED;
               cause[t] = CANCEL
           :: else
           fi;
           e = 0
       }
    od
}

/* Runs when nobody else can. */
active proctype monitor()
{
    timeout;
    assert(users == 0 && !held && !locked && len(line) == 0)
}
