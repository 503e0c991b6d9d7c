-- name: count_versions
-- Changes when rules were applied: cheap enough to ask every other second.
select count(*) from rule_version

-- name: read_versions
-- All applied versions of all rules: tens of rows.
select kind, name, version, body from rule_version order by kind, name, version

-- name: add_version
-- The same rules applied twice are one version.
insert into rule_version (kind, name, version, body, sha256, applied_at)
select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5
from rule_version where kind = $1 and name = $2
having coalesce((array_agg(sha256 order by version desc))[1], ''::bytea) <> $4
returning version
