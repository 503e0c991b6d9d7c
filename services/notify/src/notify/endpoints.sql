-- name: read_endpoints
-- All endpoints, also those that ended: tens of rows.
select endpoint_id, recipient_kind, recipient_id, key_id, nonce, sealed, created_at, rotated_at,
       ended_at, ended_reason
from webhook_endpoint order by created_at, endpoint_id

-- name: add_endpoint
-- Written by who holds the lock of people alone, so revisions are in the order of commits. A recipient that has an open one gets no second: returns nothing then.
insert into webhook_endpoint (endpoint_id, revision, recipient_kind, recipient_id, key_id, nonce,
                              sealed, created_at)
select $1, (select coalesce(max(revision), 0) + 1 from webhook_endpoint), $2, $3, $4, $5, $6, $7
on conflict do nothing returning endpoint_id

-- name: save_endpoint
-- New secrets, or its end.
update webhook_endpoint
set revision = (select max(revision) + 1 from webhook_endpoint), key_id = $2, nonce = $3,
    sealed = $4, rotated_at = $5, ended_at = $6, ended_reason = $7
where endpoint_id = $1
