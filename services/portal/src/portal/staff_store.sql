-- What staff see of many cases at once, and their second factors.

-- name: board
-- The most pressing of each stage, with how many there are: what is past its budget first, then what
-- is due next. `$3` narrows to one holder, `$6` to what is late or close.
with chosen as (
    select known.*,
           row_number() over (
               partition by stage
               order by breached_on nulls last, due_on nulls last, since, case_id
           ) as place,
           count(*) over (partition by stage) as stage_cases,
           count(*) filter (where breached_on is not null) over (partition by stage) as stage_late
    from case_row as known
    where not ended and body is not null and redirect_to is null
      and ($1::text[] is null or unit = any($1::text[]))
      and ($2::text[] is null or stage = any($2::text[]))
      and ($3::text is null or kind = $3)
      and ($4::text is null or fund = $4)
      and (not $5::boolean or breached_on is not null or due_on <= $6::date)
)
select *, (sla_status_epoch, sla_status_version) is distinct from (epoch, version) as recomputed
from chosen where place <= $7
order by stage, place;

-- name: board_list
-- The same as one list, page by page.
select known.*, (sla_status_epoch, sla_status_version) is distinct from (epoch, version)
           as recomputed
from case_row as known
where not ended and body is not null and redirect_to is null
  and ($1::text[] is null or unit = any($1::text[]))
  and ($2::text[] is null or stage = any($2::text[]))
  and ($3::text is null or kind = $3)
  and ($4::text is null or fund = $4)
  and (not $5::boolean or breached_on is not null or due_on <= $6::date)
order by breached_on nulls last, due_on nulls last, since, case_id
limit $7 offset $8;

-- name: units
-- The units that have something open: what a board may be narrowed to.
select distinct unit from case_row where not ended and unit is not null order by 1 limit 500;

-- name: undetermined
-- Cases whose days nobody can tell, because a source is silent; the longest waiting first.
select known.*, (sla_status_epoch, sla_status_version) is distinct from (epoch, version)
           as recomputed
from case_row as known
where undetermined and not ended and body is not null and redirect_to is null
  and ($1::text[] is null or unit = any($1::text[]))
order by since, case_id limit $2;

-- name: contradictions
-- Cases of which something was said that cannot be.
select known.*, (sla_status_epoch, sla_status_version) is distinct from (epoch, version)
           as recomputed
from case_row as known
where contradictions > 0 and body is not null and redirect_to is null
  and ($1::text[] is null or unit = any($1::text[]))
order by ended, changed_at desc, case_id limit $2;

-- name: unreachable
-- What could not be told for want of an address, and what was refused where it was sent.
select notice.body, known.number, known.unit
from notice_row as notice join case_row as known using (case_id)
where ((notice.reason = 'no-address' and notice.state <> 'expired')
       or notice.state = 'failed-permanent')
  and ($1::text[] is null or known.unit = any($1::text[]))
order by notice.at desc, notice.notice_id limit $2;

-- name: held
-- What the guard against a flood keeps back until finance or an operator decides. Letters about a
-- change of address are about no case.
select notice.body, known.number, known.unit
from notice_row as notice left join case_row as known using (case_id)
where notice.state = 'held'
  and ($1::text[] is null or known.unit = any($1::text[]))
order by notice.at desc, notice.notice_id limit $2;

-- name: count_lists
-- How much waits in each list that is made from the read tables.
select (select count(*) from case_row where undetermined and not ended and body is not null
            and redirect_to is null and ($1::text[] is null or unit = any($1::text[]))),
       (select count(*) from case_row where contradictions > 0 and body is not null
            and redirect_to is null and ($1::text[] is null or unit = any($1::text[]))),
       (select count(*) from notice_row as notice join case_row as known using (case_id)
            where ((notice.reason = 'no-address' and notice.state <> 'expired')
                   or notice.state = 'failed-permanent')
              and ($1::text[] is null or known.unit = any($1::text[]))),
       (select count(*) from notice_row as notice left join case_row as known using (case_id)
            where notice.state = 'held' and ($1::text[] is null or known.unit = any($1::text[])));

-- name: second_factor
-- The authenticator app of a person.
select key_id, nonce, sealed, last_step from second_factor where person = $1;

-- name: keep_second_factor
-- The first app that is proved stays: whoever comes second has to use it.
insert into second_factor (person, key_id, nonce, sealed, made_at, last_step)
values ($1, $2, $3, $4, $5, $6) on conflict (person) do nothing returning person;

-- name: take_second_factor
-- A code is taken once: of two with the same step one gets in.
update second_factor set last_step = $2 where person = $1 and last_step < $2 returning person;

-- name: forget_second_factor
-- The telephone was lost: the next sign-in begins with a new app.
delete from second_factor where person = $1 returning person;
