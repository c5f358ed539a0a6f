/*
 * The integrator's lease, its fence at the remote, and the outcome of a delivery, as src/integration has them.
 *
 * Two sessions work on two candidates. Each line outside an `atomic` may be the last one before a session sleeps for as
 * long as it likes (a stopped process, a slow network) or dies. Meanwhile the lease may run out, Redis may lose the lease
 * and the tokens it has given, and somebody else may push main. What is checked:
 *
 *   landed once     a candidate comes to main at most once
 *   nothing stale   nobody pushes with a token older than one that has already decided something
 *   nothing lost    a push never takes away what somebody else pushed
 *   no half truth   blocked is not on main; integrated is; each ends with exactly one event
 *   nothing stuck   when all faults are spent, every candidate ends (also: no state without a way on)
 *
 * What each part is for is shown by leaving it out; then a counterexample must be found:
 *   -DNO_FENCE   the push does not compare the lease ref
 *   -DNO_GUARD   writes to Redis do not ask whether the lease is still held
 *   -DNO_LOOK    an interrupted push is repeated without asking the remote what became of it
 *   -DTWO_WRITES status and event of an outcome are written one after the other
 *   -DFORCED     the push does not compare main
 *   -DNO_FLOOR   tokens come from Redis alone, so that one that lost its memory gives an old one again
 */

#define CANDIDATES 2
#ifndef EXPIRIES
#define EXPIRIES 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef WIPES
#define WIPES 1
#endif
#ifndef PUSHES
#define PUSHES 0
#endif
#define NOBODY 0
#define NOTHING 15

mtype = { queued, in_progress, integrated, blocked };
mtype = { picked, merged, pushing, pushed };

/* Redis */
byte holder = NOBODY, given = 0;            /* the lease, and the highest token ever given */
mtype status[CANDIDATES] = queued;
byte inHand = NOTHING;                      /* the checkpoint: candidate, phase, and what the push is to find */
mtype phase = picked;
byte expected = 0;
byte completed[CANDIDATES], failed[CANDIDATES];

/* the remote */
byte mainVersion = 0;
byte refToken = 0, refSequence = 0;         /* refs/signalbox/lease */
byte landings[CANDIDATES];

/* faults that are left, and a witness of who has decided something */
byte expiries = EXPIRIES, crashes = CRASHES, wipes = WIPES, pushes = PUSHES;
byte decided = 0;

#define ENDED(c) (status[c] == integrated || status[c] == blocked)
#define ALL_ENDED (ENDED(0) && ENDED(1))
#define HELD (holder == me && token == given)
#ifdef NO_GUARD
#define MAY_WRITE true
#else
#define MAY_WRITE HELD
#endif
#ifdef NO_FENCE
#define FENCED true
#define MOVE_REF skip
#else
#define FENCED (refToken == token && refSequence == sequence)
#define MOVE_REF refSequence = refSequence + 1; sequence = refSequence
#endif
#ifdef FORCED
#define MAIN_IS(v) true
#else
#define MAIN_IS(v) (mainVersion == v)
#endif

#define MAY_DIE if :: atomic { crashes > 0 -> crashes--; goto begin } :: true fi
#define NOTE_DECISION if :: decided < token -> decided = token :: else fi

