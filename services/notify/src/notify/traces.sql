-- name: load_case_traces
-- The traces that led to these cases; their cases are locked.
select case_id, body from case_trace where case_id = any($1::bigint[])

-- name: save_case_traces
-- The newest of them, under the lock of the case.
insert into case_trace (case_id, body) select * from unnest($1::bigint[], $2::text[])
on conflict (case_id) do update set body = excluded.body

-- name: forget_case_traces
-- What was known of these cases is deleted.
delete from case_trace where case_id = any($1::bigint[])

-- name: save_notice_traces
-- With a notice that is asked for; asked for again, it goes on in the newer trace.
insert into notice_trace (notice_id, traceparent) select * from unnest($1::text[], $2::text[])
on conflict (notice_id) do update set traceparent = excluded.traceparent

-- name: read_notice_traces
-- For the spans of what is about to be sent.
select notice_id, traceparent from notice_trace where notice_id = any($1::text[])

-- name: forget_notice_traces
-- Their messages have gone.
delete from notice_trace where notice_id = any($1::text[])
