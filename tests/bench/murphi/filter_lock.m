-- Peterson's filter lock for N processes, N > 1; k and j are 1 and 0 wherever they are dead.
const N: 2;

type id: 0 .. N - 1;

var at: array [id] of 0 .. 3; -- level, last, wait, critical
    k: array [id] of 1 .. N - 1;
    j: array [id] of id;
    level: array [id] of id;
    last: array [id] of id;

function skip(x: 0 .. N; i: id): 0 .. N; begin
    return x = i ? x + 1 : x;
end;

startstate begin
    for i: id do
        at[i] := 0;
        k[i] := 1;
        j[i] := 0;
        level[i] := 0;
        last[i] := 0;
    end;
end;

ruleset i: id do
    rule "level" at[i] = 0 ==> begin
        level[i] := k[i];
        at[i] := 1;
    end;
    rule "last" at[i] = 1 ==> begin
        last[k[i]] := i;
        j[i] := skip(0, i);
        at[i] := 2;
    end;
    rule "wait" at[i] = 2 & (level[j[i]] < k[i] | last[k[i]] != i) ==>
        var next: 0 .. N;
    begin
        next := skip(j[i] + 1, i);
        if next < N then
            j[i] := next;
        elsif k[i] < N - 1 then
            k[i] := k[i] + 1;
            j[i] := 0;
            at[i] := 0;
        else
            k[i] := 1;
            j[i] := 0;
            at[i] := 3;
        end;
    end;
    rule "critical" at[i] = 3 ==> begin
        level[i] := 0;
        at[i] := 0;
    end;
end;
