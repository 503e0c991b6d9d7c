-- name: save_cases
-- Only a higher version counts; a rebuild writes an equal one again, with its number. Returns the
-- cases of which something was written.
insert into case_row as known (
    case_id, epoch, version, body, number, title, process, stage, stage_group, holder, unit, kind,
    fund, since, opened_at, ended, ended_at, amount, currency, redirect_to, contradictions,
    returned, bounced_lines, changed_at, built)
select told.*, (select number from rebuild) from unnest(
    $1::bigint[], $2::integer[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::smallint[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::timestamptz[], $15::timestamptz[], $16::boolean[], $17::timestamptz[], $18::numeric[],
    $19::text[], $20::bigint[], $21::integer[], $22::integer[], $23::integer[],
    $24::timestamptz[]) as told
on conflict (case_id) do update set
    epoch = excluded.epoch, version = excluded.version, body = excluded.body,
    number = excluded.number, title = excluded.title, process = excluded.process,
    stage = excluded.stage, stage_group = excluded.stage_group, holder = excluded.holder,
    unit = excluded.unit, kind = excluded.kind, fund = excluded.fund, since = excluded.since,
    opened_at = excluded.opened_at, ended = excluded.ended, ended_at = excluded.ended_at,
    amount = excluded.amount, currency = excluded.currency, redirect_to = excluded.redirect_to,
    contradictions = excluded.contradictions, returned = excluded.returned,
    bounced_lines = excluded.bounced_lines, changed_at = excluded.changed_at,
    built = excluded.built
where (excluded.epoch, excluded.version) > (known.epoch, known.version)
   or (excluded.built > known.built
       and (excluded.epoch, excluded.version) = (known.epoch, known.version))
returning case_id

-- name: mark_clocks
-- The clocks of a case are counted by what it is now.
update clock_row set unit = known.unit, kind = known.kind, fund = known.fund, stage = known.stage
from case_row as known
where clock_row.case_id = any($1::bigint[]) and known.case_id = clock_row.case_id
  and (clock_row.unit, clock_row.kind, clock_row.fund, clock_row.stage)
      is distinct from (known.unit, known.kind, known.fund, known.stage)

-- name: save_search
-- Most changes of a case change nothing it is found by: then the index is left alone.
insert into search_row as known (case_id, part, payee_id, words, grams)
select told.case_id, told.part, told.payee_id, told.words, string_to_array(told.pieces, ' ')
from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
     as told (case_id, part, payee_id, words, pieces)
on conflict (case_id, part) do update set words = excluded.words, grams = excluded.grams
where known.words <> excluded.words or known.grams <> excluded.grams

-- name: drop_search
-- Parts of a case that there no longer are: all but those named.
delete from search_row using (
    select told.case_id, told.part from unnest($1::bigint[], $2::text[]) as told (case_id, part)
) as gone
where search_row.case_id = gone.case_id and search_row.part = gone.part

-- name: drop_line_search
-- The rows of payees who have no line in these cases now.
delete from search_row where case_id = any($1::bigint[]) and part like 'line:%'
  and not exists (select from case_payee
                  where case_payee.payee_id = search_row.payee_id
                    and case_payee.case_id = search_row.case_id)

-- name: save_days
-- The half of a case that the SLA tells; only a higher version counts. Returns the cases of which
-- something was written. The row may be new: the SLA's word can come before the case's own.
insert into case_row as known (
    case_id, sla_epoch, sla_version, sla_status_epoch, sla_status_version, sla_body, waits_for,
    charged, budget, due_on, breached_on, undetermined, sla_built)
select told.*, (select number from rebuild) from unnest(
    $1::bigint[], $2::integer[], $3::bigint[], $4::integer[], $5::bigint[], $6::text[], $7::text[],
    $8::integer[], $9::integer[], $10::date[], $11::date[], $12::boolean[]) as told
on conflict (case_id) do update set
    sla_epoch = excluded.sla_epoch, sla_version = excluded.sla_version,
    sla_status_epoch = excluded.sla_status_epoch,
    sla_status_version = excluded.sla_status_version, sla_body = excluded.sla_body,
    waits_for = excluded.waits_for, charged = excluded.charged, budget = excluded.budget,
    due_on = excluded.due_on, breached_on = excluded.breached_on,
    undetermined = excluded.undetermined, sla_built = excluded.sla_built
where (excluded.sla_epoch, excluded.sla_version) > (known.sla_epoch, known.sla_version)
   or (excluded.sla_built > known.sla_built
       and (excluded.sla_epoch, excluded.sla_version) = (known.sla_epoch, known.sla_version))
returning case_id

-- name: save_clocks
-- Each clause's clock, with what its case is now.
insert into clock_row as known (
    case_id, clause, party, state, charged, budget, due_on, breached_on, stopped_on, month,
    unit, kind, fund, stage)
select told.*, known.unit, known.kind, known.fund, known.stage
from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::integer[],
            $7::date[], $8::date[], $9::date[], $10::text[])
     as told (case_id, clause, party, state, charged, budget, due_on, breached_on, stopped_on,
              month)
join case_row as known using (case_id)
on conflict (case_id, clause) do update set
    party = excluded.party, state = excluded.state, charged = excluded.charged,
    budget = excluded.budget, due_on = excluded.due_on, breached_on = excluded.breached_on,
    stopped_on = excluded.stopped_on, month = excluded.month, unit = excluded.unit,
    kind = excluded.kind, fund = excluded.fund, stage = excluded.stage
where (known.party, known.state, known.charged, known.budget, known.due_on, known.breached_on,
       known.stopped_on, known.month, known.unit, known.kind, known.fund, known.stage)
      is distinct from
      (excluded.party, excluded.state, excluded.charged, excluded.budget, excluded.due_on,
       excluded.breached_on, excluded.stopped_on, excluded.month, excluded.unit, excluded.kind,
       excluded.fund, excluded.stage)

-- name: drop_clocks
-- Clocks that a case no longer has: of these cases all but those named.
delete from clock_row where case_id = any($1::bigint[])
  and not exists (select from unnest($2::bigint[], $3::text[]) as kept (case_id, clause)
                  where kept.case_id = clock_row.case_id and kept.clause = clock_row.clause)

-- name: lock_lines
-- The chunks of one case come over several partitions, so two processes may hold one each; whoever
-- adds up all of them does so alone. In id order.
select pg_advisory_xact_lock(hashtext('portal lines'), (case_id % 2147483647)::integer)
from unnest($1::bigint[]) as told (case_id) order by case_id

-- name: save_chunks
-- Only a higher version counts; returns the cases some of whose lines were written.
insert into line_chunk as known (case_id, chunk, epoch, version, chunks, body, built)
select told.*, (select number from rebuild)
from unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::integer[], $6::text[])
     as told
