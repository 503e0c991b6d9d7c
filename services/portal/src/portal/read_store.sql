-- name: case_by_id
-- One case in full.
select *, (sla_status_epoch, sla_status_version) is distinct from (epoch, version) as recomputed
from case_row where case_id = $1 and body is not null

-- name: case_by_number
-- By the number on paper. Should two cases have it for a moment, the newer one.
select *, (sla_status_epoch, sla_status_version) is distinct from (epoch, version) as recomputed
from case_row where number = $1 and body is not null order by case_id desc limit 1

-- name: chunks_of
-- All lines of a case.
select epoch, version, chunk, chunks, body from line_chunk where case_id = $1 order by chunk

-- name: family_of
-- All the ids a person is known by: the one that stayed first.
select payee_id from payee_row
where root_id = coalesce((select root_id from payee_row where payee_id = $1), $1)
union select $1
order by 1

-- name: root_of
-- The id that stayed.
select root_id from payee_row where payee_id = $1

-- name: is_payee_of
-- Whether one of these ids has lines in a case.
select exists (select from case_payee where payee_id = any($1::text[]) and case_id = $2)

-- name: payees_of
-- Who has lines in a case, as the ids that stayed.
select distinct coalesce(known.root_id, mine.payee_id) as payee_id
from case_payee as mine left join payee_row as known using (payee_id)
where mine.case_id = $1 order by 1

-- name: own_cases
-- A payee's cases, newest change first. Under several ids a person may have several rows of one
-- case: their lines are taken together, what came back before what waits, and so on.
select known.*, mine.standing, own_group, mine.net, mine.paid_on, mine.lines, mine.alone
from (
    select case_id,
           case when bool_or(standing = 'bounced') then 'bounced'
                when bool_or(standing = 'waits') then 'waits'
                when bool_or(standing = 'paid') then 'paid'
                else 'cancelled' end as standing,
           sum(net) as net, max(paid_on) as paid_on, sum(lines)::integer as lines,
           bool_and(alone) as alone
    from case_payee
    where payee_id = any($1::text[]) and ($2::bigint[] is null or case_id = any($2))
    group by case_id
) as mine
join case_brief as known using (case_id)
cross join lateral (
    select case mine.standing when 'paid' then 4 when 'cancelled' then null
                              else known.stage_group end as own_group
) as place
where known.redirect_to is null
  and ($3::integer is null or coalesce(own_group, 0) = $3)
  and (not $4 or mine.standing = 'bounced'
       or (mine.standing = 'waits' and known.stage = $5))
order by known.changed_at desc, known.case_id desc
limit $6 offset $7

-- name: count_groups
-- How many cases of a payee stand in which group, with their own net; standing as in own_cases.
select coalesce(case mine.standing when 'paid' then 4 when 'cancelled' then null
                                   else known.stage_group end, 0)::integer as own_group,
       coalesce(known.currency, '') as currency, count(*) as cases, sum(mine.net) as net,
       count(*) filter (where mine.standing = 'bounced'
                              or (mine.standing = 'waits' and known.stage = $2)) as needs_me
from (
    select case_id,
           case when bool_or(standing = 'bounced') then 'bounced'
                when bool_or(standing = 'waits') then 'waits'
                when bool_or(standing = 'paid') then 'paid'
                else 'cancelled' end as standing,
           sum(net) as net
    from case_payee where payee_id = any($1::text[]) group by case_id
) as mine
join case_brief as known using (case_id)
where known.redirect_to is null
group by 1, 2

-- name: count_months
-- By month what came in and what was paid to a payee.
select month, currency, sum(came)::integer as came, sum(paid)::integer as paid, sum(net) as net
from (
    select to_char(known.opened_at at time zone $2, 'YYYY-MM') as month,
           coalesce(known.currency, '') as currency, 1 as came, 0 as paid, 0::numeric as net
    from case_payee as mine join case_brief as known using (case_id)
    where mine.payee_id = any($1::text[]) and known.redirect_to is null
      and known.opened_at >= $3
    union all
    select to_char(mine.paid_on, 'YYYY-MM'), coalesce(known.currency, ''), 0, 1, mine.net
    from case_payee as mine join case_brief as known using (case_id)
    where mine.payee_id = any($1::text[]) and known.redirect_to is null
      and mine.paid_on >= $3
) as told
group by month, currency order by month

