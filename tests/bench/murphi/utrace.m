-- models/utrace/base.py with its default parameters and N engines, as in promela/utrace.pml.
const N: 2;

type id: 0 .. N - 1;
     place: enum { test_report, take_report, reporting_engine, read_flags, tell, test_stop, mark,
                   not_reporting, finish_test, finish, stop_entry, stopped_entry, call, to_user,
                   resume_test, resume_take, resume_engine, resume_flags, reset, stop_resume,
                   stopped_resume, to_user_again, ended };

var at: place;
    i: id; -- 0 wherever it is dead
    stops: boolean; -- the action of the pass is STOP
    owner: array [id] of boolean; -- it is about to say RESUME
    stop: array [id] of boolean;
    told: array [id] of boolean;
    owes: array [id] of boolean;
    report: boolean;
    stopped: boolean;
    tif_notify: boolean;
    went_early: boolean;
    reporting: 0 .. N; -- N for nobody

procedure goes_on(); begin
    for e: id do
        if owes[e] then
            went_early := true;
        end;
    end;
end;

procedure to_user_mode(); begin
    if tif_notify then
        tif_notify := false;
        at := resume_test;
    else
        goes_on();
        at := ended;
    end;
end;

startstate begin
    at := test_report;
    i := 0;
    stops := false;
    for e: id do
        owner[e] := false;
        stop[e] := false;
        told[e] := false;
        owes[e] := false;
    end;
    report := false;
    stopped := false;
    tif_notify := false;
    went_early := false;
    reporting := N;
end;

rule "start_report: test report" at = test_report ==> begin
    assert !stopped;
    if report then
        at := take_report;
    else
        i := N - 1;
        at := reporting_engine;
    end;
end;
rule "start_report" at = take_report ==> begin
    report := false;
    i := N - 1;
    at := reporting_engine;
end;
rule "start_callback: reporting = engine" at = reporting_engine ==> begin
    reporting := i;
    at := read_flags;
end;
rule "start_callback: read flags" at = read_flags ==> begin
    stops := stops | stop[i];
    at := tell;
end;
rule "callback: tell the owner" at = tell ==> begin
    told[i] := true;
    owes[i] := true;
    at := test_stop;
end;
rule "finish_callback: test ENGINE_STOP" at = test_stop ==> begin
    stops := true;
    at := stop[i] ? not_reporting : mark;
end;
rule "mark_engine_wants_stop" at = mark ==> begin
    stop[i] := true;
    at := not_reporting;
end;
rule "finish_callback: reporting = NULL" at = not_reporting ==> begin
    reporting := N;
    if i > 0 then
        i := i - 1;
        at := reporting_engine;
    else
        stops := false;
        at := finish_test;
    end;
end;
rule "finish_report: test report" at = finish_test ==> begin
    at := report ? stop_entry : finish;
end;
rule "finish_report" at = finish ==> begin
    report := true;
    tif_notify := true;
    at := stop_entry;
end;
rule "utrace_stop" at = stop_entry | at = stop_resume ==> begin
    assert !stopped;
    stopped := true;
    at := at = stop_entry ? stopped_entry : stopped_resume;
end;
rule "stopped" (at = stopped_entry | at = stopped_resume) & !stopped ==> begin
    at := at = stopped_entry ? call : to_user_again;
end;
rule "system call" at = call ==> begin
    goes_on();
    at := to_user;
end;
rule "return to user mode" at = to_user | at = to_user_again ==> begin
    to_user_mode();
end;
rule "start_report: test report, of utrace_resume" at = resume_test ==> begin
    assert !stopped;
    at := report ? resume_take : resume_engine;
end;
rule "start_report, of utrace_resume" at = resume_take ==> begin
    report := false;
    at := resume_engine;
end;
rule "start_callback: reporting = engine, of utrace_resume" at = resume_engine ==> begin
    reporting := i;
    at := resume_flags;
end;
rule "start_callback: read flags, of utrace_resume" at = resume_flags ==> begin
    stops := stops | stop[i];
    if i + 1 < N then
        i := i + 1;
        at := resume_engine;
    else
        i := 0;
        at := reset;
    end;
end;
rule "finish_resume_report: utrace_reset" at = reset ==> begin
    at := stops ? stop_resume : to_user_again;
    stops := false;
end;

ruleset e: id do
    rule "wait for an event" !owner[e] & told[e] ==> begin
        told[e] := false;
        owner[e] := true;
    end;
    rule "utrace_control(RESUME)" owner[e] ==> begin
        stop[e] := false;
        if stopped then
            stopped := exists o: id do stop[o] end;
        end;
        owes[e] := false;
        owner[e] := false;
    end;
end;
