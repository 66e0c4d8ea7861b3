/* How channels hand items over: between calls that wait, cases of selects, who
 * cancels them, and who closes the channel.
 *
 * Checks that
 *   - an item is received once if its send succeeded, and never if it did not;
 *   - a wait that was cancelled, and a case that lost, has had no effect: no
 *     item was taken from it or written to it;
 *   - nobody sleeps for ever beside an item, room, a counterpart or a closed
 *     channel: who lost the one that it was to wake turns to the next;
 *   - nobody touches a waiter that has left its frame.
 *
 * Mirrors rv_chan_offer, _accept, _claim, _settle, _enlist, _outcome, _leave,
 * refuse_all (sync/chan.h, chan.c), rove_chan_send and _recv (chan_wait.c), the
 * cases (chan_case.c), rove_select, wait_once, ask, arm and disarm
 * (task/select.c). The claim word is sketched: switchout.pml has it.
 *
 * The law of a channel, all under its lock
 *   receivers wait only at an empty ring, senders only at a full one; nobody at
 *   a closed channel
 * The law of a waiter
 *   Who takes it out of the line claims its wait first. Lost: it was cancelled,
 *   or took another case, and is none of its business. Won: the item is copied,
 *   then the outcome stored, and then the waiter is touched no more.
 *   The waiter whose wait was claimed reads the outcome; when there is none yet
 *   it waits for the lock. Else it takes itself out of the line under the lock.
 * The law of a select
 *   It carries a case out only while it has no wait; once it has begun one it
 *   only looks, and gives the wait up when a case is ready.
 *
 * SCENE    who is there: see init
 * CAP      places in a ring, 0 or 1
 * CANCELS  how many waits are cancelled
 * CLOSES   how often a channel is closed
 * ROUNDS   how often a select goes round before it leaves
 *
 * Mutations, each of which must fail
 *   COPY_FIRST     a sender copies before it has claimed
 *   SETTLE_FIRST   it stores the outcome before it copies
 *   LOSER_SENDS    it counts a lost claim as handed over
 *   NO_RETRY       it turns to no other waiter, nor to the ring, after one
 *   NO_REFILL      who takes from a full ring moves no sender's item there
 *   NO_LEAVE       a cancelled waiter stays in line
 *   NO_LOCK        a waiter without an outcome does not wait for the lock
 *   CANCEL_WINS    a cancelled waiter returns so though it was handed an item
 *   ARM_BLIND      a select goes into line without a look
 *   ARM_TAKES      a select that arms carries the case out
 *   ABORT_BLIND    a select that gives its wait up forgets who was faster
 *   CLOSE_RECV     close wakes senders only
 *   CLOSE_SEND     close wakes receivers only
 */
#ifndef SCENE
#define SCENE 1
#endif
#ifndef CAP
#define CAP 0
#endif
#ifndef CANCELS
#define CANCELS 1
#endif
#ifndef CLOSES
#define CLOSES 0
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif

#define CHANNELS 2
#define TASKS 4
#define NODES (2 * TASKS) /* two cases each; a call has the first */
#define ITEMS 4           /* 0: none */
#define NODE(P_task, P_case) (2 * (P_task) + (P_case))
#define OWNER(P_node) ((P_node) / 2)

/* Claim words. */
mtype = { RUNNING, ARMING, PARKED, FIRED };
#define NOTHING 0
#define CANCEL 1
#define CASE(P_case) (2 + (P_case))
byte epoch[TASKS];
mtype state[TASKS] = RUNNING;
byte cause[TASKS];

/* Channels. */
bool locked[CHANNELS];
bool is_closed[CHANNELS];
byte ring[CHANNELS]; /* an item or 0 */
chan receivers[CHANNELS] = [TASKS] of { byte };
chan senders[CHANNELS] = [TASKS] of { byte };

#define HAS_ROOM(P_c) (CAP == 1 && ring[P_c] == 0 && !is_closed[P_c])

/* Waiters. */
mtype = { PENDING, OK, PIPE, AGAIN, CANCELLED };
byte node_epoch[NODES];
byte node_item[NODES];
mtype outcome[NODES] = PENDING;
bool is_linked[NODES];

/* Ghosts. */
bool is_live[NODES]; /* its frame is there */
byte received[ITEMS];
bool sent[ITEMS];
bool refused[ITEMS];
bool was_cancelled[TASKS];

#define TOUCH(P_node) assert(is_live[P_node])

inline acquire(P_c)
{
    atomic { !locked[P_c] -> locked[P_c] = true }
}

inline release(P_c)
{
    locked[P_c] = false
}

/* Takes the first out of a line and claims it: `n`, and whether that was `won`.
 * Part of a step. */
