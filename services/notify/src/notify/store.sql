-- name: known_rules
-- Changes when rules were applied or endpoints changed: cheap enough to ask in every batch.
select count(*), (select coalesce(max(revision), 0) from webhook_endpoint) from rule_version

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

-- name: open_cases
-- A row for each case there is none of: before any is locked, so that all are in one order.
insert into followed_case (case_id) select * from unnest($1::bigint[])
on conflict (case_id) do nothing

-- name: lock_cases
-- In id order: this lock is what makes one case's decisions follow each other. Most of what comes
-- needs no text of a case.
select case_id, epoch, version, replayed, sla_epoch, sla_version
from followed_case where case_id = any($1::bigint[]) order by case_id for update

-- name: read_cases
-- Cases with their texts: locked before, or only looked at.
select case_id, epoch, version, replayed, sla_epoch, sla_version, body, days
from followed_case where case_id = any($1::bigint[]) order by case_id

-- name: save_cases
-- The newest state and the newest days of locked cases; what is null stays as it is.
update followed_case as known
set epoch = coalesce(told.epoch, known.epoch), version = coalesce(told.version, known.version),
    body = coalesce(told.body, known.body), replayed = coalesce(told.replayed, known.replayed),
    sla_epoch = coalesce(told.sla_epoch, known.sla_epoch),
    sla_version = coalesce(told.sla_version, known.sla_version),
    sla_status_epoch = coalesce(told.sla_status_epoch, known.sla_status_epoch),
    sla_status_version = coalesce(told.sla_status_version, known.sla_status_version),
    days = coalesce(told.days, known.days)
from (select * from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[], $5::text[],
                           $6::integer[], $7::bigint[], $8::integer[], $9::bigint[], $10::text[])
      as rows (case_id, epoch, version, body, replayed, sla_epoch, sla_version, sla_status_epoch,
               sla_status_version, days)) as told
where known.case_id = told.case_id

-- name: forget_cases
-- Their texts were deleted everywhere; what was told stays, since it holds none.
delete from followed_case where case_id = any($1::bigint[])

-- name: forget_lines
-- Lines of forgotten cases.
delete from line_chunk where case_id = any($1::bigint[])

-- name: save_chunks
-- Only a higher version counts.
insert into line_chunk as known (case_id, chunk, epoch, version, chunks, body)
select * from unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::integer[],
                     $6::text[])
on conflict (case_id, chunk) do update set
    epoch = excluded.epoch, version = excluded.version, chunks = excluded.chunks,
    body = excluded.body
where (excluded.epoch, excluded.version) > (known.epoch, known.version)

-- name: drop_chunks
-- A chunk there no longer is.
delete from line_chunk using (select * from unnest($1::bigint[], $2::integer[])
                              as rows (case_id, chunk)) as gone
where line_chunk.case_id = gone.case_id and line_chunk.chunk = gone.chunk

-- name: load_chunks
-- All lines of these cases.
select case_id, chunk, epoch, version, chunks, body
from line_chunk where case_id = any($1::bigint[]) order by case_id, chunk

-- name: save_words
-- Said again, a moment counts from its latest detection.
insert into sla_word as known (case_id, word_id, detected_us, body)
select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[])
on conflict (case_id, word_id) do update set
    detected_us = excluded.detected_us, body = excluded.body
where excluded.detected_us > known.detected_us

-- name: load_words
-- What the SLA said of those of the first cases of which it said something that a rule may tell, and
-- of the second ones. The kinds are those of the index: on all other cases nothing hangs on a word.
select case_id, word_id, detected_us, body from sla_word
where case_id = any($2::bigint[] || array(
    select case_id from sla_word
    where case_id = any($1::bigint[]) and kind in ('warned', 'breached', 'reminder-due')))

-- name: save_payees
-- Only a higher version counts; returns the payees of whom something is new.
insert into known_payee as known (payee_id, version, key_id, nonce, sealed, redirect_to)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[], $6::text[])
on conflict (payee_id) do update set
    version = excluded.version, key_id = excluded.key_id, nonce = excluded.nonce,
    sealed = excluded.sealed, redirect_to = excluded.redirect_to
where excluded.version > known.version
returning payee_id

-- name: forget_payees
-- Their retention is over.
delete from known_payee where payee_id = any($1::text[])

-- name: load_payees
-- These payees, whom they lead to, and all who lead to the same: one person under several ids.
with recursive leads (payee_id) as (
    select * from unnest($1::text[])
    union
    select known.redirect_to from known_payee as known join leads using (payee_id)
    where known.redirect_to is not null
), family (payee_id) as (
    select payee_id from leads
    union
    select known.payee_id from known_payee as known
    join family on known.redirect_to = family.payee_id
)
select payee_id, version, key_id, nonce, sealed, redirect_to, gone_version
from known_payee where payee_id in (select payee_id from family) order by payee_id

-- name: mark_gone
-- Their address was refused for good: they are without one until something new is said of them.
update known_payee set gone_version = version where payee_id = any($1::text[])

-- name: waiting_for
-- The cases of which this recipient could not be told lately.
select distinct case_id from notice
where recipient_kind = $1 and recipient_id = $2 and reason = 'no-address' and asked_at > $3
order by case_id

-- name: waiting_for_offices
-- The cases of which an office could not be told lately.
select distinct case_id from notice
where recipient_kind <> 'payee' and reason = 'no-address' and asked_at > $1 order by case_id

-- name: waiting_for_address
-- The cases of which these payees could not be told.
select distinct case_id from notice
where recipient_id = any($1::text[]) and recipient_kind = 'payee' and reason = 'no-address'
