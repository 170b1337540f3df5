/* SPDX-License-Identifier: MIT */
/*
 * The circuit breaker's states, for spin: every interleaving of some callers and of
 * time. What takes the lock in lib/circuit_breaker is one atomic step here; the
 * lock-free paths are steps of their own, as they are there.
 *
 *     P1  never more trial calls hold a place than are allowed
 *     P2  from every state that can be reached, time and successes lead back to CLOSED
 *     P3  a report of an older generation changes nothing
 *     P4  each change of state makes exactly one event
 */

#ifndef CALLERS
#define CALLERS 3
#endif
#ifndef CALLS
#define CALLS 2 /* each caller's */
#endif
#define PLACES 2     /* probe_count */
#define THRESHOLD 2

mtype = { CLOSED, OPEN, HALF_OPEN };
mtype = { SUCCESS, FAILURE, IGNORED, CANCEL, LOSE };

/* The word. */
mtype state = CLOSED;
byte generation = 1;
byte failures = 0;

bool is_due = false;       /* open_until has passed */
byte serial[PLACES];       /* 0: free */
bool lease_over[PLACES];
byte last_serial = 0;
byte running = 0;
byte successes = 0;

/* For the properties. */
byte changes = 0, events = 0;
byte finished = 0;

inline enter(next) {
    state = next;
    generation++;
    failures = 0;
    successes = 0;
    running = 0;
    serial[0] = 0; serial[1] = 0;
    lease_over[0] = false; lease_over[1] = false;
    is_due = false;
    changes++;
    events++
}

/* place: 1 or 2; 0: none */
inline take_probe(place, mine) {
    if
    :: serial[0] != 0 && lease_over[0] -> serial[0] = 0; running--
    :: else
    fi;
    if
    :: serial[1] != 0 && lease_over[1] -> serial[1] = 0; running--
    :: else
    fi;
    if
    :: running >= PLACES -> place = 0
    :: else ->
        place = (serial[0] == 0 -> 1 : 2);
        last_serial++;
        mine = last_serial;
        serial[place - 1] = mine;
        lease_over[place - 1] = false;
        running++
    fi;
    assert(running <= PLACES);
    assert(running == (serial[0] != 0) + (serial[1] != 0)) /* P1 */
}

inline acquire(ok, my_generation, place, mine) {
    place = 0; mine = 0;
    if
    :: atomic { state == CLOSED -> my_generation = generation; ok = true } /* no lock */
    :: atomic { state != CLOSED ->
        if
        :: state == OPEN && is_due -> enter(HALF_OPEN)
        :: else
        fi;
        if
        :: state == HALF_OPEN -> take_probe(place, mine)
        :: else
        fi;
        my_generation = generation;
        ok = (state == CLOSED || place != 0)
       }
    fi
}

inline redeem(counts, my_generation, place, mine) {
    counts = (my_generation == generation);
    if
    :: counts && place != 0 && serial[place - 1] == mine -> serial[place - 1] = 0; running--
    :: counts && place != 0 && serial[place - 1] != mine -> counts = false
    :: else
    fi
}

inline report(outcome, my_generation, place, mine) {
    if
    :: atomic { outcome == SUCCESS && state == CLOSED && failures == 0 &&
                my_generation == generation -> skip } /* no lock */
    :: atomic { else ->
        before = state; generation_before = generation;
        redeem(counts, my_generation, place, mine);
        if
        :: !counts || outcome == IGNORED || outcome == CANCEL -> skip
        :: counts && state == CLOSED && outcome == SUCCESS -> failures = 0
        :: counts && state == CLOSED && outcome == FAILURE ->
            failures++;
            if
            :: failures >= THRESHOLD -> enter(OPEN)
            :: else
            fi
        :: counts && state == HALF_OPEN && outcome == FAILURE -> enter(OPEN)
        :: counts && state == HALF_OPEN && outcome == SUCCESS ->
            successes++;
            assert(successes <= PLACES);
            if
            :: successes == PLACES -> enter(CLOSED)
            :: else
            fi
        :: counts && state == OPEN -> assert(false) /* nobody got leave in this generation */
        fi;
        assert(counts || (state == before && generation == generation_before)); /* P3 */
        assert(events == changes) /* P4 */
       }
    fi
}

proctype Caller() {
    bool ok, counts;
    byte my_generation, place, mine, generation_before;
    mtype before, outcome;
    byte calls = 0;

    do
    :: calls < CALLS ->
        calls++;
        acquire(ok, my_generation, place, mine);
        if
        :: ok ->
            if
            :: outcome = SUCCESS
            :: outcome = FAILURE
            :: outcome = IGNORED
            :: outcome = CANCEL
            :: outcome = LOSE
            fi;
            if
            :: outcome != LOSE -> report(outcome, my_generation, place, mine)
            :: else
            fi
        :: else
        fi
    :: else -> break
    od;
    finished++
}

/* Time passes, at any moment. */
proctype Clock() {
    do
    :: atomic { state == OPEN && !is_due -> is_due = true }
    :: atomic { serial[0] != 0 && !lease_over[0] -> lease_over[0] = true }
    :: atomic { serial[1] != 0 && !lease_over[1] -> lease_over[1] = true }
    :: finished == CALLERS -> break
    od
}

/* P2: whatever was left behind. */
proctype Healer() {
    bool ok, counts;
    byte my_generation, place, mine, generation_before, i;
    mtype before, outcome;

    finished == CALLERS;
    is_due = true;
    lease_over[0] = true; lease_over[1] = true;
    for (i : 1 .. PLACES) {
        acquire(ok, my_generation, place, mine);
        assert(ok);
        outcome = SUCCESS;
        report(outcome, my_generation, place, mine)
    }
    assert(state == CLOSED)
}

init {
    byte i;

    atomic {
        for (i : 1 .. CALLERS) { run Caller() }
        run Clock();
        run Healer()
    }
}
