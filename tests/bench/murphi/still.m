-- One state, in which nothing can happen: what a verifier needs in any case.
const N: 2;
var moves: array [0 .. N - 1] of boolean;
startstate begin for i: 0 .. N - 1 do moves[i] := false; end; end;
ruleset i: 0 .. N - 1 do
    rule "wait" moves[i] ==> begin moves[i] := false; end;
end;
