-- Held notices, for who decides about them.

-- name: held_rules
-- How many each rule has: a flood is decided by its rule, not one by one.
select body::jsonb ->> 'rule' as rule, min(body::jsonb ->> 'title') as title, count(*) as notices
from notice_row where state = 'held' group by 1 order by 3 desc, 1

-- name: held_chosen
-- Those of the chosen that are held still, with their cases, for the access log.
select notice_id, case_id from notice_row
where state = 'held' and notice_id = any($1::text[]) order by notice_id
