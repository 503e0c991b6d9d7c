-- name: lock_cases
-- In id order: this lock is what makes one case's versions follow each other.
select case_id, epoch, version, process, process_version, redirect_to, history, told_version,
       told_sha256, told, replayed_us, waits_for, next_check_at, queue, held_us, moved_us, woken
from followed_case where case_id = any($1::bigint[])
order by case_id for update

-- name: lock_due_cases
-- What the clock has made due; another process's share is passed over, not waited for.
select case_id, epoch, version, process, process_version, redirect_to, history, told_version,
       told_sha256, told, replayed_us, waits_for, next_check_at, queue, held_us, moved_us, woken
from followed_case where next_check_at <= $1 order by next_check_at limit $2
for update skip locked

-- name: read_case
-- One case for looking, without the lock.
select case_id, epoch, version, process, process_version, redirect_to, history, told_version,
       told_sha256, told, replayed_us, waits_for, next_check_at, queue, held_us, moved_us, woken
from followed_case where case_id = $1

-- name: page_cases
-- All cases in pages, only looked at, for judging what a proposal would change.
select case_id, epoch, version, process, process_version, redirect_to, history, told_version,
       told_sha256, told, replayed_us, waits_for, next_check_at, queue, held_us, moved_us, woken
from followed_case where case_id > $1 and redirect_to is null
order by case_id limit $2

-- name: known_state
-- Changes when rules were applied or a source was heard: cheap enough to ask in every batch.
select (select count(*) from rule_version) as rules,
       (select coalesce(sum(version + epoch + 1), 0) + count(*) from source_state)::bigint as sources

-- name: save_cases
-- The history as it came, and what was judged of it; the check of the sums fires here.
update followed_case as known set
    epoch = told.epoch, version = told.version, process = told.process,
    process_version = told.process_version, redirect_to = told.redirect_to, history = told.history,
    told_version = told.told_version, told_sha256 = told.told_sha256, told = told.told,
    replayed_us = told.replayed_us,
    days_unit = told.days_unit, days_finance = told.days_finance, days_bank = told.days_bank,
    days_payee = told.days_payee, days_nobody = told.days_nobody, days_total = told.days_total,
    waits_for = told.waits_for, next_check_at = told.next_check_at, queue = told.queue,
    held_us = told.held_us, moved_us = told.moved_us, woken = null
from (select * from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[], $5::integer[],
                           $6::bigint[], $7::text[], $8::bigint[], $9::bytea[], $10::text[],
                           $11::bigint[], $12::integer[], $13::integer[], $14::integer[], $15::integer[],
                           $16::integer[], $17::integer[], $18::text[], $19::timestamptz[],
                           $20::text[], $21::bigint[], $22::bigint[])
      as rows (case_id, epoch, version, process, process_version, redirect_to, history,
               told_version, told_sha256, told, replayed_us, days_unit, days_finance, days_bank,
               days_payee, days_nobody, days_total, waits_for, next_check_at, queue, held_us, moved_us)) as told
where known.case_id = told.case_id

-- name: supersede_verdicts
-- The verdict stays, with the reason why it no longer holds.
update verdict set superseded_at = $5, reason = wrong.reason
from (select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
      as rows (case_id, clause, kind, reason)) as wrong
where verdict.case_id = wrong.case_id and verdict.clause = wrong.clause
  and verdict.kind = wrong.kind and verdict.superseded_at is null

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
-- Cases with a verdict that waits for the word of one of these sources are looked at again at once;
-- also those that are due already, for whoever judges them just now may not have heard it.
update followed_case set next_check_at = $1, woken = coalesce(woken, 'sources')
where waits_for <> '' and string_to_array(waits_for, ' ') && $2::text[]

-- name: wake_all
-- New rules may move any case.
update followed_case set next_check_at = $1, woken = 'rules' where version >= 0

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
