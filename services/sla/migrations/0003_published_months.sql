-- What was published of a month when it was closed. It stays, whatever late facts say afterwards.
create table published_month (
    month text not null check (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    clause text not null,
    n integer not null,
    met integer not null,
    p50 integer,
    p85 integer,
    p95 integer,
    published_at timestamptz not null,
    primary key (month, clause)
);
