-- name: count_sources
-- The lead of a source's clock is the largest seen today: delays only make it smaller.
update source set
    accepted = source.accepted + told.accepted, resent = source.resent + told.resent,
    rejected = source.rejected + told.rejected,
    last_event_at = greatest(source.last_event_at, told.last_event_at),
    clock_lead_ms = case when source.clock_lead_on = $7
                         then greatest(source.clock_lead_ms, told.lead_ms)
                         else coalesce(told.lead_ms, source.clock_lead_ms) end,
    clock_lead_on = case when told.lead_ms is null then source.clock_lead_on else $7 end
from (select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[],
                           $5::timestamptz[], $6::bigint[])
      as rows (source, accepted, resent, rejected, last_event_at, lead_ms)) as told
where source.source = told.source

-- name: answered_places
-- What lies at or below these offsets was answered before.
select topic, partition, offset_max from answered_place
join unnest($1::text[], $2::integer[]) as asked (topic, partition) using (topic, partition)

-- name: note_answered
-- Never back: after a crash Kafka gives some again.
insert into answered_place as known (topic, partition, offset_max)
select * from unnest($1::text[], $2::integer[], $3::bigint[])
on conflict (topic, partition) do update
set offset_max = greatest(known.offset_max, excluded.offset_max)

-- name: record_rejects
-- Never the payload: what was refused may hold personal data.
insert into reject (slug, source, event_id, position, sha256, altered, findings, recorded_at)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::boolean[],
                     $7::text[], $8::timestamptz[])

-- name: view_cases
-- Only a higher version is applied.
insert into case_view as known (case_id, epoch, version, body)
select * from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[])
on conflict (case_id) do update set
    epoch = excluded.epoch, version = excluded.version, body = excluded.body
where (excluded.epoch, excluded.version) > (known.epoch, known.version)

-- name: read_revision
-- Tells a process whether its copy of sources and rules is old.
select revision from revision

-- name: raise_revision
-- Makes every process read sources and rules again before its next commit.
update revision set revision = revision + 1

-- name: read_sources
-- All of them: they are tens, and a process keeps them in memory.
select source, slug, name_th, name_en, contact, role, zone, unit, issuers, facts, units, promise,
       starts_at, test, version, accepted, resent, rejected, last_event_at, clock_lead_ms,
       complete_until, closed_through, rejects_closed_through, unsettled, difference
from source order by slug

-- name: read_tokens
-- Only hashes: a token is shown once and never stored.
select sha256, source from source_token

-- name: add_source
-- The slug names its topics, so neither it nor the source is ever given to another.
insert into source as known (source, slug, name_th, name_en, contact, role, zone, unit, issuers,
                             facts, units, promise, starts_at, test)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (source) do update set
    name_th = excluded.name_th, name_en = excluded.name_en, contact = excluded.contact,
    role = excluded.role, zone = excluded.zone, unit = excluded.unit, issuers = excluded.issuers,
    facts = excluded.facts, units = excluded.units, promise = excluded.promise,
    starts_at = excluded.starts_at, test = excluded.test, version = known.version + 1
where known.slug = excluded.slug
returning version

-- name: add_token
-- A source may have several, so that one can be changed without silence. Given again it changes
-- nothing; one that speaks for another source already is not taken, and nothing is returned.
insert into source_token as known (sha256, source, created_at) values ($1, $2, $3)
on conflict (sha256) do update set created_at = known.created_at
where known.source = excluded.source
returning source

-- name: read_process_versions
-- The newest version of each process is the one intake judges by.
select distinct on (name) name, version, body from process_version order by name, version desc

-- name: list_process_versions
-- For operators: what was in force, and since when.
select name, version, encode(sha256, 'hex') as sha256, applied_at from process_version
order by name, version

-- name: add_process_version
-- The same rules applied twice are one version.
insert into process_version (name, version, body, sha256, applied_at)
select $1, coalesce(max(version), 0) + 1, $2, $3, $4 from process_version where name = $1
having coalesce((array_agg(sha256 order by version desc))[1], ''::bytea) <> $3
returning version

