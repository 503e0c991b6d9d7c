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
-- A case's row exists before it is locked.
insert into followed_case (case_id) select * from unnest($1::bigint[])
on conflict (case_id) do nothing

-- name: lock_cases
-- In id order: this lock is what makes one case's decisions follow each other.
select case_id, epoch, version, body, replayed, sla_epoch, sla_version, sla_status_epoch,
       sla_status_version, days
from followed_case where case_id = any($1::bigint[]) order by case_id for update

-- name: read_cases
-- Cases for looking, without the lock.
select case_id, epoch, version, body, replayed, sla_epoch, sla_version, sla_status_epoch,
       sla_status_version, days
from followed_case where case_id = any($1::bigint[])

-- name: save_cases
-- The newest state as it came, and which of its events came by a replay.
update followed_case as known
set epoch = told.epoch, version = told.version, body = told.body, replayed = told.replayed
from (select * from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[], $5::text[])
      as rows (case_id, epoch, version, body, replayed)) as told
where known.case_id = told.case_id

-- name: forget_cases
-- Their texts were deleted everywhere; what was told stays, since it holds none.
delete from followed_case where case_id = any($1::bigint[])

-- name: forget_lines
-- Lines of forgotten cases.
delete from line_chunk where case_id = any($1::bigint[])

-- name: save_days
-- What the SLA says of a case's days; only a higher version counts.
insert into followed_case as known (case_id, sla_epoch, sla_version, sla_status_epoch,
                                    sla_status_version, days)
select * from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::integer[], $5::bigint[],
                     $6::text[])
on conflict (case_id) do update set
    sla_epoch = excluded.sla_epoch, sla_version = excluded.sla_version,
    sla_status_epoch = excluded.sla_status_epoch,
    sla_status_version = excluded.sla_status_version, days = excluded.days
where (excluded.sla_epoch, excluded.sla_version) > (known.sla_epoch, known.sla_version)

-- name: save_chunks
-- Only a higher version counts; returns the cases some of whose lines are new.
insert into line_chunk as known (case_id, chunk, epoch, version, chunks, body)
select * from unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::integer[],
                     $6::text[])
on conflict (case_id, chunk) do update set
    epoch = excluded.epoch, version = excluded.version, chunks = excluded.chunks,
    body = excluded.body
where (excluded.epoch, excluded.version) > (known.epoch, known.version)
returning case_id

-- name: drop_chunks
-- A chunk there no longer is.
delete from line_chunk using (select * from unnest($1::bigint[], $2::integer[])
                              as rows (case_id, chunk)) as gone
where line_chunk.case_id = gone.case_id and line_chunk.chunk = gone.chunk
returning line_chunk.case_id

-- name: load_chunks
-- All lines of these cases.
select case_id, epoch, version, chunk, chunks, body
from line_chunk where case_id = any($1::bigint[]) order by case_id, chunk

-- name: save_words
-- Said again, a moment counts from its latest detection; returns the cases with news.
insert into sla_word as known (case_id, word_id, detected_us, body)
select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[])
on conflict (case_id, word_id) do update set
    detected_us = excluded.detected_us, body = excluded.body
where excluded.detected_us > known.detected_us
returning case_id

-- name: load_words
-- What the SLA said of these cases.
select case_id, body from sla_word where case_id = any($1::bigint[])

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
