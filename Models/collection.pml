/*
 * Collection while serving: the protocol of Documentation/explanation/collection.md.
 *
 * Two clients on two replicas push, mount, look and skip, move a tag and delete, while two collectors run at once.
 * No lock and no lease is modelled: what is shown here holds without them, so a collector that lost its lease, or
 * that was stopped for a day between any two steps and goes on, is one of the interleavings.
 *
 * Each of these takes a rule of the protocol out, and makes spin find the fault that the rule prevents:
 *   -DNO_QUARANTINE   what is unmarked is removed at once
 *   -DNO_GRACE        what is quarantined is removed without waiting for the grace period
 *   -DNO_RECHECK      what is quarantined is removed by age alone, without having been marked again
 *   -DNO_RETURN       a client does not look into the quarantine
 *   -DNO_LATE_CHECK   a push that took longer than the grace period does not look again
 */

#ifndef RUNS
#define RUNS 2          /* of each collector */
#endif
#ifndef SESSIONS
#define SESSIONS 2      /* of each client */
#endif

#define COLLECTORS 2
#define BATCHES (COLLECTORS * RUNS)

/* The objects of the store: a blob's data, its layer link in each repository, and in repository 0 the revision link of
   a manifest X that refers to the blob. */
#define LINK0 0
#define LINK1 1
#define DATA 2
#define REV0 3
#define OBJECTS 4
/* Which of them are collected in this run of spin. They are independent but for what the manifest's link keeps, so that
   two runs over a part each see what one over all would. */
#ifndef FIRST
#define FIRST 0
#endif
#ifndef LAST
#define LAST 3
#endif
#define SLOT(batch, object) ((batch) * OBJECTS + (object))

bool present[OBJECTS];              /* it lies in its place */
bool held[BATCHES * OBJECTS];       /* it lies in quarantine, where that batch put it */
bool seen[BATCHES * OBJECTS];       /* the ledger says when it was seen there */
byte waiting[BATCHES * OBJECTS];    /* sessions that were under way then: the grace period outlasts them */

byte underway;                        /* sessions that are under way, as bits */
bool late[2];                       /* a session has outlasted the grace period: nothing is promised any more */

bool tagged;                        /* repository 0: the tag points to X, rather than to another manifest or nothing */
bool manifest1;                     /* repository 1 has a manifest that refers to the blob */
bool accepted[2];                   /* the client was told that its manifest is accepted, and has not removed it */

byte index;

/* Whether an object can be had: in its place, or brought back by whoever asks for it. */
#define HELD(o) (held[SLOT(0, o)] || held[SLOT(1, o)] || (BATCHES > 2 && (held[SLOT(2 % BATCHES, o)] || held[SLOT(3 % BATCHES, o)])))
#define AVAILABLE(o) (present[o] || HELD(o))

/* What is no longer in quarantine, and since no batch takes an object twice never will be again under that name. */
#define FORGET(b, o) held[SLOT(b, o)] = false; seen[SLOT(b, o)] = false; waiting[SLOT(b, o)] = 0

/* What clients were promised. */
#define SAFE ((!(accepted[0] && tagged) || (AVAILABLE(DATA) && AVAILABLE(LINK0) && AVAILABLE(REV0))) && \
              (!accepted[1] || (AVAILABLE(DATA) && AVAILABLE(LINK1))))

/* Looks for an object, and brings it back from quarantine: one rename. */
inline look(o, found) {
    atomic {
        found = present[o];
#ifndef NO_RETURN
        index = 0;
        do
        :: !found && index < BATCHES ->
            if
            :: held[SLOT(index, o)] -> FORGET(index, o); present[o] = true; found = true
            :: else
            fi;
            index++
        :: else -> break
        od;
#endif
        index = 0
    }
}

/* Removes an object by a client's wish, from its place and from quarantine. */
inline erase(o) {
    atomic {
        present[o] = false;
        index = 0;
        do
        :: index < BATCHES -> FORGET(index, o); index++
        :: else -> break
        od;
        index = 0
    }
}

/* A session begins: from here on the client counts on what it is told. */
inline begin(me) { underway = underway | (1 << me) }

/* It has ended, or has outlasted every grace period that began while it was under way. */
inline release(me) {
    atomic {
        underway = underway & ~(1 << me);
        index = 0;
        do
        :: index < BATCHES * OBJECTS -> waiting[index] = waiting[index] & ~(1 << me); index++
        :: else -> break
        od;
        index = 0
    }
}

