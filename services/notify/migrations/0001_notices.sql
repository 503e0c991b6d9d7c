-- Rules as applied: processes, calendars, notice rules with their templates, offices. A version is
-- never edited.
create table rule_version (
    kind text not null check (kind in ('process', 'calendar', 'notices', 'offices')),
    name text not null,
    version integer not null,
    body text not null,
    sha256 bytea not null,
    applied_at timestamptz not null,
    primary key (kind, name, version)
);

-- One row per case: its newest `case-status` as it came, which of its events came by a replay, and
-- what the SLA says of its days, without the ledger. `sla_status_*`: the state that it has judged.
create table followed_case (
    case_id bigint primary key,
    epoch integer not null default 0,
    version bigint not null default -1,
    body text,
    replayed text not null default '[]',
    sla_epoch integer not null default 0,
    sla_version bigint not null default -1,
    sla_status_epoch integer not null default 0,
    sla_status_version bigint not null default -1,
    days text,
    check ((version < 0) = (body is null))
);

-- The chunks of `line-status` as they came.
create table line_chunk (
    case_id bigint not null,
    chunk integer not null,
    epoch integer not null,
    version bigint not null,
    chunks integer not null,
    body text not null,
    primary key (case_id, chunk)
);

-- What the SLA said of a moment; said again, it has the same id and a later detection.
create table sla_word (
    case_id bigint not null,
    word_id text not null,
    detected_us bigint not null,
    body text not null,
    primary key (case_id, word_id)
);

-- Payees, sealed as they came: opened in memory only, to know whether and where one is reached.
-- `gone_version`: an address of that version was refused for good.
create table known_payee (
    payee_id text primary key,
    version bigint not null,
    key_id text not null,
    nonce bytea not null,
    sealed bytea not null,
    redirect_to text,
    gone_version bigint
);
create index known_payee_joined on known_payee (redirect_to) where redirect_to is not null;

-- One row per notice for ever: who was told what is never forgotten, or it would be told again.
-- `anchor`: what it hangs on, as JSON; its event stands beside it. `version` counts its states.
create table notice (
    notice_id text primary key,
    place bigint generated always as identity,
    case_id bigint not null,
    process text not null,
    rule text not null,
    anchor_source text not null,
    anchor_id text not null,
    anchor text not null,
    recipient_kind text not null,
    recipient_id text not null,
    channel text not null,
    language text not null,
    told text not null,
    at timestamptz not null,
    corrects text,
    first text,
    holds boolean not null,
    version integer not null,
    state text not null check (state in (
        'requested', 'held', 'sending', 'sent', 'delivered', 'failed-temporary', 'failed-permanent',
        'expired', 'unknown', 'suppressed')),
    reason text,
    maybe_told boolean not null default false,
    asked_at timestamptz not null,
    due_at timestamptz,
    attempt integer not null default 0,
    message_id text,
    told_at timestamptz,
    failure text,
    -- What is on its way, or waits for its time, is looked for by that time; all else never is.
    constraint notice_due_when_it_waits check (
        state = 'unknown' or (due_at is not null) = (state in ('requested', 'sending',
                                                               'failed-temporary')))
);
create index notice_by_case on notice (case_id);
create index notice_by_anchor on notice (anchor_source, anchor_id);
create index notice_due on notice (due_at) where due_at is not null;
create index notice_held on notice (place) where state = 'held';
create index notice_unreached on notice (recipient_id) where reason = 'no-address';
create index notice_failed on notice (place) where state = 'failed-permanent';

-- How many notices were asked for in each hour: what is usual, and what is a flood.
create table hour_count (
    hour timestamptz primary key,
    asked integer not null
);
