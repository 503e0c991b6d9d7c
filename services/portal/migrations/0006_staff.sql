-- Staff whose identity provider asks for no second factor give one here.

-- The secret of one authenticator app, sealed; kept when its person has proved to have it.
-- `last_step`: the newest step of time whose code was taken, since a code is good once.
create table second_factor (
    person text primary key,
    key_id text not null,
    nonce bytea not null,
    sealed bytea not null,
    made_at timestamptz not null,
    last_step bigint not null
);

-- Boards read what has not ended, by unit and by stage, the most pressing first.
create index case_row_stage on case_row (stage, breached_on, due_on) where not ended;
create index case_row_contradictions on case_row (case_id) where contradictions > 0;
create index case_row_undetermined on case_row (case_id) where undetermined and not ended;
