-- name: save_report
-- The newest answer alone: what a service said before is in its own metrics.
insert into report_row as known (service, question, body, at, failing_since, error)
values ($1, $2, $3, $4, null, null)
on conflict (service, question) do update set
    body = excluded.body, at = excluded.at, failing_since = null, error = null

-- name: fail_report
-- What was said last stays to be seen, with the moment since when nothing new came.
insert into report_row as known (service, question, body, at, failing_since, error)
values ($1, $2, null, null, $3, $4)
on conflict (service, question) do update set
    failing_since = coalesce(known.failing_since, excluded.failing_since), error = excluded.error

-- name: read_reports
-- All of them: a few per service.
select service, question, body, at, failing_since, error from report_row order by service, question

-- name: note_minute
-- A minute was up only if it was at each look.
insert into watched_minute as known (minute, up, down) values ($1, cardinality($2::text[]) = 0, $2)
on conflict (minute) do update set
    up = known.up and excluded.up,
    down = array(select distinct unnest(known.down || excluded.down) order by 1)

-- name: read_downtime
-- Since a moment: when watching began, minutes looked at, and those that were up.
select min(minute) as began, count(*)::integer as seen, (count(*) filter (where up))::integer as up
from watched_minute where minute >= $1

-- name: read_silent_cases
-- How many cases wait for a source's word, and how many were never judged by the newest state.
select count(*) filter (where undetermined)::integer as undetermined,
       (count(*) filter (where sla_status_epoch <> epoch or sla_status_version <> version))::integer
           as unjudged
from case_row where not ended and redirect_to is null

-- name: read_case_total
-- The number of cases here, to stand beside that of intake.
select count(*)::integer from case_row where redirect_to is null and body is not null

-- name: read_one_report
-- One answer, for pages that need no other.
select body from report_row where service = $1 and question = $2
