-- name: open_cases
-- A case's row exists before it is locked.
insert into followed_case (case_id) select * from unnest($1::bigint[])
on conflict (case_id) do nothing

-- name: lock_cases
-- In id order: this lock is what makes one case's versions follow each other.
select case_id, epoch, version, process, process_version, redirect_to, history, told_version,
       told_sha256
from followed_case where case_id = any($1::bigint[])
order by case_id for update

-- name: lock_due_cases
-- What the clock has made due; another process's share is passed over, not waited for.
select case_id, epoch, version, process, process_version, redirect_to, history, told_version,
       told_sha256
from followed_case where next_check_at <= $1 order by next_check_at limit $2
for update skip locked

-- name: read_case
-- One case for looking, without the lock.
select case_id, epoch, version, process, process_version, redirect_to, history, told_version,
       told_sha256
from followed_case where case_id = $1

-- name: load_clocks
-- What was told of the clocks of the locked cases.
select case_id, clause, start_source, start_id, state, charged, marks
from clock where case_id = any($1::bigint[])

-- name: known_state
-- Changes when rules were applied or a source was heard: cheap enough to ask in every batch.
select (select count(*) from rule_version) as rules,
       (select coalesce(sum(version + epoch + 1), 0) + count(*) from source_state)::bigint as sources

-- name: save_cases
-- The history as it came, and what was judged of it; the check of the sums fires here.
update followed_case as known set
    epoch = told.epoch, version = told.version, process = told.process,
    process_version = told.process_version, redirect_to = told.redirect_to, history = told.history,
    told_version = told.told_version, told_sha256 = told.told_sha256, days_unit = told.days_unit,
    days_finance = told.days_finance, days_bank = told.days_bank, days_payee = told.days_payee,
    days_nobody = told.days_nobody, days_total = told.days_total, waits = told.waits,
    next_check_at = told.next_check_at
from (select * from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[], $5::integer[],
                           $6::bigint[], $7::text[], $8::bigint[], $9::bytea[], $10::integer[],
                           $11::integer[], $12::integer[], $13::integer[], $14::integer[],
                           $15::integer[], $16::boolean[], $17::timestamptz[])
      as rows (case_id, epoch, version, process, process_version, redirect_to, history,
               told_version, told_sha256, days_unit, days_finance, days_bank, days_payee,
               days_nobody, days_total, waits, next_check_at)) as told
where known.case_id = told.case_id

-- name: save_clocks
-- The clocks as they are told now.
insert into clock (case_id, clause, start_source, start_id, state, charged, final_on, unit, kind,
                   fund, marks)
select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[],
                     $7::date[], $8::text[], $9::text[], $10::text[], $11::text[])
on conflict (case_id, clause) do update set
    start_source = excluded.start_source, start_id = excluded.start_id, state = excluded.state,
    charged = excluded.charged, final_on = excluded.final_on, unit = excluded.unit,
    kind = excluded.kind, fund = excluded.fund, marks = excluded.marks

-- name: drop_clocks
-- Clocks that never were: a late fact or another version took their start away.
delete from clock using (select * from unnest($1::bigint[], $2::text[]) as rows (case_id, clause))
    as gone
where clock.case_id = gone.case_id and clock.clause = gone.clause

-- name: supersede_verdicts
-- The verdict stays, with the reason why it no longer holds.
update verdict set superseded_at = $5, reason = wrong.reason
from (select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
      as rows (case_id, clause, kind, reason)) as wrong
where verdict.case_id = wrong.case_id and verdict.clause = wrong.clause
  and verdict.kind = wrong.kind and verdict.superseded_at is null

-- name: record_verdicts
-- One row per verdict for ever.
insert into verdict (case_id, clause, start_source, start_id, kind, charged, at, told_at)
select *, $8::timestamptz from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[],
                                      $6::integer[], $7::timestamptz[])

-- name: hear_sources
-- Only a higher version counts.
insert into source_state as known (source, heard_epoch, heard_version, heard)
select * from unnest($1::text[], $2::integer[], $3::bigint[], $4::text[])
on conflict (source) do update set
    heard_epoch = excluded.heard_epoch, heard_version = excluded.heard_version,
    heard = excluded.heard
where (excluded.heard_epoch, excluded.heard_version) > (known.heard_epoch, known.heard_version)