on conflict (case_id, chunk) do update set
    epoch = excluded.epoch, version = excluded.version, chunks = excluded.chunks,
    body = excluded.body, built = excluded.built
where (excluded.epoch, excluded.version) > (known.epoch, known.version)
   or (excluded.built > known.built
       and (excluded.epoch, excluded.version) = (known.epoch, known.version))
returning case_id

-- name: drop_chunks
-- A chunk there no longer is.
delete from line_chunk using (select * from unnest($1::bigint[], $2::integer[])
                              as rows (case_id, chunk)) as gone
where line_chunk.case_id = gone.case_id and line_chunk.chunk = gone.chunk
returning line_chunk.case_id

-- name: load_chunks
-- All lines of these cases.
select case_id, body from line_chunk where case_id = any($1::bigint[]) order by case_id, chunk

-- name: save_own_lines
-- What each payee's own lines say together.
insert into case_payee as known (payee_id, case_id, standing, net, paid_on, lines, alone)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::numeric[], $5::date[],
                     $6::integer[], $7::boolean[])
on conflict (payee_id, case_id) do update set
    standing = excluded.standing, net = excluded.net, paid_on = excluded.paid_on,
    lines = excluded.lines, alone = excluded.alone
where (known.standing, known.net, known.paid_on, known.lines, known.alone)
      is distinct from
      (excluded.standing, excluded.net, excluded.paid_on, excluded.lines, excluded.alone)

