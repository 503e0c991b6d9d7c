-- name: add_changes
-- A change is told once, however often it is heard of; returns those that are new.
insert into contact_change (change_id, payee_id, payee_version, channel, language, process, key_id,
                            nonce, sealed, said_at, state, reason, version, asked_at, due_at,
                            attempt, maybe_told, told_at, failure)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                     $7::text[], $8::bytea[], $9::bytea[], $10::timestamptz[], $11::text[],
                     $12::text[], $13::integer[], $14::timestamptz[], $15::timestamptz[],
                     $16::integer[], $17::boolean[], $18::timestamptz[], $19::text[])
on conflict (change_id) do nothing returning change_id

-- name: lock_due_changes
-- What is due; rows that another process claims, or writes an outcome of, are passed over.
select change_id, payee_id, payee_version, channel, language, process, key_id, nonce, sealed,
       said_at, state, reason, version, asked_at, due_at, attempt, maybe_told, told_at, failure
from contact_change where due_at <= $1 order by due_at, change_id limit $2
for update skip locked

-- name: lock_change
-- One change, for what became of it.
select change_id, payee_id, payee_version, channel, language, process, key_id, nonce, sealed,
       said_at, state, reason, version, asked_at, due_at, attempt, maybe_told, told_at, failure
from contact_change where change_id = $1 for update

-- name: lock_held_changes
-- What waits for an operator's word: by identity, or all.
select change_id, payee_id, payee_version, channel, language, process, key_id, nonce, sealed,
       said_at, state, reason, version, asked_at, due_at, attempt, maybe_told, told_at, failure
from contact_change where state = 'held' and ($1::text[] is null or change_id = any($1))
order by change_id for update

-- name: save_changes
-- What became of them; locked before by whoever writes them.
update contact_change as known
set key_id = now.key_id, nonce = now.nonce, sealed = now.sealed, state = now.state,
    reason = now.reason, version = now.version, due_at = now.due_at, attempt = now.attempt,
    maybe_told = now.maybe_told, told_at = now.told_at, failure = now.failure
from (select * from unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::text[],
                           $6::text[], $7::integer[], $8::timestamptz[], $9::integer[],
                           $10::boolean[], $11::timestamptz[], $12::text[])
      as rows (change_id, key_id, nonce, sealed, state, reason, version, due_at, attempt,
               maybe_told, told_at, failure)) as now
where known.change_id = now.change_id

-- name: forget_changes
-- The time of keeping these payees is over.
delete from contact_change where payee_id = any($1::text[])

-- name: count_held_changes
-- What waits for an operator's word, by channel and hour.
select channel, date_trunc('hour', asked_at, 'UTC') as hour, count(*) as notices,
       min(change_id) as example
from contact_change where state = 'held' group by 1, 2 order by 2, 1

-- name: read_changes
-- The newest changes for looking; no address stands in what is read.
select change_id as notice, payee_id as payee, channel, said_at, state, reason, attempt, maybe_told,
       told_at, failure
from contact_change order by place desc limit $1
