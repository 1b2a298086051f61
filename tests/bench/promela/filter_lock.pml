/* Peterson's filter lock for N processes, N > 1; k and j are 1 and 0 wherever they are dead. */
#define FREE (level[j] < k || last[k] != _pid)
#define NEXT (j + 1 + (j + 1 == _pid))

byte level[N], last[N];

active [N] proctype p() {
    byte k = 1, j = 0;
raise:
    level[_pid] = k;
    d_step { last[k] = _pid; j = (_pid == 0) };
wait:
    if
    :: d_step { FREE && NEXT < N -> j = NEXT }; goto wait
    :: d_step { FREE && NEXT >= N && k < N - 1 -> k++; j = 0 }; goto raise
    :: d_step { FREE && NEXT >= N && k == N - 1 -> k = 1; j = 0 }
    fi;
    level[_pid] = 0; /* leave the critical section */
    goto raise
}
