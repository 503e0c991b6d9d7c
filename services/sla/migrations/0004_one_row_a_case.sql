-- What was told of a case's clocks stands with the case, and a verdict says what it counts for: so a
-- state changes one row, a verdict adds one, and nothing else is written.
-- The tables this replaces go: no release has them.
alter table followed_case
    -- The clocks as they were told last: [[clause, source, id, state, charged, [[kind, offset, at]]]].
    add column told text not null default '[]',
    -- The sources a moment passed still waits for, with a space between them.
    add column waits_for text not null default '',
    -- Whose queue the case stands in (a party; of the parties that are many, which one), and since
    -- when that party has it without a break.
    add column queue text,
    add column held_us bigint,
    -- When the case last moved.
    add column moved_us bigint,
    -- What made the case due before its time, until it is judged: rules or sources.
    add column woken text check (woken in ('rules', 'sources'));

update followed_case as known set told = had.told
from (
    select case_id, json_agg(json_build_array(clause, start_source, start_id, state, charged,
                                              marks::json) order by clause)::text as told
    from clock group by case_id
) as had where known.case_id = had.case_id;

drop index followed_case_waits;
alter table followed_case drop column waits;
create index followed_case_waits on followed_case (case_id) where waits_for <> '';
create index followed_case_queue on followed_case (queue, held_us) where queue is not null;
create index followed_case_moved on followed_case (moved_us);

-- `counted_on`: the local date a verdict counts on, that of the stop where the promise was kept, else
-- that of the breach; none for a void one. The rest is what attainment is told apart by.
alter table verdict
    add column counted_on date,
    add column unit text,
    add column case_kind text,
    add column fund text;
update verdict set counted_on = clock.final_on, unit = clock.unit, case_kind = clock.kind,
                   fund = clock.fund
from clock where clock.case_id = verdict.case_id and clock.clause = verdict.clause
             and verdict.kind <> 'voided';
alter table verdict drop constraint verdict_pkey, add primary key (case_id, verdict_id);
drop index verdict_by_case;
-- Attainment reads the verdicts that stand.
create index verdict_counted on verdict (counted_on) where superseded_at is null;

drop table clock, sample;
-- All are judged again, which fills what is new.
update followed_case set next_check_at = '1970-01-01T00:00Z', woken = 'rules' where version >= 0;
