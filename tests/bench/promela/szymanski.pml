/* Szymanski's algorithm for N processes, N > 1; j is 0 wherever it is dead.

Spin does not jump to a label that stands before a d_step; before an if it does. */
#define OTHER(x) ((x) + ((x) == _pid))
#define NEXT OTHER(j + 1)

byte flag[N];

active [N] proctype p() {
    byte j = 0;
outside:
    if :: d_step { flag[_pid] = 1; j = OTHER(0) } fi;
door:
    if
    :: d_step { flag[j] < 3 && NEXT < N -> j = NEXT }; goto door
    :: d_step { flag[j] < 3 && NEXT >= N -> j = 0 }
    fi;
    d_step { flag[_pid] = 3; j = OTHER(0) };
look:
    if
    :: d_step { flag[j] != 1 && NEXT < N -> j = NEXT }; goto look
    :: d_step { flag[j] != 1 && NEXT >= N -> j = 0 }; goto close
    :: d_step { flag[j] == 1 -> j = 0 }
    fi;
    flag[_pid] = 2;
inside:
    if
    :: d_step { flag[j] != 4 && j + 1 < N -> j++ }; goto inside
    :: d_step { flag[j] != 4 && j + 1 == N -> j = 0 }; goto inside
    :: d_step { flag[j] == 4 -> j = 0 }
    fi;
close:
    if
    :: d_step { _pid == 0 -> flag[_pid] = 4 }; goto critical
    :: d_step { _pid > 0 -> flag[_pid] = 4 }
    fi;
before:
    if
    :: d_step { flag[j] < 2 && j + 1 < _pid -> j++ }; goto before
    :: d_step { flag[j] < 2 && j + 1 == _pid -> j = 0 }
    fi;
critical:
    if
    :: _pid == N - 1; goto leave
    :: d_step { _pid < N - 1 -> j = _pid + 1 }
    fi;
behind:
    if
    :: d_step { (flag[j] < 2 || flag[j] == 4) && j + 1 < N -> j++ }; goto behind
    :: d_step { (flag[j] < 2 || flag[j] == 4) && j + 1 == N -> j = 0 }
    fi;
leave:
    flag[_pid] = 0;
    goto outside
}
