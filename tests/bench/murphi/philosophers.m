-- Dining philosophers who all take the left fork first, and put the forks down one by one.
const N: 2;

type id: 0 .. N - 1;

var at: array [id] of 0 .. 3;
    fork: array [id] of boolean;

startstate begin
    for i: id do
        at[i] := 0;
        fork[i] := false;
    end;
end;

ruleset i: id do
    rule "take the left fork" at[i] = 0 & !fork[i] ==> begin
        fork[i] := true;
        at[i] := 1;
    end;
    rule "take the right fork" at[i] = 1 & !fork[(i + 1) % N] ==> begin
        fork[(i + 1) % N] := true;
        at[i] := 2;
    end;
    rule "put the left fork down" at[i] = 2 ==> begin
        fork[i] := false;
        at[i] := 3;
    end;
    rule "put the right fork down" at[i] = 3 ==> begin
        fork[(i + 1) % N] := false;
        at[i] := 0;
    end;
end;
