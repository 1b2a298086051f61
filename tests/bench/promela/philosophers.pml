/* Dining philosophers who all take the left fork first, and put the forks down one by one. */
#define RIGHT ((_pid + 1) % N)

bool fork[N];

active [N] proctype phil() {
    do
    :: d_step { !fork[_pid] -> fork[_pid] = true };
       d_step { !fork[RIGHT] -> fork[RIGHT] = true };
       fork[_pid] = false;
       fork[RIGHT] = false
    od
}
