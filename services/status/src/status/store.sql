-- name: record_events
-- Keeps each event once and its highest membership; a redelivery changes nothing and returns no row.
-- Sorted by key, so that two batches never lock rows in opposite order. Beside it the personal text,
-- of which the first word stands; and the rows of cases seen for the first time, which pin their
-- process version here, at their first fact. The number of rule versions comes back with it: when it
-- has grown the batch pinned an old one and must be taken again.
with recorded as (
    insert into event as known (source, id, case_id, membership, process, body)
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
    on conflict (source, id) do update set
        body = coalesce(known.body, excluded.body),
        process = coalesce(known.process, excluded.process),
        prior_case_id = case when excluded.membership > known.membership
                             then known.case_id else known.prior_case_id end,
        case_id = case when excluded.membership > known.membership
                       then excluded.case_id else known.case_id end,
        membership = greatest(known.membership, excluded.membership)
    where excluded.membership > known.membership
       or (known.body is null and excluded.body is not null)
    returning case_id, prior_case_id),
texts as (
    insert into event_text (source, id, text)
    select * from unnest($7::text[], $8::text[], $9::text[])
    on conflict (source, id) do nothing),
opened as (
    insert into followed_case (case_id, process, process_version, epoch)
    select *, (select epoch from epoch) from unnest($10::bigint[], $11::text[], $12::integer[])
    on conflict (case_id) do nothing)
select rules.versions, recorded.case_id, recorded.prior_case_id
from (select count(*) as versions from process_version) as rules left join recorded on true

-- name: redirect_cases
-- The highest membership decides where a case leads; a redirect that was undone is cleared the same way.
update followed_case as known
set redirect_to = told.redirect_to, redirect_membership = told.membership
from (select * from unnest($1::bigint[], $2::bigint[], $3::bigint[])
      as rows (case_id, redirect_to, membership)) as told
where known.case_id = told.case_id and told.membership > known.redirect_membership

-- name: lock_cases
-- In id order: this lock is what makes one case's versions follow each other.
select case_id, process, process_version, epoch, version, redirect_to, stage, line_chunks,
       visible_sha256, facts
from followed_case where case_id = any($1::bigint[])
order by case_id for update

-- name: read_cases
-- The same rows without the lock, for looking.
select case_id, process, process_version, epoch, version, redirect_to, stage, line_chunks,
       visible_sha256, facts
from followed_case where case_id = any($1::bigint[]) order by case_id

-- name: load_events
-- Every event of the locked cases whose own message has come.
select event.case_id, event.source, event.id, event.process, event.body, event_text.text
from event left join event_text using (source, id)
where event.case_id = any($1::bigint[]) and event.body is not null

-- name: advance_cases
-- Only visible changes come here, each with the next version.
update followed_case as known set
    version = told.version, stage = told.stage, ended = told.ended,
    line_chunks = told.line_chunks, visible_sha256 = told.visible_sha256, facts = told.facts
from (select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::boolean[], $5::integer[],
                           $6::bytea[], $7::text[])
      as rows (case_id, version, stage, ended, line_chunks, visible_sha256, facts)) as told
where known.case_id = told.case_id

-- name: next_cases
-- A page of case ids in order, for rebuild.
select case_id from followed_case where case_id > $1 order by case_id limit $2

-- name: count_stages
-- Cases that still stand for themselves, by stage.
select coalesce(stage, '') as stage, count(*) as cases
from followed_case where redirect_to is null and version > 0 group by 1 order by 1

-- name: read_process_versions
-- All applied versions of all processes: a handful of rows.
select name, version, body from process_version order by name, version

-- name: count_process_versions
-- Changes when rules were applied; cheap enough to ask in every batch.
select count(*) from process_version

-- name: add_process_version
-- The same rules applied twice are one version.
insert into process_version (name, version, body, sha256, applied_at)
select $1, coalesce(max(version), 0) + 1, $2, $3, $4 from process_version where name = $1
having coalesce((array_agg(sha256 order by version desc))[1], ''::bytea) <> $3
returning version