inline claim_first(P_queue)
{
    P_queue?n;
    TOUCH(n);
    is_linked[n] = false;
    won = (epoch[OWNER(n)] == node_epoch[n] &&
           (state[OWNER(n)] == ARMING || state[OWNER(n)] == PARKED));
    if
    :: won ->
        state[OWNER(n)] = FIRED;
        cause[OWNER(n)] = CASE(n % 2)
    :: else
    fi
}

inline copy(P_item)
{
    atomic { TOUCH(n); node_item[n] = P_item }
}

inline settle(P_outcome)
{
    atomic { TOUCH(n); outcome[n] = P_outcome }
}

/* Under the lock; the answer is `status`. */
inline offer(P_c, P_item)
{
    status = AGAIN;
    do
    :: len(receivers[P_c]) > 0 ->
#ifdef COPY_FIRST
        atomic { receivers[P_c]?<n>; node_item[n] = P_item };
#endif
        atomic { claim_first(receivers[P_c]) };
#ifdef LOSER_SENDS
        won = true;
#endif
        if
        :: won ->
#ifdef SETTLE_FIRST
            settle(OK);
            copy(P_item);
#else
#ifndef COPY_FIRST
            copy(P_item);
#endif
            settle(OK);
#endif
            status = OK;
            break
        :: else
        fi;
#ifdef NO_RETRY
        break
#endif
    :: atomic {
           len(receivers[P_c]) == 0 ->
               if
               :: is_closed[P_c] -> status = PIPE
               :: HAS_ROOM(P_c) -> ring[P_c] = P_item; status = OK
               :: else
               fi;
               break
       }
    od;
    atomic { n = 0; won = false }
}

/* The same; the item is `got`. */
inline accept(P_c)
{
    atomic {
        status = AGAIN;
        got = ring[P_c];
        ring[P_c] = 0;
        has = (got != 0)
    }
    do
    :: atomic {
#ifdef NO_REFILL
           len(senders[P_c]) > 0 && !has ->
#else
           len(senders[P_c]) > 0 ->
#endif
               claim_first(senders[P_c])
       }
       if
       :: won ->
           atomic {
               TOUCH(n);
               if
               :: has -> ring[P_c] = node_item[n]
               :: else -> got = node_item[n]
               fi
           }
           settle(OK);
           status = OK;
           break
       :: else
       fi
    :: atomic {
#ifdef NO_REFILL
           len(senders[P_c]) == 0 || has ->
#else
           len(senders[P_c]) == 0 ->
#endif
               if
               :: has -> status = OK
               :: !has && is_closed[P_c] -> status = PIPE
               :: else
               fi;
               break
       }
    od;
    atomic { n = 0; won = false; has = false }
}

/* Part of a step. */
inline enlist(P_queue, P_node, P_item)
{
    node_epoch[P_node] = epoch[me];
    node_item[P_node] = P_item;
    outcome[P_node] = PENDING;
    is_linked[P_node] = true;
    is_live[P_node] = true;
    P_queue!P_node
}

inline begin()
{
    epoch[me]++;
    state[me] = ARMING
}

/* Leaves the cause in `why`. */
inline suspend()
{
    atomic { /* the publish hook; CAS */
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
        cause[me] = NOTHING
    }
}

inline leave(P_c, P_queue, P_node)
{
#ifdef NO_LEAVE
    is_live[P_node] = false
#else
    acquire(P_c);
    atomic {
        if
        :: is_linked[P_node] ->
            P_queue??eval(P_node);
            is_linked[P_node] = false
        :: else
        fi;
        is_live[P_node] = false;
        release(P_c)
    }
#endif
}

/* rv_chan_outcome: leaves it in `status`. */
inline get_outcome(P_c, P_node)
{
#ifndef NO_LOCK
    if
    :: outcome[P_node] == PENDING -> acquire(P_c); release(P_c)
    :: else
    fi;
#endif
    atomic {
        status = outcome[P_node];
        assert(status != PENDING);
        is_live[P_node] = false
    }
}

/* What a call or a case comes to. */
inline end_send(P_item)
{
    atomic {
        if
        :: status == OK -> sent[P_item] = true
        :: else -> refused[P_item] = true
        fi;
        assert(!refused[P_item] || received[P_item] == 0)
    }
}

inline end_receive(P_item)
{
    atomic {
        if
        :: status == OK ->
            assert(P_item != 0 && !refused[P_item] && received[P_item] == 0);
            received[P_item]++
        :: else
        fi
    }
}

#ifdef CANCEL_WINS
#define WAS_HANDED (why != CANCEL && !was_cancelled[me])
#else
#define WAS_HANDED (why != CANCEL)
#endif

