-- Changes of contact that were heard, so that one heard again ends no session a second time.

-- The newest version of each payee that said another way to reach them than the one before, and when
-- the portal heard it: a code that left before then went to where the payee no longer is. No rebuild
-- touches it.
create table contact_move (
    payee_id text primary key,
    version bigint not null,
    heard_at timestamptz not null
);