-- name: read_unsettled
-- Words that were heard and are not judged by yet.
select source, heard_epoch, heard_version, heard from source_state
where (heard_epoch, heard_version) > (epoch, version) order by source

-- name: settle_sources
-- A word that proved to be behind everything it covers is judged by from now on.
update source_state set epoch = told.epoch, version = told.version, body = told.body
from (select * from unnest($1::text[], $2::integer[], $3::bigint[], $4::text[])
      as rows (source, epoch, version, body)) as told
where source_state.source = told.source
  and (told.epoch, told.version) > (source_state.epoch, source_state.version)

-- name: wake_waiting
-- Cases with a verdict that waits for a source's word are looked at again at once; also those that
-- are due already, for whoever judges them just now may not have heard it.
update followed_case set next_check_at = $1 where waits

-- name: wake_all
-- New rules may move any case.
update followed_case set next_check_at = $1 where version >= 0

-- name: read_sources
-- All of them: they are tens. One of which no word has settled counts as silent, not as absent.
select source, coalesce(body, heard), body is not null from source_state order by source

-- name: read_rule_versions
-- All applied versions of all rules: tens of rows.
select kind, name, version, body from rule_version order by kind, name, version

-- name: add_rule_version
-- The same rules applied twice are one version.
insert into rule_version (kind, name, version, body, sha256, applied_at)
select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5
from rule_version where kind = $1 and name = $2
having coalesce((array_agg(sha256 order by version desc))[1], ''::bytea) <> $4
returning version

-- name: read_verdicts
-- All verdicts of a case, those that stand and those that do not, as they were told.
select clause, kind, at, charged, told_at, superseded_at, reason
from verdict where case_id = $1 order by verdict_id

-- name: attainment
-- A clock counts once, in the local month of its first final instant; the others by their state.
-- Percentiles are by nearest rank over the days charged of those that counted.
select to_char(final_on, 'YYYY-MM') as month,
       case $3::text when 'unit' then unit when 'kind' then kind when 'fund' then fund end as key,
       clause,
       count(*) filter (where state in ('met', 'missed', 'breached')) as n,
       count(*) filter (where state = 'met') as met,
       count(*) filter (where state in ('missed', 'breached')) as missed_or_breached,
       count(*) filter (where state = 'open') as open,
       count(*) filter (where state = 'void') as void,
       percentile_disc(0.50) within group (order by charged)
           filter (where state in ('met', 'missed')) as p50,
       percentile_disc(0.85) within group (order by charged)
           filter (where state in ('met', 'missed')) as p85,
       percentile_disc(0.95) within group (order by charged)
           filter (where state in ('met', 'missed')) as p95
from clock
where ($1::text is null or split_part(clause, '@', 1) = $1)
  and ($2::text is null or split_part(clause, '#', 2) = $2)
group by 1, 2, 3 order by 1 nulls last, 2, 3

-- name: page_cases
-- All cases in pages, only looked at, for judging what a proposal would change.
select case_id, epoch, version, process, process_version, redirect_to, history, told_version,
       told_sha256
from followed_case where case_id > $1 and version >= 0 and redirect_to is null
order by case_id limit $2

-- name: forget_samples
-- A case that is judged anew teaches anew, or nothing while it is not paid.
delete from sample where case_id = any($1::bigint[])

-- name: record_samples
-- One row for each entry into a stage that counts.
insert into sample (case_id, process, stage, kind, unit, ended_on, days)
select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[],
                     $7::integer[])

-- name: read_samples
-- What ended in the days before: read once a day.
select process, stage, kind, unit, ended_on, days from sample
where ended_on >= $1 and ended_on < $2

-- name: publish_month
-- The figures of a month as they stand; a month is published once.
insert into published_month (month, clause, n, met, p50, p85, p95, published_at)
select $1, clause, count(*), count(*) filter (where state = 'met'),
       percentile_disc(0.50) within group (order by charged) filter (where state <> 'breached'),
       percentile_disc(0.85) within group (order by charged) filter (where state <> 'breached'),
       percentile_disc(0.95) within group (order by charged) filter (where state <> 'breached'), $2
from clock
where to_char(final_on, 'YYYY-MM') = $1 and state in ('met', 'missed', 'breached')
group by clause
on conflict (month, clause) do nothing
returning clause, n, met

-- name: read_published
-- What was published, to stand beside what is true now.
select month, clause, n, met, p50, p85, p95, published_at from published_month
