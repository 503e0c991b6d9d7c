-- name: find_known
-- What a batch begins with: the revision of the rules; its membership version, higher than all
-- before and never from a block (of two processes the later decision must have the higher one); the
-- newest case id; and which of these events we have or a retraction already waits for.
with begun as materialized (
    select revision, nextval('membership') as membership, (select last_value from case_id) as newest
    from revision)
select begun.revision, begun.membership, begun.newest,
       known.source, known.id, known.digest, known.cluster_id, known.retraction_cluster
from begun left join (
    select k.source, k.id, j.digest, j.cluster_id, r.cluster_id as retraction_cluster
    from unnest($1::text[], $2::text[]) as k (source, id)
    left join journal j on j.source = k.source and j.id = k.id
    left join retraction r on r.target_source = k.source and r.target_id = k.id
    where j.id is not null or r.id is not null) as known on true

-- name: find_references
-- The clusters that know these references, with all that their plain path needs.
select r.reference, c.cluster_id, c.events, c.openers, c.settlers, c.units, c.special, c.case_id
from reference r join cluster c using (cluster_id) where r.reference = any($1::text[])

-- name: find_clusters
-- Those that a batch touches by an event instead of a reference.
select cluster_id, events, openers, settlers, units, special, case_id
from cluster where cluster_id = any($1::bigint[])

-- name: record_retractions
-- A retraction may come before its target; the target finds it here.
insert into retraction (target_source, target_id, cluster_id, source, id)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])

-- name: save_clusters
-- What a batch made of its clusters. Their summaries are of all events so far, so a later batch need
-- not read them.
insert into cluster (cluster_id, process, events, openers, settlers, units, special, case_id)
select cluster_id, process, events, openers, settlers,
       case when units = '' then '{}'::text[] else string_to_array(units, chr(31)) end, special,
       case_id
from unnest($1::bigint[], $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::text[],
            $7::boolean[], $8::bigint[])
     as rows (cluster_id, process, events, openers, settlers, units, special, case_id)
on conflict (cluster_id) do update set
    events = excluded.events, openers = excluded.openers, settlers = excluded.settlers,
    units = excluded.units, special = excluded.special, case_id = excluded.case_id

-- name: bind_references
-- A reference follows its cluster when clusters join.
insert into reference (reference, value, cluster_id)
select * from unnest($1::text[], $2::text[], $3::bigint[])
on conflict (reference) do update set cluster_id = excluded.cluster_id

-- name: save_cases
-- A case id once given stays known for ever, so that an old link leads somewhere.
insert into known_case (case_id, cluster_id, redirect_to, membership)
select *, $4::bigint from unnest($1::bigint[], $2::bigint[], $3::bigint[])
on conflict (case_id) do update set
    cluster_id = excluded.cluster_id, redirect_to = excluded.redirect_to,
    membership = excluded.membership

-- name: absorb_clusters
-- Everything of the absorbed clusters moves to the survivor.
with moved as (select * from unnest($1::bigint[], $2::bigint[]) as rows (old, new)),
     a as (update journal set cluster_id = new from moved where cluster_id = old),
     b as (update reference set cluster_id = new from moved where cluster_id = old),
     c as (update known_case set cluster_id = new from moved where cluster_id = old),
     d as (update retraction set cluster_id = new from moved where cluster_id = old),
     e as (update held_join set cluster_id = new from moved where cluster_id = old)
delete from cluster using moved where cluster.cluster_id = moved.old

-- name: load_members
-- Every event of these clusters, for judging them as a whole.
select source, id, process, fact, role, instant_us, sequence, unit, envelope, cluster_id, case_id,
       home_id, recorded_us
from journal where cluster_id = any($1::bigint[])

-- name: load_texts
-- Facts that waited unmatched are told with their text when they join a case.
select source, id, text from journal_text
where (source, id) in (select * from unnest($1::text[], $2::text[]))

-- name: move_events
-- The first case an event was ever given stays its home: an undone join gives it back.
update journal set case_id = told.case_id, home_id = coalesce(journal.home_id, told.case_id),
                   membership = told.membership
from (select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
      as rows (source, id, case_id, membership)) as told
where journal.source = told.source and journal.id = told.id

-- name: load_cases
-- Ids that lead elsewhere today may come back when a join is undone.
select case_id, cluster_id, redirect_to from known_case where cluster_id = any($1::bigint[])

-- name: forget_held_joins
-- A cluster judged anew says anew which joins wait.
delete from held_join where cluster_id = any($1::bigint[])

-- name: hold_joins
-- Joins an officer has to decide; until then nothing is joined.
insert into held_join (source, id, kept, other, reason, cluster_id, since_us)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                     $7::bigint[])

-- name: count_membership
-- Counted as it happens: counting the journal would take longer than a batch.
update membership_count set
    unmatched = unmatched + $1, merges = merges + $2,
    unmatched_peak = greatest(unmatched_peak, unmatched + $1)

-- name: reserve_ids
-- Ids come in blocks: a gap is harmless, a round trip per batch is not.
select nextval($1::regclass) from generate_series(1, $2::integer)

-- name: load_payees
-- Sealed as they lie; only a process with the key reads them.
select payee_id, version, key_id, nonce, sealed, redirect_to from payee
where payee_id = any($1::text[])

-- name: find_identities
-- Look-up by keyed hash, since no identity is stored in the clear.
select blind, payee_id from payee_identity where blind = any($1::bytea[])

-- name: save_payees
-- The version was raised by who read the row under the lock of membership.
insert into payee (payee_id, version, key_id, nonce, sealed, redirect_to)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[], $6::text[])
on conflict (payee_id) do update set
    version = excluded.version, key_id = excluded.key_id, nonce = excluded.nonce,
    sealed = excluded.sealed, redirect_to = excluded.redirect_to

-- name: save_identities
-- The payee an identity leads to may change when two prove to be one.
insert into payee_identity (blind, payee_id)
select * from unnest($1::bytea[], $2::text[])
on conflict (blind) do update set payee_id = excluded.payee_id
