-- name: lock_records
-- All notices that lie on these cases or hang on these events, locked in one order by everybody.
select place, notice_id, case_id, process, rule, anchor, recipient_kind, recipient_id, channel,
       language, told, at, corrects, first, holds, version, state, reason, maybe_told, asked_at, due_at,
       attempt, message_id, told_at, failure
from notice
where notice_id in (
    select notice_id from notice where case_id = any($1::bigint[])
    union
    select notice.notice_id from notice
    join (select * from unnest($2::text[], $3::text[]) as rows (source, id)) as key
      on notice.anchor_source = key.source and notice.anchor_id = key.id)
order by notice_id for update

-- name: read_records
-- The notices of a case as they were made, for looking.
select place, notice_id, case_id, process, rule, anchor, recipient_kind, recipient_id, channel,
       language, told, at, corrects, first, holds, version, state, reason, maybe_told, asked_at, due_at,
       attempt, message_id, told_at, failure
from notice where case_id = $1 order by place

-- name: add_notices
-- An identity is written once, whatever was decided twice; returns those that are new.
insert into notice (notice_id, case_id, process, rule, anchor_source, anchor_id, anchor,
                    recipient_kind, recipient_id, channel, language, told, at, corrects, first, holds, version,
                    state, reason, maybe_told, asked_at, due_at, attempt, message_id, told_at,
                    failure)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
                     $13::timestamptz[], $14::text[], $15::text[], $16::boolean[], $17::integer[],
                     $18::text[], $19::text[], $20::boolean[], $21::timestamptz[],
                     $22::timestamptz[], $23::integer[], $24::text[], $25::timestamptz[],
                     $26::text[])
on conflict (notice_id) do nothing returning notice_id

-- name: save_notices
-- Locked before by whoever writes them; what was told of a notice sent is never among the changes.
update notice as known
set case_id = now.case_id, rule = now.rule, anchor_source = now.anchor_source,
    anchor_id = now.anchor_id, anchor = now.anchor, recipient_kind = now.recipient_kind,
    recipient_id = now.recipient_id, channel = now.channel, language = now.language,
    told = now.told, at = now.at, corrects = now.corrects, first = now.first, holds = now.holds,
    version = now.version, state = now.state, reason = now.reason, maybe_told = now.maybe_told,
    asked_at = now.asked_at, due_at = now.due_at, attempt = now.attempt,
    message_id = now.message_id, told_at = now.told_at, failure = now.failure
from (select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[],
                           $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                           $12::text[], $13::timestamptz[], $14::text[], $15::text[],
                           $16::boolean[], $17::integer[], $18::text[], $19::text[],
                           $20::boolean[], $21::timestamptz[], $22::timestamptz[],
                           $23::integer[], $24::text[], $25::timestamptz[], $26::text[])
      as rows (notice_id, case_id, process, rule, anchor_source, anchor_id, anchor, recipient_kind,
               recipient_id, channel, language, told, at, corrects, first, holds, version, state,
               reason, maybe_told, asked_at, due_at, attempt, message_id, told_at, failure)) as now
where known.notice_id = now.notice_id

-- name: try_claiming
-- One process claims at a time: two would part the news of one recipient into two messages.
select pg_try_advisory_xact_lock(hashtext('notify claims'))

-- name: is_due
-- Whether peek_due would find anything: asked after every batch, and answered by one index.
select exists (
    select from notice left join followed_case using (case_id)
    where due_at <= $1 and channel = any($3::text[])
      and (asked_at <= $2
           or (sla_status_epoch, sla_status_version) >= (epoch, followed_case.version)))

-- name: peek_due
-- What is due over these channels and to whom, the longest due first; of one instant, message by
-- message, so that only the last one may be cut off. News waits until $2 for the SLA's word on it.
select notice_id, case_id, process, recipient_kind, recipient_id, channel, language, message_id
from notice left join followed_case using (case_id)
where due_at <= $1 and channel = any($4::text[])
  and (asked_at <= $2 or (sla_status_epoch, sla_status_version) >= (epoch, followed_case.version))
order by due_at, message_id, process, recipient_kind, recipient_id, channel, language limit $3

-- name: lock_due
-- What is still due of these; rows under an outcome that is just being written are passed over.
select place, notice_id, case_id, process, rule, anchor, recipient_kind, recipient_id, channel,
       language, told, at, corrects, first, holds, version, state, reason, maybe_told, asked_at, due_at,
       attempt, message_id, told_at, failure
from notice where due_at <= $1 and notice_id = any($2::text[])
order by notice_id for update skip locked

-- name: lock_notices
-- These notices, for what became of them.
select place, notice_id, case_id, process, rule, anchor, recipient_kind, recipient_id, channel,
       language, told, at, corrects, first, holds, version, state, reason, maybe_told, asked_at, due_at,
       attempt, message_id, told_at, failure
from notice where notice_id = any($1::text[]) order by notice_id for update

-- name: lock_held
-- What waits for an operator's word: of one rule, by identity, or all.
select place, notice_id, case_id, process, rule, anchor, recipient_kind, recipient_id, channel,
       language, told, at, corrects, first, holds, version, state, reason, maybe_told, asked_at, due_at,
       attempt, message_id, told_at, failure
from notice
where state = 'held' and ($1::text is null or rule = $1)
  and ($2::text[] is null or notice_id = any($2))
order by notice_id for update

-- name: count_held
-- What waits for an operator's word, by rule, channel and hour.
select rule, channel, date_trunc('hour', asked_at, 'UTC') as hour, count(*) as notices,
       min(notice_id) as example
from notice where state = 'held' group by 1, 2, 3 order by 3, 1, 2

-- name: read_unreached
-- Who could not be told, and what could not be delivered; newest first.
select notice_id as notice, case_id as case, rule, recipient_kind, recipient_id, channel, state,
       reason, failure, at
from notice
where (reason = 'no-address' and state <> 'expired') or state = 'failed-permanent'
order by place desc limit $1

-- name: count_hour
-- This hour's number after these, locked until the end of the transaction: always asked for last.
insert into hour_count as known (hour, asked) values ($1, $2)
on conflict (hour) do update set asked = known.asked + excluded.asked
returning asked

-- name: same_hours
-- The same hour of the days before.
select asked from hour_count where hour = any($1::timestamptz[])
