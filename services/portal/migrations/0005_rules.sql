-- Rules as `tidtam config apply` gave them: never edited, only added.
create table rule_version (
    kind text not null check (kind in ('process', 'calendar', 'agreement', 'offices')),
    name text not null,
    version integer not null,
    body text not null,
    sha256 bytea not null,
    applied_at timestamptz not null,
    primary key (kind, name, version)
);