proctype sender(byte me; byte c; byte item)
{
    byte n, why;
    bool won;
    mtype status;

    acquire(c);
    offer(c, item);
    if
    :: status == AGAIN ->
        atomic {
            begin();
            enlist(senders[c], NODE(me, 0), item);
            release(c)
        }
        suspend();
        if
        :: WAS_HANDED -> get_outcome(c, NODE(me, 0))
        :: else -> leave(c, senders[c], NODE(me, 0)); status = CANCELLED
        fi
    :: else -> release(c)
    fi;
    end_send(item)
}

proctype receiver(byte me; byte c)
{
    byte n, why, got;
    bool won, has;
    mtype status;

    acquire(c);
    accept(c);
    if
    :: status == AGAIN ->
        atomic {
            begin();
            enlist(receivers[c], NODE(me, 0), 0);
            release(c)
        }
        suspend();
        if
        :: WAS_HANDED ->
            get_outcome(c, NODE(me, 0));
            got = node_item[NODE(me, 0)]
        :: else ->
            leave(c, receivers[c], NODE(me, 0));
            atomic {
                status = CANCELLED;
                assert(node_item[NODE(me, 0)] == 0)
            }
        fi
    :: else -> release(c)
    fi;
    end_receive(got)
}

#define NONE 2

/* Step 1: leaves the case that was carried out in `chosen`, or NONE. */
inline ask()
{
    if
    :: i = 0
    :: i = 1
    fi;
    asked = 0;
    do
    :: asked < 2 ->
        acquire(c[i]);
        if
        :: item[i] != 0 -> offer(c[i], item[i])
        :: else -> accept(c[i])
        fi;
        atomic {
            release(c[i]);
            if
            :: status != AGAIN -> chosen = i; break
            :: else -> i = 1 - i; asked++
            fi
        }
    :: else -> break
    od;
    atomic { i = 0; asked = 0 }
}

/* rv_case_ops.arm, under the lock; nodes of the same select do not count. */
inline look(P_queue)
{
    is_ready = false;
    k = 0;
    do
    :: k < len(P_queue) ->
        P_queue?n;
        P_queue!n;
        is_ready = is_ready || OWNER(n) != me;
        k++
    :: else -> break
    od;
    k = 0;
    n = 0
}

inline arm(P_i)
{
    acquire(c[P_i]);
#ifdef ARM_TAKES
    if
    :: item[P_i] != 0 -> offer(c[P_i], item[P_i])
    :: else -> accept(c[P_i])
    fi;
    is_ready = (status != AGAIN);
    if
    :: is_ready -> chosen = P_i
    :: else
    fi;
#endif
    atomic {
#ifndef ARM_BLIND
#ifndef ARM_TAKES
        if
        :: item[P_i] != 0 ->
            look(receivers[c[P_i]]);
            is_ready = is_ready || HAS_ROOM(c[P_i]) || is_closed[c[P_i]]
        :: else ->
            look(senders[c[P_i]]);
            is_ready = is_ready || ring[c[P_i]] != 0 || is_closed[c[P_i]]
        fi;
#endif
#endif
        if
        :: is_ready
        :: !is_ready && item[P_i] != 0 ->
            enlist(senders[c[P_i]], NODE(me, P_i), item[P_i])
        :: !is_ready && item[P_i] == 0 ->
            enlist(receivers[c[P_i]], NODE(me, P_i), 0)
        fi;
        release(c[P_i])
    }
}

inline disarm(P_i)
{
    if
    :: why == CASE(P_i) ->
        get_outcome(c[P_i], NODE(me, P_i));
        atomic {
            chosen = P_i;
            got = node_item[NODE(me, P_i)]
        }
    :: why != CASE(P_i) && item[P_i] != 0 ->
        leave(c[P_i], senders[c[P_i]], NODE(me, P_i))
    :: else ->
        leave(c[P_i], receivers[c[P_i]], NODE(me, P_i));
        assert(node_item[NODE(me, P_i)] == 0)
    fi
}

