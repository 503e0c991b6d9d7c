-- Where machines are told: one open endpoint per recipient at most. `sealed` holds its URL and its
-- signing secrets; opened in memory only. `revision` grows with every change, so that a process
-- sees by one number that its copy is old. An endpoint that has ended stays on record, without
-- secrets: who was told through it must stay known.
create table webhook_endpoint (
    endpoint_id text primary key,
    revision bigint not null unique,
    recipient_kind text not null check (
        recipient_kind in ('payee', 'unit-office', 'officer', 'desk', 'source')),
    recipient_id text not null,
    key_id text not null,
    nonce bytea not null,
    sealed bytea not null,
    created_at timestamptz not null,
    rotated_at timestamptz,
    ended_at timestamptz,
    ended_reason text check (ended_reason in ('removed', 'gone')),
    check ((ended_at is null) = (ended_reason is null))
);
create unique index webhook_endpoint_open on webhook_endpoint (recipient_kind, recipient_id)
    where ended_at is null;
