-- name: count_as_a_whole
-- Figures read whole tables, while the pool plans for rows by key.
select set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true)

-- name: clear_figures
-- Everything counted is counted anew: a late fact may change any month.
delete from figure_row

-- name: count_figures
-- A clock counts once, in its month. A void one counts nowhere. All versions of a clause together.
insert into figure_row (clause, month, grouping, key, key2, n, met, stopped, p15, p50, p85, p95)
select clause, month,
       case grouping(unit, kind, fund) when 7 then 'all' when 3 then 'unit' when 5 then 'kind'
                                       when 6 then 'fund' else 'unit-kind' end,
       coalesce(case when grouping(unit) = 0 then unit when grouping(kind) = 0 then kind
                     when grouping(fund) = 0 then fund end, ''),
       case when grouping(unit, kind) = 0 then kind else '' end,
       count(*), count(*) filter (where state = 'met'),
       count(*) filter (where state in ('met', 'missed')),
       percentile_disc(0.15) within group (order by charged) filter (where state in ('met', 'missed')),
       percentile_disc(0.50) within group (order by charged) filter (where state in ('met', 'missed')),
       percentile_disc(0.85) within group (order by charged) filter (where state in ('met', 'missed')),
       percentile_disc(0.95) within group (order by charged) filter (where state in ('met', 'missed'))
from (select regexp_replace(clause, '@[^#]*', '') as clause, month, state, charged,
             coalesce(unit, '') as unit, coalesce(kind, '') as kind, coalesce(fund, '') as fund
      from clock_row where month is not null and state <> 'void') as clock
group by grouping sets ((clause, month), (clause, month, unit), (clause, month, kind),
                        (clause, month, fund), (clause, month, unit, kind))

-- name: clear_running
-- As with the figures.
delete from running_row

-- name: count_running
-- What still may be met or missed, and what is past its budget already.
insert into running_row (clause, unit, kind, open, breached)
select regexp_replace(clause, '@[^#]*', ''), coalesce(unit, ''), coalesce(kind, ''),
       count(*) filter (where state = 'open'), count(*) filter (where state = 'breached')
from clock_row where state in ('open', 'breached') group by 1, 2, 3

-- name: clear_due
-- As with the figures.
delete from due_row

-- name: count_due
-- By which date something has to be done, or a promise is broken.
insert into due_row (clause, party, due_on, unit, n)
select regexp_replace(clause, '@[^#]*', ''), party, due_on, coalesce(unit, ''), count(*)
from clock_row where state = 'open' and due_on is not null group by 1, 2, 3, 4

-- name: clear_standing
-- As with the figures.
delete from standing_row

-- name: count_standing
-- Who has what now. A case that was joined to another is that one.
insert into standing_row (holder, stage, unit, kind, n, late, undetermined, days_sum, days_counted,
                          days_max, oldest_on)
select coalesce(holder, ''), stage, coalesce(unit, ''), coalesce(kind, ''), count(*),
       count(*) filter (where breached_on is not null), count(*) filter (where undetermined),
       coalesce(sum(charged), 0), count(charged), max(charged), (min(since) at time zone $1)::date
from case_row
where not ended and redirect_to is null and stage is not null group by 1, 2, 3, 4

-- name: cases_not_waited
-- Ended cases whose days are not yet known, or are those of an earlier state. A few at a time.
select case_row.case_id, case_row.epoch, case_row.version, case_row.process, case_row.unit,
       case_row.kind, case_row.body, case_row.ended_at
from case_row left join wait_row using (case_id)
where case_row.ended and case_row.redirect_to is null and case_row.body is not null
  and case_row.ended_at is not null
  and (wait_row.case_id is null
       or (wait_row.epoch, wait_row.version) <> (case_row.epoch, case_row.version))
limit $1

-- name: save_waits
-- The lists of a row come as JSON: arrays of unequal length cannot lie in one array.
insert into wait_row (case_id, epoch, version, process, month, unit, kind, stages, parties, days)
select case_id, epoch, version, process, month, unit, kind,
       array(select jsonb_array_elements_text(parts::jsonb -> 0)),
       array(select jsonb_array_elements_text(parts::jsonb -> 1)),
       array(select jsonb_array_elements_text(parts::jsonb -> 2)::integer)
from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[], $5::text[], $6::text[],
            $7::text[], $8::text[])
     as rows (case_id, epoch, version, process, month, unit, kind, parts)
on conflict (case_id) do update set
    epoch = excluded.epoch, version = excluded.version, process = excluded.process,
    month = excluded.month, unit = excluded.unit, kind = excluded.kind,
    stages = excluded.stages, parties = excluded.parties, days = excluded.days

-- name: drop_waits
-- Cases that were opened again, joined to another or deleted have not ended.
delete from wait_row where not exists (
    select from case_row where case_row.case_id = wait_row.case_id and case_row.ended
      and case_row.redirect_to is null and case_row.body is not null)

-- name: clear_wait_sums
-- As with the figures.
delete from wait_sum

