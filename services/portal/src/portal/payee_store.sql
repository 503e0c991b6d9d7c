-- Payees, sealed, and whom each leads to.

-- name: load_payees
-- What is kept of these payees.
select payee_id, version, key_id, nonce, sealed, contact_changed_at
from payee_row where payee_id = any($1::text[])

-- name: load_families
-- All who lead to whom one of these leads to, or to one of them.
select payee_id, root_id, key_id, nonce, sealed from payee_row
where root_id = any($1::text[])
   or root_id in (select root_id from payee_row where payee_id = any($1::text[]))

-- name: rest_payees
-- When the way to reach them became another one.
update payee_row as known set contact_changed_at = told.at
from unnest($1::text[], $2::timestamptz[]) as told (payee_id, at)
where known.payee_id = told.payee_id

-- name: save_payees
-- Only a higher version counts; returns the payees of whom something was written.
insert into payee_row as known (
    payee_id, version, key_id, nonce, sealed, redirect_to, root_id, name_grams, blinds,
    contact_changed_at, built)
select told.payee_id, told.version, told.key_id, told.nonce, told.sealed, told.redirect_to,
       told.payee_id, string_to_array(told.name_grams, ' '),
       array(select decode(one, 'hex') from unnest(string_to_array(told.blinds, ' ')) as one),
       told.contact_changed_at, (select number from rebuild)
from unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[], $6::text[], $7::text[],
            $8::text[], $9::timestamptz[])
     as told (payee_id, version, key_id, nonce, sealed, redirect_to, name_grams, blinds,
              contact_changed_at)
on conflict (payee_id) do update set
    version = excluded.version, key_id = excluded.key_id, nonce = excluded.nonce,
    sealed = excluded.sealed, redirect_to = excluded.redirect_to,
    name_grams = excluded.name_grams, blinds = excluded.blinds,
    contact_changed_at = excluded.contact_changed_at, built = excluded.built
where excluded.version > known.version
   or (excluded.built > known.built and excluded.version = known.version)
returning payee_id

-- name: lead_payees
-- Whom each payee leads to now: of these payees, and of all who lead to them.
with recursive touched (payee_id) as (
    select * from unnest($1::text[])
    union
    select known.payee_id from payee_row as known join touched on known.redirect_to = touched.payee_id
), way (payee_id, at, steps) as (
    select payee_id, payee_id, 0 from touched
    union all
    select way.payee_id, known.redirect_to, way.steps + 1
    from way join payee_row as known on known.payee_id = way.at
    where known.redirect_to is not null and way.steps < 50
), root (payee_id, root_id) as (
    select distinct on (payee_id) payee_id, at from way order by payee_id, steps desc
)
update payee_row as known set root_id = root.root_id
from root where known.payee_id = root.payee_id and known.root_id <> root.root_id

-- name: forget_payees
-- Their retention is over.
delete from payee_row where payee_id = any($1::text[])