proctype Client(byte me) {
    byte sessions = 0;
    bool told, link, blob, revision;
    byte mine = LINK0 + me;
    byte others = LINK1 - me;
    do
    :: sessions < SESSIONS ->
        atomic { sessions++; begin(me) }
        if
        :: /* Push: data, then its link; 201. */
            present[DATA] = true;
            atomic { present[mine] = true; told = true }
        :: /* HEAD, and skip the upload. */
            look(mine, link);
            if :: link -> atomic { look(DATA, blob); told = blob } :: else fi
        :: /* Mount from the other repository; 201. */
            look(others, link);
            if
            :: link ->
                look(DATA, blob);
                if :: blob -> atomic { present[mine] = true; told = true } :: else fi
            :: else
            fi
        :: /* Delete what was pushed, by digest. */
            atomic {
                accepted[me] = false;
                if :: me == 0 -> tagged = false; erase(REV0) :: else -> manifest1 = false fi
            }
        :: /* Move the tag to another manifest. */
            me == 0 -> tagged = false
        fi;
        if
        :: told ->
            /* Push the manifest: what it refers to is looked for, then it is linked, then tagged. */
            if
            :: true
            :: atomic { release(me); late[me] = true }    /* Stopped, for longer than the grace period. */
            fi;
            look(mine, link);
            atomic {
                look(DATA, blob);
                assert(late[me] || (link && blob))      /* No push that relies on what it was told is refused. */
            }
            if
            :: link && blob ->
                if
                :: true
                :: atomic { !late[me] -> release(me); late[me] = true }
                fi;
                if
                :: me == 0 ->
                    present[REV0] = true;
                    if
                    :: true
                    :: atomic { !late[me] -> release(me); late[me] = true }
                    fi;
                    tagged = true
                :: else -> manifest1 = true
                fi;
#ifndef NO_LATE_CHECK
                if
                :: late[me] ->
                    look(mine, link);
                    look(DATA, blob);
                    atomic {
                        if :: me == 0 -> look(REV0, revision) :: else -> revision = true fi;
                        if
                        :: !(link && blob && revision) ->   /* Withdrawn, and the client is told that it was refused. */
                            accepted[me] = false;
                            if :: me == 0 -> tagged = false; erase(REV0) :: else -> manifest1 = false fi
                        :: else -> accepted[me] = true
                        fi;
                        assert(SAFE)
                    }
                :: else -> atomic { accepted[me] = true; assert(SAFE) }
                fi
#else
                atomic { accepted[me] = true; assert(SAFE) }
#endif
            :: else
            fi
        :: else
        fi;
        atomic { release(me); late[me] = false; told = false; link = false; blob = false; revision = false }
    :: else -> break
    od
}

proctype Collector(byte me) {
    byte round = 0;
    byte o, b, batch;
    bool marked[OBJECTS];
    bool old[BATCHES * OBJECTS];    /* seen in quarantine a grace period before the marking began */
    do
    :: round < RUNS ->
        /* Marking, a step for each repository. */
        atomic {
            batch = me * RUNS + round;
            round++;
            b = 0;
            do
            :: b < BATCHES * OBJECTS ->
#ifdef NO_GRACE
                old[b] = seen[b];
#else
                old[b] = seen[b] && waiting[b] == 0;
#endif
                b++
            :: else -> break
            od;
            b = 0;
            marked[REV0] = tagged;
            /* A manifest in quarantine may come back: it keeps what it refers to. */
            if :: AVAILABLE(REV0) -> marked[DATA] = true; marked[LINK0] = true :: else fi
        }
        atomic { if :: manifest1 -> marked[DATA] = true; marked[LINK1] = true :: else fi; o = FIRST }
        /* Object by object: what is in quarantine comes back or goes, what is unmarked goes into quarantine. */
        do
        :: atomic { o <= LAST ->
                b = 0;
                do
                :: b < BATCHES ->
                    if
#ifndef NO_RECHECK
                    :: held[SLOT(b, o)] && marked[o] -> FORGET(b, o); present[o] = true
                    :: held[SLOT(b, o)] && !marked[o] && old[SLOT(b, o)] -> FORGET(b, o)
                    :: held[SLOT(b, o)] && !marked[o] && !old[SLOT(b, o)] && !seen[SLOT(b, o)] ->
#else
                    :: held[SLOT(b, o)] && old[SLOT(b, o)] -> FORGET(b, o)
                    :: held[SLOT(b, o)] && !old[SLOT(b, o)] && !seen[SLOT(b, o)] ->
#endif
                        seen[SLOT(b, o)] = true; waiting[SLOT(b, o)] = underway
                    :: else
                    fi;
                    b++
                :: else -> break
                od;
                b = 0;
                assert(SAFE)
            }
            atomic {
                if
                :: !marked[o] && present[o] ->
                    present[o] = false;
#ifndef NO_QUARANTINE
                    held[SLOT(batch, o)] = true;
                    seen[SLOT(batch, o)] = true;
                    waiting[SLOT(batch, o)] = underway
#endif
                :: else
                fi;
                assert(SAFE);
                o++
            }
        :: atomic { o > LAST ->
                o = 0;
                do :: o < OBJECTS -> marked[o] = false; o++ :: else -> break od;
                b = 0;
                do :: b < BATCHES * OBJECTS -> old[b] = false; b++ :: else -> break od;
                o = 0; b = 0; batch = 0;
                break
            }
        od
    :: else -> break
    od
}

init {
    atomic {
        /* What the store held before: nothing, or content that one repository, both or none refers to. */
        if
        :: skip
        :: present[DATA] = true; present[LINK0] = true; present[LINK1] = true;
            if :: manifest1 = true; accepted[1] = true :: skip fi;
            if :: present[REV0] = true; tagged = true; accepted[0] = true :: present[REV0] = true :: skip fi
        fi;
        run Client(0);
#ifndef ONE_CLIENT
        run Client(1);
#endif
        run Collector(0);
        run Collector(1)
    }
}
