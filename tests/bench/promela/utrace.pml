/* models/utrace/base.py with its default parameters and N engines.

What never changes there is left out: ops, events, resume, phase, interrupt and tif_sigpending,
killed and what depends on it. The labels of the model stand beside the steps. */
#define NONE 255

bool stop[N], told[N], owes[N];
bool report, stopped, tif_notify, went_early;
byte reporting = NONE;
hidden byte k; /* of the loops within a step */

inline goes_on() {
    k = 0;
    do
    :: k < N && !owes[k] -> k++
    :: k < N && owes[k] -> went_early = true; break
    :: k == N -> break
    od;
    k = 0
}

active proctype p() {
    byte i = 0;
    bool stops = false; /* the action of the pass is STOP */

    /* start_report: test report */
    if
    :: d_step { !report -> assert(!stopped); i = N - 1 }; goto entry_reporting
    :: d_step { report -> assert(!stopped) }
    fi;
    d_step { report = false; i = N - 1 }; /* start_report */
entry_reporting:
    reporting = i;
    if /* start_callback: read flags */
    :: d_step { stop[i] -> stops = true }
    :: !stop[i]
    fi;
    d_step { told[i] = true; owes[i] = true }; /* callback: tell the owner */
    if /* finish_callback: test ENGINE_STOP */
    :: d_step { stop[i] -> stops = true }; goto entry_reported
    :: d_step { !stop[i] -> stops = true }
    fi;
    stop[i] = true; /* mark_engine_wants_stop */
entry_reported:
    if /* finish_callback: reporting = NULL */
    :: d_step { i > 0 -> reporting = NONE; i-- }; goto entry_reporting
    :: d_step { i == 0 -> reporting = NONE; stops = false }
    fi;
    if /* finish_report: test report */
    :: report; goto entry_stop
    :: !report
    fi;
    d_step { report = true; tif_notify = true }; /* finish_report */
entry_stop:
    if :: d_step { assert(!stopped); stopped = true } fi; /* utrace_stop */
    d_step { !stopped -> stopped = false }; /* stopped */
    d_step { goes_on() }; /* system call */
    if /* return to user mode */
    :: d_step { !tif_notify -> goes_on() }; goto ended
    :: d_step { tif_notify -> tif_notify = false }
    fi;
resume:
    if /* start_report: test report */
    :: d_step { !report -> assert(!stopped) }; goto resume_reporting
    :: d_step { report -> assert(!stopped) }
    fi;
    report = false; /* start_report */
resume_reporting:
    reporting = i;
    if /* start_callback: read flags */
    :: d_step { i + 1 < N -> stops = stops || stop[i]; i++ }; goto resume_reporting
    :: d_step { i + 1 == N -> stops = stops || stop[i]; i = 0 }
    fi;
    if /* finish_resume_report: utrace_reset */
    :: !stops; goto again
    :: d_step { stops -> stops = false }
    fi;
    d_step { assert(!stopped); stopped = true }; /* utrace_stop */
    d_step { !stopped -> stopped = false }; /* stopped */
again:
    if /* return to user mode */
    :: d_step { !tif_notify -> goes_on() }; goto ended
    :: d_step { tif_notify -> tif_notify = false }; goto resume
    fi;
ended:
    false
}

/* The owner of engine _pid - 1. */
active [N] proctype vm() {
    do
    :: d_step { told[_pid - 1] -> told[_pid - 1] = false }; /* wait for an event */
       d_step { /* utrace_control(RESUME) */
           stop[_pid - 1] = false;
           if
           :: stopped ->
               k = 0;
               do
               :: k < N && !stop[k] -> k++
               :: else -> break
               od;
               stopped = (k < N);
               k = 0
           :: else
           fi;
           owes[_pid - 1] = false
       }
    od
}