-- name: read_window
-- What a source sent between two closing heartbeats; heartbeats themselves do not count.
select id, envelope from journal
where source = $1 and seq > $2 and seq < $3 and fact <> 'heartbeat' order by seq

-- name: read_window_rejects
-- By the sender's own topic or token: what it wrote as source may be another's name.
select event_id from reject
where slug = $1 and reject_id > $2 and reject_id <= $3 and event_id is not null and not altered

-- name: seq_of
-- What came before a closing heartbeat is what it covers.
select seq from journal where source = $1 and id = $2

-- name: newest_reject
-- Refusals up to this one are covered by the next closing heartbeat.
select coalesce(max(reject_id), 0) from reject

-- name: complete_source
-- Completeness never goes back; a difference stands until a closing heartbeat agrees.
update source set complete_until = greatest(complete_until, $2), difference = $3, unsettled = $4,
                  closed_through = $5, rejects_closed_through = $6, version = version + 1
where source = $1 returning version

-- name: read_totals
-- How all inputs ended and what membership came to, in one answer of one moment.
select (select coalesce(sum(accepted), 0) from source)::bigint as accepted,
       (select coalesce(sum(resent), 0) from source)::bigint as resent,
       (select count(*) from reject)::bigint as rejected,
       c.unmatched, c.unmatched_peak, c.merges,
       (select count(*) from known_case where redirect_to is not null)::bigint as redirects,
       (select count(*) from known_case where redirect_to is null)::bigint as cases
from membership_count c

-- name: list_unmatched
-- Oldest first: they have waited longest.
select source, id, fact, envelope, recorded_us from journal
where case_id is null and cluster_id is not null and ($1::text is null or source = $1)
order by seq limit $2

-- name: list_held_joins
-- Oldest first: they have waited longest.
select source, id, kept, other, reason, since_us from held_join order by since_us, source, id limit $1

-- name: list_rejects
-- Newest first: who looks has just sent something.
select reject_id, slug, source, event_id, position, encode(sha256, 'hex') as sha256, altered, findings,
       recorded_at
from reject where $1::text is null or slug = $1 order by reject_id desc limit $2

-- name: cases_by_value
-- A number as a person writes it may stand in several schemes; each leads to its cases.
select distinct j.case_id, r.reference from reference r
join journal j on j.cluster_id = r.cluster_id and j.case_id is not null
where r.value = $1
order by j.case_id limit 50

-- name: cases_of_source
-- Only cases that hold an event of this source.
select distinct v.body from reference r
join journal j on j.cluster_id = r.cluster_id and j.case_id is not null and j.source = $2
join case_view v on v.case_id = j.case_id
where r.value = $1 limit 50

-- name: replay_redirects
-- A page of the cases that lead to another: they hold no event that could say so.
select k.case_id, c.process, k.redirect_to, k.membership
from known_case k join cluster c using (cluster_id)
where k.redirect_to is not null and k.case_id > $1 order by k.case_id limit $2

-- name: drop_tokens
-- All but the newest of a source.
delete from source_token as old using source_token as newer
where old.source = $1 and newer.source = $1 and newer.place > old.place

-- name: replay_journal
-- A page of the journal in its order, for republishing.
select j.source, j.id, j.process, j.fact, j.role, j.instant_us, j.sequence, j.envelope, j.recorded_us,
       j.case_id, j.membership, j.seq, t.text
from journal j left join journal_text t using (source, id)
where j.seq > $1 and j.case_id is not null
order by j.seq limit $2

-- name: last_events
-- Newest first: who looks has just sent something.
select source, id, fact, envelope, recorded_us, case_id is null and cluster_id is not null as waits
from journal where source = $1 order by seq desc limit $2

-- name: events_of_case
-- In the order in which they came, which is seldom that in which they happened.
select source, id, fact, envelope, recorded_us from journal
where cluster_id = (select cluster_id from known_case where case_id = $1) and case_id = $1
order by seq limit $2