-- name: search_all
-- Cases in which every word is found, among all or those of some units. A word typed in full is
-- one piece of the index, so a number needs no more than one look; else the pieces of three letters
-- are looked for together. Words too short for that are only looked for in what was found.
with asked (place, word, pieces) as (
    select place, word, string_to_array(pieces, ' ')
    from unnest($1::text[], $2::text[]) with ordinality as told (word, pieces, place)
), hit (case_id, place, part) as (
    -- A word that is nearly everywhere says nothing: enough of its cases are looked at.
    select found.case_id, asked.place, found.part
    from asked cross join lateral (
        select case_id, part from search_row
        where grams @> asked.pieces and strpos(words, asked.word) > 0 limit 20000
    ) as found
    where cardinality(asked.pieces) > 0
), named (case_id, place) as (
    select mine.case_id, told.place
    from unnest($3::text[]) with ordinality as told (pieces, place)
    join payee_row as known on known.name_grams @> string_to_array(told.pieces, ' ')
    join case_payee as mine on mine.payee_id = known.payee_id
    where told.pieces <> ''
), every (case_id, fitted) as (
    select case_id, min(by_what) from (
        select case_id, place, case when part = 'number' then 'number' else 'words' end as by_what
        from hit
        union all select case_id, place, 'name' from named
    ) as one
    group by case_id
    having count(distinct place) = (select count(*) from asked where cardinality(pieces) > 0)
)
select known.*, every.fitted
from every join case_brief as known using (case_id)
where known.redirect_to is null
  and ($4::text[] is null or known.unit = any($4::text[]))
  and not exists (
      select from asked where cardinality(asked.pieces) = 0
      and not exists (select from search_row as found where found.case_id = known.case_id
                      and strpos(found.words, asked.word) > 0))
order by known.changed_at desc, known.case_id desc limit $5

-- name: search_own
-- The same among the cases of one payee, by what this payee may see of them. $3: the words that are
-- found in the payee's own name.
with asked (place, word) as (
    select place, word from unnest($2::text[]) with ordinality as told (word, place)
), mine (case_id, alone) as (
    select case_id, bool_and(alone) from case_payee where payee_id = any($1::text[])
    group by case_id
), hit (case_id, place, part) as (
    select mine.case_id, asked.place, found.part
    from mine
    join search_row as found on found.case_id = mine.case_id
        and (found.part = 'number' or (found.part = 'about' and mine.alone)
             or found.payee_id = any($1::text[]))
    join asked on strpos(found.words, asked.word) > 0
    union all
    select mine.case_id, asked.place, 'name' from mine, asked where asked.word = any($3::text[])
), every (case_id, fitted) as (
    select case_id, min(case part when 'number' then 'number' when 'name' then 'name'
                                  else 'words' end)
    from hit group by case_id
    having count(distinct place) = (select count(*) from asked)
)
select known.*, every.fitted
from every join case_brief as known using (case_id)
where known.redirect_to is null
order by known.changed_at desc, known.case_id desc limit $4

-- name: payees
-- What is kept of these payees, sealed.
select payee_id, key_id, nonce, sealed, contact_changed_at
from payee_row where payee_id = any($1::text[])

-- name: payee_of_identity
-- Whose identity it is. Several that were not found to be one yet: always the same one of them.
select min(root_id) from payee_row where blinds && $1::bytea[]

-- name: notices_of
-- What was told of a case.
select body from notice_row where case_id = $1 order by at desc, notice_id

-- name: notices_to_payee
-- What was told of a case to one payee.
select body from notice_row
where case_id = $1 and recipient_kind = 'payee' and recipient_id = any($2::text[])
order by at desc, notice_id

-- name: sources
-- Every source: tens of rows.
select body, told_at from source_row order by source

-- name: source
-- One source.
select body, told_at from source_row where source = $1