proctype Session(byte me)
{
  byte token, sequence, floor, floorSequence, c;
  bool resumed;

begin:
  atomic { token = 0; sequence = 0; c = NOTHING; resumed = false; floor = 0; floorSequence = 0 }
  if :: ALL_ENDED -> goto finished :: else fi;

  /* the remote's lease ref is read first: the floor, and what the swap expects */
  atomic { floor = refToken; floorSequence = refSequence }
  MAY_DIE;

  /* one script: free or expired, then max(given, floor) + 1; a dead holder's lease is given back by its token */
  atomic {
    if
    :: holder == me -> holder = NOBODY; goto begin
    :: holder != me && holder != NOBODY -> (holder == NOBODY || ALL_ENDED); goto begin
    :: holder == NOBODY ->
#ifndef NO_FLOOR
       if :: floor > given -> given = floor :: else fi;
#endif
       given++; token = given; holder = me
    fi
  }
  MAY_DIE;

#ifndef NO_FENCE
  /* compare and swap of the ref to (token, 0); who loses gives the lease back */
  atomic {
    if
    :: refToken == floor && refSequence == floorSequence -> refToken = token; refSequence = 0; sequence = 0
    :: else -> if :: HELD -> holder = NOBODY :: else fi; goto begin
    fi
  }
  MAY_DIE;
#endif

  /* an unfinished delivery is finished first */
  atomic { if :: inHand != NOTHING -> c = inHand; resumed = true :: else fi }

next:
  MAY_DIE;
  if
  :: c != NOTHING
  :: c == NOTHING ->
     /* the pick: the head, its status and the checkpoint in one guarded write */
     atomic {
       if
       :: !(MAY_WRITE) || inHand != NOTHING -> goto begin
       :: (MAY_WRITE) && inHand == NOTHING && status[0] == queued -> c = 0
       :: (MAY_WRITE) && inHand == NOTHING && status[0] != queued && status[1] == queued -> c = 1
       :: else -> if :: HELD -> holder = NOBODY :: else fi; goto begin
       fi;
       status[c] = in_progress; inHand = c; phase = picked; resumed = false
     }
  fi;

  do
  :: MAY_DIE;
     if
     :: phase == picked ->
        if
        :: landings[c] > 0 ->                      /* found on main: by ancestry, or by its trailer */
           atomic { if :: MAY_WRITE -> phase = pushed :: else -> goto begin fi }
        :: else ->
           if
           :: true ->                               /* it conflicts, or readiness says no */
#ifdef TWO_WRITES
              atomic { if :: (MAY_WRITE) && status[c] == in_progress -> status[c] = blocked; inHand = NOTHING; NOTE_DECISION :: else -> goto begin fi }
              MAY_DIE;
              failed[c]++;
#else
              atomic {
                if
                :: (MAY_WRITE) && status[c] == in_progress -> status[c] = blocked; failed[c]++; inHand = NOTHING; NOTE_DECISION
                :: else -> goto begin
                fi
              }
#endif
              c = NOTHING; goto next
           :: true ->                               /* it merges: the new main is made on top of main as fetched */
              atomic { if :: (MAY_WRITE) && inHand == c -> expected = mainVersion; phase = merged :: else -> goto begin fi }
           fi
        fi
     :: phase == merged ->                         /* checked; the intent is written before the push */
        atomic { if :: (MAY_WRITE) && inHand == c -> phase = pushing; resumed = false :: else -> goto begin fi }
     :: phase == pushing ->
        if
#ifndef NO_LOOK
        :: resumed ->                              /* what became of it is asked before it is done again */
           atomic {
             if
             :: !(MAY_WRITE) || inHand != c || !FENCED -> goto begin
             :: else ->
                if
                :: landings[c] > 0 -> phase = pushed
                :: landings[c] == 0 && mainVersion == expected -> phase = merged
                :: else -> phase = picked
                fi
             fi;
             resumed = false
           }
        :: !resumed ->
#else
        :: true ->
#endif
           atomic {                                /* one push of both refs, refused whole or taken whole */
             if
             :: MAIN_IS(expected) && FENCED ->
                assert(mainVersion == expected);
                mainVersion++; landings[c]++; MOVE_REF;
                assert(landings[c] <= 1);
                assert(token >= decided);
                assert(c == 0 || ENDED(0) || landings[0] > 0);
                NOTE_DECISION;
#ifdef NO_LOOK
                expected = mainVersion
#endif
             :: else
             fi
           }
           MAY_DIE;
           /* whatever the push said, the remote is asked */
           atomic {
             if
             :: !(MAY_WRITE) || inHand != c || !FENCED -> goto begin
             :: else ->
                if
                :: landings[c] > 0 -> phase = pushed
                :: landings[c] == 0 && mainVersion == expected -> phase = merged
                :: else -> phase = picked
                fi
             fi
           }
        fi
     :: phase == pushed ->                         /* tidied; then the outcome: status, event, checkpoint in one write */
#ifdef TWO_WRITES
        atomic { if :: (MAY_WRITE) && status[c] == in_progress -> status[c] = integrated; inHand = NOTHING :: else -> goto begin fi }
        MAY_DIE;
        completed[c]++;
#else
        atomic {
          if
          :: (MAY_WRITE) && status[c] == in_progress -> status[c] = integrated; completed[c]++; inHand = NOTHING; NOTE_DECISION
          :: else -> goto begin
          fi
        }
#endif
        assert(completed[c] <= 1);
        c = NOTHING; goto next
     fi
  od;

finished:
  skip
}

/* What nobody asked for. */
proctype World()
{
  do
  :: atomic { expiries > 0 && holder != NOBODY -> expiries--; holder = NOBODY }
  :: atomic { wipes > 0 -> wipes--; holder = NOBODY; given = 0 }      /* queue and checkpoint are told again by the log */
  :: atomic { pushes > 0 -> pushes--; mainVersion++ }                 /* somebody else's push of main */
  :: ALL_ENDED -> break
  od
}

init
{
  atomic { run Session(1); run Session(2); run World() }
  (_nr_pr == 1);
  byte k;
  for (k : 0 .. CANDIDATES - 1) {
    assert(ENDED(k));
    assert(!(status[k] == blocked && landings[k] > 0));
    assert(!(status[k] == integrated && landings[k] != 1));
    assert(completed[k] + failed[k] == 1)
  }
}
