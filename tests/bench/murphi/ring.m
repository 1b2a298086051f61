-- Chang and Roberts's election on a ring of N processes; got is 0 wherever it is dead.
const N: 2;

type id: 0 .. N - 1;

var at: array [id] of 0 .. 3; -- send, receive, pass on, ended
    got: array [id] of 0 .. N;
    link: array [id] of 0 .. N;
    leader: 0 .. N;

startstate begin
    for i: id do
        at[i] := 0;
        got[i] := 0;
        link[i] := 0;
    end;
    leader := 0;
end;

ruleset i: id do
    rule "send" at[i] = 0 & link[(i + 1) % N] = 0 ==> begin
        link[(i + 1) % N] := N - i;
        at[i] := 1;
    end;
    rule "receive" at[i] = 1 & link[i] != 0 ==> begin
        if link[i] = N - i then
            leader := N - i;
            at[i] := 3;
        elsif link[i] > N - i then
            got[i] := link[i];
            at[i] := 2;
        end;
        link[i] := 0;
    end;
    rule "pass on" at[i] = 2 & link[(i + 1) % N] = 0 ==> begin
        link[(i + 1) % N] := got[i];
        got[i] := 0;
        at[i] := 1;
    end;
end;