-- name: sum_waits
-- Per month so many days with each party in each stage. The row without party counts the cases.
insert into wait_sum (process, month, unit, party, stage, days, cases)
select process, month, coalesce(unit, ''), part.party, part.stage, sum(part.spent), count(*)
from wait_row, unnest(stages, parties, days) as part (stage, party, spent)
group by 1, 2, 3, 4, 5
union all
select process, month, coalesce(unit, ''), '', '', 0, count(*) from wait_row group by 1, 2, 3

-- name: cases_not_forecast
-- Cases that wait and of whose present stage no forecast was kept yet. A few at a time.
select case_row.case_id, case_row.stage, case_row.process, case_row.sla_body
from case_row left join forecast_row
  on forecast_row.case_id = case_row.case_id and forecast_row.stage = case_row.stage
where not case_row.ended and case_row.redirect_to is null and case_row.sla_body is not null
  and case_row.stage is not null and forecast_row.case_id is null
  and (case_row.sla_status_epoch, case_row.sla_status_version) = (case_row.epoch, case_row.version)
  and case_row.case_id > $2
order by case_row.case_id limit $1

-- name: keep_forecasts
-- The first one stands: what is said later is easier.
insert into forecast_row (case_id, stage, process, half_on, most_on, told_at)
select * from unnest($1::bigint[], $2::text[], $3::text[], $4::date[], $5::date[], $6::timestamptz[])
on conflict (case_id, stage) do nothing

-- name: settle_forecasts
-- Of those that were paid, on which date. One that ended otherwise is forgotten: it was no payment.
update forecast_row set paid_on = (case_row.ended_at at time zone $1)::date
from case_row
where forecast_row.paid_on is null and case_row.case_id = forecast_row.case_id
  and case_row.ended and case_row.stage_group = $2

-- name: stamp_figures
-- Each page of figures says as of when.
insert into figure_stamp (at, seconds) values ($1, $2)
on conflict (one) do update set at = excluded.at, seconds = excluded.seconds

-- name: read_stamp
-- As of when all figures are.
select at, seconds from figure_stamp

-- name: read_figures
-- By months, of one way of grouping; an empty clause means all.
select clause, month, key, key2, n, met, stopped, p15, p50, p85, p95 from figure_row
where grouping = $1 and ($2 = '' or clause = $2) and month >= $3 and month <= $4
order by clause, month, key, key2

-- name: read_running
-- What runs now, by one of unit and kind.
select clause, case $1::text when 'unit' then unit when 'kind' then kind else '' end as key,
       sum(open)::integer as open, sum(breached)::integer as breached
from running_row where $2 = '' or clause = $2 group by 1, 2 order by 1, 2

-- name: read_due
-- What is due until a date, and what should have been done already but may not be said yet.
select clause, party, due_on, sum(n)::integer as n from due_row
where due_on <= $1 and ($2 = '' or unit = $2) group by 1, 2, 3 order by 1, 3, 2

-- name: read_standing
-- Who has what, by holder and stage; $1 narrows to a unit, $2 to a kind; empty means all.
select holder, stage, sum(n)::integer as n, sum(late)::integer as late,
       sum(undetermined)::integer as undetermined, sum(days_sum)::integer as days_sum,
       sum(days_counted)::integer as days_counted, max(days_max) as days_max,
       min(oldest_on) as oldest_on
from standing_row where ($1 = '' or unit = $1) and ($2 = '' or kind = $2)
group by 1, 2 order by 1, 2

-- name: read_standing_by
-- The same, by unit or kind, of one holder and stage.
select case $1::text when 'unit' then unit else kind end as key, sum(n)::integer as n,
       sum(late)::integer as late, sum(days_sum)::integer as days_sum,
       sum(days_counted)::integer as days_counted, max(days_max) as days_max
from standing_row where ($2 = '' or holder = $2) and ($3 = '' or stage = $3)
group by 1 order by 1

-- name: read_waits
-- The days of some months by party and stage. The row without party holds the number of cases.
select process, month, party, stage, sum(days)::bigint as days, sum(cases)::integer as cases
from wait_sum where month = any($1::text[]) and ($2 = '' or unit = $2)
group by 1, 2, 3, 4 order by 1, 2, 3, 4

-- name: read_wait_months
-- For open data: all months that are over.
select process, month, party, stage, sum(days)::bigint as days, sum(cases)::integer as cases
from wait_sum where month < $1 group by 1, 2, 3, 4 order by 2, 1, 3, 4

-- name: read_forecasts
-- Of the forecasts whose money came since a date: how often it came in time.
select process, stage, count(*)::integer as n,
       (count(*) filter (where paid_on <= half_on))::integer as by_half,
       (count(*) filter (where paid_on <= most_on))::integer as by_most
from forecast_row where paid_on >= $1 group by 1, 2 order by 1, 2

-- name: count_use
-- A number per day: whoever fetched it is not written down.
insert into open_data_use as known (day, dataset, format, n) values ($1, $2, $3, 1)
on conflict (day, dataset, format) do update set n = known.n + 1

-- name: read_use
-- How often each set was fetched since a date.
select dataset, sum(n)::bigint as n from open_data_use where day >= $1 group by 1 order by 1
