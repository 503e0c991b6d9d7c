-- What people do here. None of it can be made again.

-- One-time codes. Only a keyed hash is kept; `blind` says whose it is, known or not, so that both
-- are treated alike.
create table signin_code (
    code_id bigint generated always as identity primary key,
    blind bytea not null,
    hash bytea not null,
    made_at timestamptz not null,
    tries integer not null default 0,
    used_at timestamptz
);
create index signin_code_blind on signin_code (blind, made_at);

-- Attempts, for limits per tax id, per address and over all; nothing personal is in `key`.
create table attempt (
    scope text not null,
    key bytea not null,
    at timestamptz not null
);
create index attempt_key on attempt (scope, key, at);

-- Sessions of payees and of staff, by the hash of their cookie. `person`: a payee id, or the subject
-- the identity provider gave. `claims`: roles and units of staff as JSON.
create table session (
    hash bytea primary key,
    kind text not null check (kind in ('payee', 'staff')),
    person text not null,
    claims text not null default '{}',
    csrf bytea not null,
    agent text not null default '',
    made_at timestamptz not null,
    seen_at timestamptz not null,
    ends_at timestamptz not null,
    ended_at timestamptz
);
create index session_person on session (kind, person) where ended_at is null;

-- Who looked at whose data, written before the page is sent. The service's role may only add and
-- read: rows are never changed.
create table access_log (
    place bigint generated always as identity primary key,
    at timestamptz not null,
    kind text not null,
    person text not null,
    role text not null,
    what text not null,
    case_id bigint,
    payee_id text,
    reason text
);
create index access_log_payee on access_log (payee_id, at);
create index access_log_case on access_log (case_id, at);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the access log is append-only';
end $$;
create trigger access_log_append_only before update or delete or truncate on access_log
    for each statement execute function refuse_change();

-- Questions asked with the button: each counted, each for the desk that held the case then.
create table question (
    place bigint generated always as identity primary key,
    at timestamptz not null,
    case_id bigint not null,
    payee_id text not null,
    stage text,
    holder text,
    words text not null
);
create index question_case on question (case_id);

-- One tap after the end: 1 to 5, once per payee and case.
create table rating (
    case_id bigint not null,
    payee_id text not null,
    at timestamptz not null,
    stars smallint not null check (stars between 1 and 5),
    primary key (case_id, payee_id)
);
