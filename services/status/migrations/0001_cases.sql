-- One row per event for ever, by the identity its source gave it.
-- `body` is null while only a regrouping has named the event: its own message is still on the way.
create table event (
    source text not null,
    id text not null,
    case_id bigint,
    prior_case_id bigint,
    membership bigint not null,
    process text,
    body text,
    primary key (source, id)
);
create index event_by_case on event (case_id) where case_id is not null;

-- Personal text lies apart: the fold and the state hash never read it, and retention deletes it here.
create table event_text (
    source text not null,
    id text not null,
    text text not null,
    primary key (source, id)
);

-- The case's row is its lock. `visible_sha256` tells a visible change from a repetition.
create table followed_case (
    case_id bigint primary key,
    process text,
    process_version integer,
    epoch integer not null default 1,
    version bigint not null default 0,
    redirect_to bigint,
    redirect_membership bigint not null default 0,
    stage text,
    ended boolean not null default false,
    line_chunks integer not null default 0,
    visible_sha256 bytea,
    facts text not null default '[]'
);
create index followed_case_by_stage on followed_case (stage) where redirect_to is null;

-- Rules take effect by `tidtam config apply` alone; a version is never edited.
create table process_version (
    name text not null,
    version integer not null,
    body text not null,
    sha256 bytea not null,
    applied_at timestamptz not null,
    primary key (name, version)
);

-- A restore raises it, so that every state published afterwards is newer than any before.
create table epoch (only_row boolean primary key default true check (only_row), epoch integer not null);
insert into epoch (epoch) values (1);
