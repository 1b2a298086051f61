-- Szymanski's algorithm for N processes, N > 1; j is 0 wherever it is dead.
const N: 2;

type id: 0 .. N - 1;
     place: enum { outside, door, doorway, look, let_in, inside, close, before, critical, behind,
                   leave };

var at: array [id] of place;
    j: array [id] of id;
    flag: array [id] of 0 .. 4;

function skip(x: 0 .. N; i: id): 0 .. N; begin
    return x = i ? x + 1 : x;
end;

procedure go_on(i: id; next: 0 .. N; after: place); begin
    if next < N then
        j[i] := next;
    else
        j[i] := 0;
        at[i] := after;
    end;
end;

startstate begin
    for i: id do
        at[i] := outside;
        j[i] := 0;
        flag[i] := 0;
    end;
end;

ruleset i: id do
    rule "outside" at[i] = outside ==> begin
        flag[i] := 1;
        j[i] := skip(0, i);
        at[i] := door;
    end;
    rule "at the door" at[i] = door & flag[j[i]] < 3 ==> begin
        go_on(i, skip(j[i] + 1, i), doorway);
    end;
    rule "in the doorway" at[i] = doorway ==> begin
        flag[i] := 3;
        j[i] := skip(0, i);
        at[i] := look;
    end;
    rule "look" at[i] = look ==> begin
        if flag[j[i]] = 1 then
            j[i] := 0;
            at[i] := let_in;
        else
            go_on(i, skip(j[i] + 1, i), close);
        end;
    end;
    rule "let it in" at[i] = let_in ==> begin
        flag[i] := 2;
        at[i] := inside;
    end;
    rule "wait inside" at[i] = inside ==> begin
        if flag[j[i]] = 4 then
            j[i] := 0;
            at[i] := close;
        else
            j[i] := (j[i] + 1) % N;
        end;
    end;
    rule "close the door" at[i] = close ==> begin
        flag[i] := 4;
        at[i] := i = 0 ? critical : before;
    end;
    rule "wait for those before" at[i] = before & flag[j[i]] < 2 ==> begin
        go_on(i, j[i] + 1 < i ? j[i] + 1 : N, critical);
    end;
    rule "critical" at[i] = critical ==> begin
        at[i] := behind;
        go_on(i, i + 1, leave);
    end;
    rule "wait for those behind" at[i] = behind & (flag[j[i]] < 2 | flag[j[i]] = 4) ==> begin
        go_on(i, j[i] + 1, leave);
    end;
    rule "leave" at[i] = leave ==> begin
        flag[i] := 0;
        at[i] := outside;
    end;
end;
