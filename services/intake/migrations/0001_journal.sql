-- Raised with every change of sources or rules, so that each process knows its copy is old.
create table revision (only_row boolean primary key default true check (only_row), revision bigint not null);
insert into revision (revision) values (1);

create table source (
    source text primary key,
    slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name_th text not null,
    name_en text not null,
    contact text not null,
    role text not null check (role in ('unit', 'finance', 'bank', 'payee', 'officer')),
    zone text not null,
    unit text,
    issuers text[] not null,
    facts text not null,
    units text[] not null default '{}',
    promise text not null,
    starts_at timestamptz not null,
    test boolean not null default false,
    version bigint not null default 1,
    accepted bigint not null default 0,
    resent bigint not null default 0,
    rejected bigint not null default 0,
    last_event_at timestamptz,
    clock_lead_ms bigint,
    clock_lead_on date,
    complete_until timestamptz,
    closed_through bigint not null default 0,
    difference text
);

-- Only the hash of a token is kept.
create table source_token (
    sha256 bytea primary key,
    source text not null references source,
    created_at timestamptz not null
);

create table process_version (
    name text not null,
    version integer not null,
    body text not null,
    sha256 bytea not null,
    applied_at timestamptz not null,
    primary key (name, version)
);

create sequence case_id;
create sequence cluster_id;
create sequence membership;

-- The journal: every accepted event, once, for ever. `envelope` holds what is needed to say it again.
create table journal (
    source text not null,
    id text not null,
    seq bigint generated always as identity,
    digest bytea not null,
    process text not null,
    fact text not null,
    role text not null,
    instant_us bigint not null,
    sequence bigint,
    unit text,
    envelope text not null,
    recorded_us bigint not null,
    cluster_id bigint,
    case_id bigint,
    home_id bigint,
    membership bigint not null,
    primary key (source, id)
);
create index journal_by_cluster on journal (cluster_id) where cluster_id is not null;
-- Unmatched events are few; this finds them without reading the journal.
create index journal_unmatched on journal (source, seq) where case_id is null and cluster_id is not null;
create index journal_by_source on journal (source, seq);

-- Class-P text lies beside the journal: retention deletes it here and nothing else changes.
-- `unread` holds fields nobody reads: kept for their sender's sake, on no topic, since they may be personal.
create table journal_text (
    source text not null,
    id text not null,
    text text not null,
    unread text,
    primary key (source, id)
);

-- Which retractions wait for, or stand with, which event.
create table retraction (
    target_source text not null,
    target_id text not null,
    cluster_id bigint not null,
    source text not null,
    id text not null,
    primary key (target_source, target_id, source, id)
);

-- Events connected by joining references. Usually one case; the guards of joining are judged inside it.
create table cluster (
    cluster_id bigint primary key,
    process text not null,
    events integer not null,
    openers integer not null,
    settlers integer not null,
    units text[] not null,
    special boolean not null,
    case_id bigint,
    absorbed_by bigint
);

-- `reference` is process, scheme, issuer, scope and value, parted by U+001F, which no normalised value holds.
create table reference (
    reference text primary key,
    value text not null,
    cluster_id bigint not null
);
create index reference_by_value on reference (value);
create index reference_by_cluster on reference (cluster_id);

-- Every case id ever given; never reused.
create table known_case (
    case_id bigint primary key,
    cluster_id bigint not null,
    redirect_to bigint,
    membership bigint not null
);
create index known_case_by_cluster on known_case (cluster_id);
create index known_case_redirected on known_case (redirect_to) where redirect_to is not null;

-- Joins an officer has to decide.
create table held_join (
    source text not null,
    id text not null,
    kept text not null,
    other text not null,
    reason text not null,
    cluster_id bigint not null,
    since_us bigint not null,
    primary key (source, id, other)
);
create index held_join_by_cluster on held_join (cluster_id);

create table membership_count (
    only_row boolean primary key default true check (only_row),
    unmatched bigint not null default 0,
    unmatched_peak bigint not null default 0,
    merges bigint not null default 0
);
insert into membership_count default values;

-- The payee vault: identities, names, accounts and addresses, sealed. Nothing else in the database holds them.
create table payee (
    payee_id text primary key,
    version bigint not null,
    key_id text not null,
    nonce bytea not null,
    sealed bytea not null,
    redirect_to text
);

-- Look-up by keyed hash; the value itself is in the vault alone.
create table payee_identity (
    blind bytea primary key,
    payee_id text not null
);

-- What was refused, and why; never the payload.
create table reject (
    reject_id bigint generated always as identity primary key,
    slug text,
    source text,
    event_id text,
    position text,
    sha256 bytea not null,
    altered boolean not null,
    findings text not null,
    recorded_at timestamptz not null
);
create index reject_by_slug on reject (slug, reject_id);

-- The sources' read-back, filled from case-status. No decision reads it.
create table case_view (
    case_id bigint primary key,
    epoch integer not null,
    version bigint not null,
    body text not null
);
