-- The one letter to an address that is no longer a payee's, for ever by its identity. `sealed` is
-- that address, and is forgotten as soon as the letter needs no further attempt.
-- `said_at`: when the change was said; `version` counts the states.
create table contact_change (
    change_id text primary key,
    place bigint generated always as identity,
    payee_id text not null,
    payee_version bigint not null,
    channel text not null,
    language text not null,
    process text not null,
    key_id text,
    nonce bytea,
    sealed bytea,
    said_at timestamptz not null,
    state text not null check (state in (
        'requested', 'held', 'sending', 'sent', 'failed-temporary', 'failed-permanent', 'unknown',
        'suppressed')),
    reason text,
    version integer not null default 1,
    asked_at timestamptz not null,
    due_at timestamptz,
    attempt integer not null default 0,
    maybe_told boolean not null default false,
    told_at timestamptz,
    failure text,
    check (state = 'unknown' or (due_at is not null) = (state in ('requested', 'sending',
                                                                  'failed-temporary'))),
    check ((sealed is null) = (key_id is null) and (sealed is null) = (nonce is null)),
    check (due_at is null or sealed is not null)
);
create index contact_change_due on contact_change (due_at) where due_at is not null;
