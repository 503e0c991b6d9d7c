-- What people do here: codes, attempts, sessions, looks, questions, ratings, wishes.

-- name: session
-- One round trip a page. A payee joined to another meanwhile is the one that stayed.
select s.hash, s.kind, coalesce(p.root_id, s.person) as person, s.claims, s.csrf, s.agent,
       s.made_at, s.seen_at, s.ends_at
from session s
left join payee_row p on s.kind = 'payee' and p.payee_id = s.person
where s.hash = $1 and s.ended_at is null and s.ends_at > $2;

-- name: see_session
-- At most once a minute, so that a page is no write.
update session set seen_at = $2 where hash = $1 and ended_at is null;

-- name: add_session
-- A new cookie for every sign-in.
insert into session (hash, kind, person, claims, csrf, agent, made_at, seen_at, ends_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: end_session
-- Signed out, or another began with the same browser.
update session set ended_at = $2 where hash = $1 and ended_at is null;

-- name: end_session_of
-- From the list: only a session of the same person ends, whichever of their ids it began under.
update session set ended_at = $4
where hash = $1 and kind = $2 and ended_at is null and person in (
    select $3
    union
    select same.payee_id from payee_row one join payee_row same using (root_id)
    where $2 = 'payee' and one.payee_id = $3
);

-- name: end_sessions
-- Of one person, whichever of the ids of a payee they began under.
update session set ended_at = $3
where kind = $1 and ended_at is null and person in (
    select $2
    union
    select same.payee_id from payee_row one join payee_row same using (root_id)
    where $1 = 'payee' and one.payee_id = $2
)
returning hash;

-- name: note_moves
-- A change of contact is heard once: read again, from a replay or by a rebuild, it ends nothing.
insert into contact_move as known (payee_id, version, heard_at)
select told.*, $3 from unnest($1::text[], $2::bigint[]) as told
on conflict (payee_id) do update set version = excluded.version, heard_at = excluded.heard_at
where excluded.version > known.version
returning payee_id;

-- name: end_sessions_of_movers
-- Who began them was reached in the way of before, or is forgotten.
update session set ended_at = $2
where kind = 'payee' and ended_at is null and person = any($1::text[]);

-- name: moved_since
-- Whether the way to this person changed since a code left: then it went to where they were.
select exists (
    select from contact_move m
    left join payee_row p on p.payee_id = m.payee_id
    where coalesce(p.root_id, m.payee_id) = $1 and m.heard_at >= $2
);

-- name: forget_moves
-- Of payees who are forgotten.
delete from contact_move where payee_id = any($1::text[]);

-- name: end_kind
-- All of a kind at once, such as after a key was lost.
update session set ended_at = $2 where kind = $1 and ended_at is null returning hash;

-- name: sessions_of
-- What is open, for its person to look at and to end, whichever of a payee's ids it began under.
select hash, kind, person, claims, csrf, agent, made_at, seen_at, ends_at
from session
where kind = $1 and ended_at is null and ends_at > $3 and person in (
    select $2
    union
    select same.payee_id from payee_row one join payee_row same using (root_id)
    where $1 = 'payee' and one.payee_id = $2
)
order by seen_at desc limit 50;

-- name: add_look
-- Written before the page is sent; rows are never changed.
insert into access_log (at, kind, person, role, what, case_id, payee_id, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: looks_at
-- For the payee: who but the payee looked, the newest first. Persons are not named, roles are.
select at, role, what, case_id, reason from access_log
where payee_id = any($1) and kind = 'staff'
order by at desc, place desc limit $2;

-- name: add_attempt
-- Written before it is counted, so that of many at once none goes uncounted.
insert into attempt (scope, key, at) values ($1, $2, $3);

-- name: count_attempts
-- How many since each limit's beginning.
select count(*) from attempt where scope = $1 and key = $2 and at > $3;

-- name: forget_attempts
-- What no limit asks for any more.
delete from attempt where at < $1;

-- name: add_code
-- Also for whom we do not know: known and unknown are treated alike.
insert into signin_code (blind, hash, made_at) values ($1, $2, $3);

-- name: try_code
-- A try counts before it is judged, under the row's lock: two at once are two tries.
update signin_code set tries = tries + 1
where code_id = (
    select code_id from signin_code
    where blind = $1 and made_at > $2 and used_at is null
    order by made_at desc, code_id desc limit 1
)
returning code_id, hash, tries, made_at;

-- name: use_code
-- Once: of two that come with the right code one gets in.
update signin_code set used_at = $2 where code_id = $1 and used_at is null returning code_id;

-- name: forget_codes
-- What can no longer be used.
delete from signin_code where made_at < $1;

-- name: forget_sessions
-- What ended long ago.
delete from session where ends_at < $1;

-- name: add_question
-- Each press counts: questions are what the pages are there to spare.
insert into question (at, case_id, payee_id, stage, holder, words) values ($1, $2, $3, $4, $5, $6);

-- name: rate
-- Once per payee and case; who taps again means the last.
insert into rating (case_id, payee_id, at, stars) values ($1, $2, $3, $4)
on conflict (case_id, payee_id) do update set stars = excluded.stars, at = excluded.at;

-- name: rating_of
-- What was tapped.
select stars from rating where case_id = $1 and payee_id = $2;