-- name: drop_own_lines
-- Payees who have no line in these cases any more: of these cases all but those named.
delete from case_payee where case_id = any($1::bigint[])
  and not exists (select from unnest($2::text[], $3::bigint[]) as kept (payee_id, case_id)
                  where kept.case_id = case_payee.case_id
                    and kept.payee_id = case_payee.payee_id)

-- name: forget_cases
-- Their time of keeping is over: nothing of them stays.
delete from case_row where case_id = any($1::bigint[])

-- name: forget_lines
-- Lines of forgotten cases.
delete from line_chunk where case_id = any($1::bigint[])

-- name: forget_own_lines
-- Whose they were.
delete from case_payee where case_id = any($1::bigint[])

-- name: forget_search
-- What they were found by.
delete from search_row where case_id = any($1::bigint[])

-- name: forget_clocks
-- Their clocks.
delete from clock_row where case_id = any($1::bigint[])

-- name: forget_notices
-- What was told of them.
delete from notice_row where case_id = any($1::bigint[])

-- name: save_notices
-- Of one notice only a higher version counts.
insert into notice_row as known (
    notice_id, case_id, recipient_kind, recipient_id, state, reason, at, version, body)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::timestamptz[], $8::integer[], $9::text[])
on conflict (notice_id) do update set
    case_id = excluded.case_id, recipient_kind = excluded.recipient_kind,
    recipient_id = excluded.recipient_id, state = excluded.state, reason = excluded.reason,
    at = excluded.at, version = excluded.version, body = excluded.body
where excluded.version > known.version

-- name: save_sources
-- Only a higher version counts.
insert into source_row as known (source, epoch, version, told_at, body, built)
select told.*, (select number from rebuild)
from unnest($1::text[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::text[]) as told
on conflict (source) do update set
    epoch = excluded.epoch, version = excluded.version, told_at = excluded.told_at,
    body = excluded.body, built = excluded.built
where (excluded.epoch, excluded.version) > (known.epoch, known.version)
   or (excluded.built > known.built
       and (excluded.epoch, excluded.version) = (known.epoch, known.version))

-- name: forget_sources
-- Sources that are no longer registered.
delete from source_row where source = any($1::text[])

-- name: begin_rebuild
-- From now on whatever is written carries the new number.
update rebuild set number = number + 1 returning number

-- name: unsaid_cases
-- Cases of which neither half was said during the rebuild.
select case_id from case_row where built < $1 and sla_built < $1

-- name: unsay_states
-- Cases of which only the SLA still speaks.
update case_row set
    body = null, version = -1, epoch = 0, number = null, title = null, process = null, stage = null,
    stage_group = null, holder = null, unit = null, kind = null, fund = null, since = null,
    opened_at = null, ended = false, ended_at = null, amount = null, currency = null,
    redirect_to = null, contradictions = 0, returned = 0, bounced_lines = 0, changed_at = null,
    built = $1
where built < $1 and body is not null and sla_built >= $1 returning case_id

-- name: unsay_days
-- Cases of which the SLA no longer speaks.
update case_row set sla_body = null, sla_version = -1, sla_epoch = 0, waits_for = null,
    charged = null, budget = null, due_on = null, breached_on = null, undetermined = false,
    sla_built = $1
where sla_built < $1 and sla_body is not null and built >= $1 returning case_id

-- name: unsaid_chunks
-- Lines that were not said during the rebuild.
select case_id, chunk from line_chunk where built < $1

-- name: unsaid_payees
-- Payees of whom nothing was said during the rebuild.
select payee_id from payee_row where built < $1

-- name: unsaid_sources
-- Sources of which nothing was said during the rebuild.
select source from source_row where built < $1
