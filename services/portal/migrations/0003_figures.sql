-- Figures: counted now and then from the read tables, so that a page of figures reads a few rows.
-- All of it may be thrown away but `forecast_row`: a forecast cannot be looked up afterwards.

-- How promises were kept. `clause` is `agreement#clause` over all versions, `month` as `2026-01`.
-- `grouping`: 'all', or by what `key` is; 'unit-kind' has both, `key` the unit and `key2` the kind.
-- Days are those charged to the promise's party, of the clocks that stopped (nearest rank).
create table figure_row (
    clause text not null,
    month text not null,
    grouping text not null check (grouping in ('all', 'unit', 'kind', 'fund', 'unit-kind')),
    key text not null,
    key2 text not null,
    n integer not null,
    met integer not null,
    stopped integer not null,
    p15 integer,
    p50 integer,
    p85 integer,
    p95 integer,
    primary key (clause, month, grouping, key, key2)
);

-- Clocks that run now, by clause, unit and kind. `breached`: past their budget and not stopped.
create table running_row (
    clause text not null,
    unit text not null,
    kind text not null,
    open integer not null,
    breached integer not null,
    primary key (clause, unit, kind)
);

-- What has to be done by which date: clocks that run, not past it. One row per date, clause, unit.
create table due_row (
    clause text not null,
    party text not null,
    due_on date not null,
    unit text not null,
    n integer not null,
    primary key (clause, party, due_on, unit)
);

-- Who has what now: cases that have not ended, by holder, stage, unit and kind. `days` are those
-- charged on the clock that presses most; `late` are past its budget.
create table standing_row (
    holder text not null,
    stage text not null,
    unit text not null,
    kind text not null,
    n integer not null,
    late integer not null,
    undetermined integer not null,
    days_sum integer not null,
    days_counted integer not null,
    days_max integer,
    oldest_on date,
    primary key (holder, stage, unit, kind)
);

-- Of each ended case the working days it spent with each party in each stage, and the month in
-- which it ended: what "where does it wait" is summed from. The three lists go together.
create table wait_row (
    case_id bigint primary key,
    epoch integer not null,
    version bigint not null,
    process text not null,
    month text not null,
    unit text,
    kind text,
    stages text[] not null,
    parties text[] not null,
    days integer[] not null,
    check (cardinality(stages) = cardinality(parties) and cardinality(stages) = cardinality(days))
);
create index wait_row_month on wait_row (month);

-- The same, summed by month.
create table wait_sum (
    process text not null,
    month text not null,
    unit text not null,
    party text not null,
    stage text not null,
    days bigint not null,
    cases integer not null,
    primary key (process, month, unit, party, stage)
);

-- The first forecast seen of a case in a stage, and when it was paid: whether the forecasts hold.
create table forecast_row (
    case_id bigint not null,
    stage text not null,
    process text not null,
    half_on date not null,
    most_on date not null,
    told_at timestamptz not null,
    paid_on date,
    primary key (case_id, stage)
);
create index forecast_row_waiting on forecast_row (case_id) where paid_on is null;

-- When the figures were counted, and how long it took.
create table figure_stamp (
    one boolean primary key default true check (one),
    at timestamptz not null,
    seconds double precision not null
);

-- How often open data were fetched. No address and no person: a number per day.
create table open_data_use (
    day date not null,
    dataset text not null,
    format text not null,
    n bigint not null,
    primary key (day, dataset, format)
);
