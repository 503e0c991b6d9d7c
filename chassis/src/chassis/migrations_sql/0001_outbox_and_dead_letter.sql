-- What the chassis needs in the schema of every service.

-- Messages that are true but not yet published. Rows are written by the transaction that makes them true,
-- last of all its statements, and deleted when the broker has acknowledged exactly them.
-- No cache on the identity: the order of ids is the order of publishing.
create table outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    key bytea,
    value bytea,
    header_names text[] not null default '{}',
    header_values bytea[] not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    -- A header without its value would stop the relay for good.
    constraint outbox_headers_pair check (cardinality(header_names) = cardinality(header_values))
);

-- The table is written and emptied all day: the default (a fifth of the table) comes too late.
alter table outbox set (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);

-- Records that can never become valid, as they came.
create table dead_letter (
    id bigint generated always as identity primary key,
    topic text not null,
    record_partition integer not null,
    record_offset bigint not null,
    record_timestamp_ms bigint not null,
    key bytea,
    value bytea,
    header_names text[] not null default '{}',
    header_values bytea[] not null default '{}',
    reason text not null,
    detail text not null default '',
    subject text,
    created_at timestamptz not null default clock_timestamp(),
    redriven_at timestamptz,
    -- A redelivered record is the same letter. The timestamp tells apart the logs of two brokers.
    constraint dead_letter_once
        unique (topic, record_partition, record_offset, record_timestamp_ms)
);

create index dead_letter_open on dead_letter (id) where redriven_at is null;
create index dead_letter_subject on dead_letter (subject) where subject is not null;