/* A case is a receive, item 0, or a send. */
proctype selector(byte me; byte c0; byte item0; byte c1; byte item1)
{
    byte c[2], item[2], n, i, k, asked, armed, rounds, why, got, chosen = NONE;
    bool won, has, is_ready;
    mtype status;

    d_step { c[0] = c0; c[1] = c1; item[0] = item0; item[1] = item1 };
    do
    :: rounds < ROUNDS ->
        rounds++;
        ask();
        if
        :: chosen != NONE -> break
        :: else
        fi;
        begin();
        armed = 0;
        arm(0);
        if
        :: !is_ready -> armed = 1; arm(1)
        :: else
        fi;
        if
        :: is_ready ->
            atomic { /* rv_claim_abort: an exchange */
                why = cause[me];
                cause[me] = NOTHING;
                state[me] = RUNNING
            }
#ifdef ABORT_BLIND
            why = NOTHING;
#endif
        :: else -> armed = 2; suspend()
        fi;
        if
        :: armed > 0 -> disarm(0)
        :: else
        fi;
        if
        :: armed > 1 -> disarm(1)
        :: else
        fi;
        if
        :: chosen != NONE -> break
        :: chosen == NONE && why == CANCEL -> ask(); break
        :: else
        fi;
        atomic { is_ready = false; armed = 0; why = 0; got = 0 }
    :: else -> break
    od;
    atomic {
        if
        :: chosen == NONE -> status = CANCELLED
        :: else
        fi
    }
    i = 0;
    do
    :: i < 2 ->
        if
        :: item[i] != 0 && chosen == i -> end_send(item[i])
        :: item[i] != 0 && chosen != i -> /* it has had no effect */
            atomic {
                assert(received[item[i]] == 0);
                refused[item[i]] = true
            }
        :: item[i] == 0 && chosen == i -> end_receive(got)
        :: else
        fi;
        i++
    :: else -> break
    od
}

/* Cancels any wait there is. */
active proctype canceller()
{
    byte left = CANCELS, t, e;

end:
    do
    :: atomic {
           left > 0 && (state[0] != RUNNING || state[1] != RUNNING ||
                        state[2] != RUNNING || state[3] != RUNNING);
           if
           :: state[0] != RUNNING -> t = 0
           :: state[1] != RUNNING -> t = 1
           :: state[2] != RUNNING -> t = 2
           :: state[3] != RUNNING -> t = 3
           fi;
           left--;
           e = epoch[t];
           was_cancelled[t] = true
       }
       atomic {
           if
           :: epoch[t] == e && (state[t] == ARMING || state[t] == PARKED) ->
               state[t] = FIRED;
               cause[t] = CANCEL
           :: else
           fi;
           t = 0;
           e = 0
       }
    od
}

inline refuse_all(P_queue)
{
    do
    :: atomic { len(P_queue) > 0 -> claim_first(P_queue) };
       if
       :: won -> settle(PIPE)
       :: else
       fi
    :: len(P_queue) == 0 -> break
    od
}

active proctype closer()
{
    byte left = CLOSES, n;
    bool won;

end:
    do
    :: atomic { left > 0 -> left-- };
       acquire(0);
       is_closed[0] = true;
#ifndef CLOSE_RECV
       refuse_all(receivers[0]);
#endif
#ifndef CLOSE_SEND
       refuse_all(senders[0]);
#endif
       atomic { release(0); n = 0; won = false }
    od
}

/* Whether somebody sleeps at a channel who need not. A select that waits both
 * ways is no counterpart of itself: the nodes of task 0. */
#define IS_PAIR(P_c)                                                           \
    (len(receivers[P_c]) > 0 && len(senders[P_c]) > 0 &&                       \
     !(len(receivers[P_c]) == 1 && len(senders[P_c]) == 1 &&                   \
       receivers[P_c]??[1] && senders[P_c]??[0]))
#define CAN_GO(P_c)                                                            \
    ((len(receivers[P_c]) > 0 && (ring[P_c] != 0 || is_closed[P_c])) ||        \
     (len(senders[P_c]) > 0 && (HAS_ROOM(P_c) || is_closed[P_c])) ||           \
     IS_PAIR(P_c))

#define SETTLED(P_item)                                                        \
    (!sent[P_item] ||                                                          \
     received[P_item] + (ring[0] == P_item) + (ring[1] == P_item) == 1) &&     \
    (!refused[P_item] ||                                                       \
     (received[P_item] == 0 && ring[0] != P_item && ring[1] != P_item))

/* Runs when nobody else can. */
active proctype monitor()
{
    timeout;
    assert(!CAN_GO(0) && !CAN_GO(1));
    assert(SETTLED(1));
    assert(SETTLED(2));
    assert(SETTLED(3))
}

init
{
    atomic {
#if SCENE == 1 /* a select, and two who send */
        run selector(0, 0, 0, 1, 0);
        run sender(1, 0, 1);
        run sender(2, 1, 2)
#endif
#if SCENE == 2 /* two selects that meet twice */
        run selector(0, 0, 1, 1, 0);
        run selector(1, 0, 0, 1, 2)
#endif
#if SCENE == 3 /* calls alone */
        run sender(0, 0, 1);
        run sender(1, 0, 2);
        run receiver(2, 0);
        run receiver(3, 0)
#endif
#if SCENE == 4 /* a select both ways at one channel */
        run selector(0, 0, 1, 0, 0);
        run sender(1, 0, 2);
        run receiver(2, 0)
#endif
#if SCENE == 5 /* a select that sends, and two who receive */
        run selector(0, 0, 1, 1, 2);
        run receiver(1, 0);
        run receiver(2, 1)
#endif
    }
}
