-- The sampled traces that led to a case, newest first, as JSON: a notice may be asked for long after
-- its event came. Both tables stay empty where nothing is sampled.
create table case_trace (
    case_id bigint primary key,
    body text not null
);

-- The trace a notice goes on in until its message has gone.
create table notice_trace (
    notice_id text primary key,
    traceparent text not null
);
