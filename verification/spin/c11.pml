/* The memory of C11 for Spin: relaxed, acquire/release and sequentially
 * consistent accesses, without fences.
 *
 * A location is the list of all values ever stored to it, oldest first. A
 * message is one value and the view its store published. A view says, for each
 * location, up to which message everything older is out of sight. A load may
 * return any message that the loading thread's view still lets it see; an
 * acquiring load then takes over the view of a releasing store. A
 * read-modify-write reads the newest message, and passes on the view of the
 * message it replaced.
 *
 * A seq_cst load sees nothing older than the newest seq_cst store to its
 * location. This is weaker than C11 in that what other seq_cst loads have seen
 * does not count, so an algorithm that is right here does not lean on it.
 *
 * What is not modelled: accesses of one thread only take effect in program
 * order, that is, loads are not delayed past later stores (load buffering), and
 * the order of seq_cst accesses is the order in which they happen. A model can
 * show what such reordering would do by swapping the lines.
 *
 * Source: Kang, Hur, Lahav, Vafeiadis and Dreyer, "A promising semantics for
 * relaxed-memory concurrency", POPL 2017, without promises.
 *
 * The includer defines LOCATIONS, THREADS and MESSAGES (how many values a
 * location may have in all, the initial one included; it is an error to store
 * more), calls start(x, value) for each location, and uses
 *
 *   load(thread, x, result, order)                order RLX ACQ SC
 *   store(thread, x, value, order)                order RLX REL SC
 *   cas(thread, x, expected, desired, won, order) order ACQ REL AR SC; expected,
 *                                 a variable, becomes what was found if it lost
 *   exchange(thread, x, result, desired, order)   order ACQ REL AR SC
 *
 * each of which is one step.
 */
#define RLX 0
#define ACQ 1
#define REL 2
#define AR  3
#define SC  4

#define ACQUIRES(order) ((order) == ACQ || (order) == AR || (order) == SC)
#define RELEASES(order) ((order) == REL || (order) == AR || (order) == SC)

typedef View {
    byte at[LOCATIONS]
};
typedef Message {
    byte value;
    View view
};
typedef Location {
    Message message[MESSAGES];
    byte count
};

Location location[LOCATIONS];
View seen[THREADS];
View sc;
byte pick; /* 0 between steps */
hidden byte k;

#define NEWEST(x) (location[x].count - 1)

/* into = the newer of both, for each location. */
#define JOIN(into, from)                                                       \
    k = 0;                                                                     \
    do                                                                         \
    :: k < LOCATIONS ->                                                        \
        if                                                                     \
        :: from.at[k] > into.at[k] -> into.at[k] = from.at[k]                  \
        :: else                                                                \
        fi;                                                                    \
        k++                                                                    \
    :: else -> break                                                           \
    od;                                                                        \
    k = 0

inline start(x, first)
{
    location[x].message[0].value = first;
    location[x].count = 1
}

inline load(thread, x, result, order)
{
    atomic {
        pick = seen[thread].at[x];
        if
        :: (order) == SC && sc.at[x] > pick -> pick = sc.at[x]
        :: else
        fi;
        do
        :: pick < NEWEST(x) -> pick++
        :: break
        od;
        d_step {
            result = location[x].message[pick].value;
            seen[thread].at[x] = pick;
            if
            :: ACQUIRES(order) ->
                JOIN(seen[thread], location[x].message[pick].view)
            :: else
            fi;
            pick = 0
        }
    }
}

/* Adds a message as the last part of a store or a read-modify-write. */
#define APPEND(thread, x, new, order)                                          \
    assert(location[x].count < MESSAGES);                                      \
    location[x].message[location[x].count].value = new;                        \
    seen[thread].at[x] = location[x].count;                                    \
    location[x].message[location[x].count].view.at[x] = location[x].count;     \
    if                                                                         \
    :: RELEASES(order) ->                                                      \
        JOIN(location[x].message[location[x].count].view, seen[thread])        \
    :: else                                                                    \
    fi;                                                                        \
    if                                                                         \
    :: (order) == SC -> sc.at[x] = location[x].count                           \
    :: else                                                                    \
    fi;                                                                        \
    location[x].count++

inline store(thread, x, new, order)
{
    d_step {
        APPEND(thread, x, new, order)
    }
}

/* Adds a message that replaces the newest. */
#define REPLACE(thread, x, new, order)                                         \
    APPEND(thread, x, new, order);                                             \
    JOIN(location[x].message[NEWEST(x)].view,                                  \
         location[x].message[NEWEST(x) - 1].view)

/* Reads the newest message, for a read-modify-write. */
#define READ_NEWEST(thread, x, order)                                          \
    seen[thread].at[x] = NEWEST(x);                                            \
    if                                                                         \
    :: ACQUIRES(order) ->                                                      \
        JOIN(seen[thread], location[x].message[NEWEST(x)].view)                \
    :: else                                                                    \
    fi

inline exchange(thread, x, result, desired, order)
{
    d_step {
        result = location[x].message[NEWEST(x)].value;
        READ_NEWEST(thread, x, order);
        REPLACE(thread, x, desired, order)
    }
}

inline cas(thread, x, expected, desired, won, order)
{
    d_step {
        won = (location[x].message[NEWEST(x)].value == expected);
        expected = location[x].message[NEWEST(x)].value;
        READ_NEWEST(thread, x, order);
        if
        :: won -> REPLACE(thread, x, desired, order)
        :: else
        fi
    }
}
