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
-- From the list: only a session of the same person ends.
update session set ended_at = $4
where hash = $1 and kind = $2 and person = $3 and ended_at is null;

-- name: end_sessions
-- A role was taken away, or who reads the mail may be another now.
update session set ended_at = $3 where kind = $1 and person = $2 and ended_at is null;

-- name: sessions_of
-- What is open, for its person to look at and to end.
select hash, kind, person, claims, csrf, agent, made_at, seen_at, ends_at
from session
where kind = $1 and person = $2 and ended_at is null and ends_at > $3
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
returning code_id, hash, tries;

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

-- name: questions_of
-- Whether this payee has asked already, and when.
select at, words from question where case_id = $1 and payee_id = any($2)
order by at desc limit 20;

-- name: rate
-- Once per payee and case; who taps again means the last.
insert into rating (case_id, payee_id, at, stars) values ($1, $2, $3, $4)
on conflict (case_id, payee_id) do update set stars = excluded.stars, at = excluded.at;

-- name: rating_of
-- What was tapped.
select stars from rating where case_id = $1 and payee_id = $2;
