-- What closing heartbeats have declared since the last one that agreed, as JSON; null when none differs.
alter table source add column unsettled text;
-- The newest refusal that a closing heartbeat has covered.
alter table source add column rejects_closed_through bigint not null default 0;

-- Which token is the newest: two may be made within one tick of the clock.
alter table source_token add column place bigint generated always as identity;

-- Nobody knows whose numbers unread fields hold, so they are sealed like a payee: nonce and ciphertext.
alter table journal_text drop column unread;
alter table journal_text add column unread bytea;
