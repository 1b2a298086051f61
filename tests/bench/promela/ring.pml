/* Chang and Roberts's election on a ring of N processes; who has ended stays there. */
#define OWN (N - _pid)
#define RIGHT ((_pid + 1) % N)

byte link[N], leader;

active [N] proctype p() {
    byte got = 0;
    d_step { link[RIGHT] == 0 -> link[RIGHT] = OWN };
receive:
    if
    :: d_step { link[_pid] == OWN -> link[_pid] = 0; leader = OWN }; goto ended
    :: d_step { link[_pid] != 0 && link[_pid] < OWN -> link[_pid] = 0 }; goto receive
    :: d_step { link[_pid] > OWN -> got = link[_pid]; link[_pid] = 0 }
    fi;
    d_step { link[RIGHT] == 0 -> link[RIGHT] = got; got = 0 };
    goto receive;
ended:
    false
}
