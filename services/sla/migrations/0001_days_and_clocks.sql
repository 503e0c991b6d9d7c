-- Rules as applied: processes, calendars, agreements. A version is never edited.
create table rule_version (
    kind text not null check (kind in ('process', 'calendar', 'agreement')),
    name text not null,
    version integer not null,
    body text not null,
    sha256 bytea not null,
    applied_at timestamptz not null,
    primary key (kind, name, version)
);

-- What intake told of each source: who could still say otherwise. `heard` came last; `body` is what
-- is judged by: it is taken over when all that was said before it has reached us by way of status.
create table source_state (
    source text primary key,
    heard_epoch integer not null,
    heard_version bigint not null,
    heard text not null,
    epoch integer not null default 0,
    version bigint not null default -1,
    body text
);

-- One row per case of `case-status`: its history, and the sums that were told of it.
create table followed_case (
    case_id bigint primary key,
    epoch integer not null default 0,
    version bigint not null default -1,
    process text,
    process_version integer,
    redirect_to bigint,
    history text not null default '[[],{}]',
    told_version bigint not null default 0,
    told_sha256 bytea,
    days_unit integer not null default 0,
    days_finance integer not null default 0,
    days_bank integer not null default 0,
    days_payee integer not null default 0,
    days_nobody integer not null default 0,
    days_total integer not null default 0,
    waits boolean not null default false,
    next_check_at timestamptz,
    -- Every working day is charged to exactly one party: the parts are added up here once more.
    constraint followed_case_days_add_up
        check (days_unit + days_finance + days_bank + days_payee + days_nobody = days_total)
);
create index followed_case_due on followed_case (next_check_at) where next_check_at is not null;
create index followed_case_waits on followed_case (case_id) where waits;

-- The clocks as they were told last. `final_on`: the local date of the first final instant.
create table clock (
    case_id bigint not null references followed_case,
    clause text not null,
    start_source text not null,
    start_id text not null,
    state text not null check (state in ('open', 'met', 'missed', 'breached', 'void')),
    charged integer not null,
    final_on date,
    unit text,
    kind text,
    fund text,
    marks text not null,
    primary key (case_id, clause)
);
create index clock_by_clause on clock (clause, final_on);

-- Verdicts stay for ever; one that proved wrong stays too, with the reason.
create table verdict (
    verdict_id bigint generated always as identity primary key,
    case_id bigint not null,
    clause text not null,
    start_source text not null,
    start_id text not null,
    kind text not null check (kind in ('breached', 'met', 'missed', 'voided')),
    charged integer not null,
    at timestamptz not null,
    told_at timestamptz not null,
    superseded_at timestamptz,
    reason text,
    check ((superseded_at is null) = (reason is null))
);
create index verdict_by_case on verdict (case_id, clause);
-- One verdict of a kind stands at a time.
create unique index verdict_standing on verdict (case_id, clause, kind) where superseded_at is null;
