-- name: read_verdicts
-- All verdicts of a case, those that stand and those that do not, as they were told.
select clause, kind, at, charged, told_at, superseded_at, reason
from verdict where case_id = $1 order by verdict_id

-- name: attainment
-- A clock counts once, in the local month of its first final instant: where it is missed or void,
-- the breach before that is the same clock once more. Percentiles are by nearest rank over the days
-- charged of those that stopped.
select to_char(counted_on, 'YYYY-MM') as month,
       case $3::text when 'unit' then unit when 'kind' then case_kind when 'fund' then fund end as key,
       clause,
       count(*) filter (where kind <> 'voided') as n,
       count(*) filter (where kind = 'met') as met,
       count(*) filter (where kind in ('missed', 'breached')) as missed_or_breached,
       0::bigint as open,
       count(*) filter (where kind = 'voided') as void,
       percentile_disc(0.50) within group (order by charged)
           filter (where kind in ('met', 'missed')) as p50,
       percentile_disc(0.85) within group (order by charged)
           filter (where kind in ('met', 'missed')) as p85,
       percentile_disc(0.95) within group (order by charged)
           filter (where kind in ('met', 'missed')) as p95
from verdict
where superseded_at is null
  and ($1::text is null or split_part(clause, '@', 1) = $1)
  and ($2::text is null or split_part(clause, '#', 2) = $2)
  and (kind <> 'breached' or not exists (
        select from verdict as last
        where last.case_id = verdict.case_id and last.clause = verdict.clause
          and last.kind in ('missed', 'voided') and last.superseded_at is null))
group by 1, 2, 3

-- name: running
-- The clocks that run and are not breached, of the cases that are looked at again: all others have
-- none.
select case $3::text when 'unit' then history::jsonb -> 1 ->> 'unit'
                     when 'kind' then history::jsonb -> 1 ->> 'kind'
                     when 'fund' then history::jsonb -> 1 ->> 'fund' end as key,
       clock ->> 0 as clause,
       count(*) as open
from followed_case, jsonb_array_elements(told::jsonb) as clock
where next_check_at is not null and clock ->> 3 = 'open'
  and ($1::text is null or split_part(clock ->> 0, '@', 1) = $1)
  and ($2::text is null or split_part(clock ->> 0, '#', 2) = $2)
group by 1, 2

-- name: publish_month
-- The figures of a month as they stand; a month is published once.
insert into published_month (month, clause, n, met, p50, p85, p95, published_at)
select $1, clause, count(*), count(*) filter (where kind = 'met'),
       percentile_disc(0.50) within group (order by charged) filter (where kind <> 'breached'),
       percentile_disc(0.85) within group (order by charged) filter (where kind <> 'breached'),
       percentile_disc(0.95) within group (order by charged) filter (where kind <> 'breached'), $2
from verdict
where to_char(counted_on, 'YYYY-MM') = $1 and superseded_at is null
  and (kind <> 'breached' or not exists (
        select from verdict as last
        where last.case_id = verdict.case_id and last.clause = verdict.clause
          and last.kind in ('missed', 'voided') and last.superseded_at is null))
group by clause
on conflict (month, clause) do nothing
returning clause, n, met

-- name: read_published
-- What was published, to stand beside what is true now.
select month, clause, n, met, p50, p85, p95, published_at from published_month

-- name: read_moved
-- Who moved lately, and in which version: asked once a day, to learn anew only what is new.
select case_id, epoch, version from followed_case
where moved_us >= $1 and redirect_to is null

-- name: read_histories
-- What is learnt from.
select case_id, epoch, version, process, process_version, history, told
from followed_case where case_id = any($1::bigint[])

-- name: read_queues
-- All that wait for somebody, once a day.
select process, queue, held_us, told from followed_case where queue is not null

-- name: read_queue
-- All that wait for one party, when somebody asks where a case stands among them.
select process, queue, held_us, told from followed_case where queue = $2 and process = $1
