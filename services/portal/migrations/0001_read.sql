-- What the pages read. All of it is made from topics, and may be thrown away and made again.

-- The number of the newest rebuild. A rebuild reads the topics from their beginning beside live
-- traffic and writes its number on every row that it finds said there; whatever then still has an
-- older one is on no topic, and goes. `place`: there is one row.
create table rebuild (
    place boolean primary key default true check (place),
    number integer not null
);
insert into rebuild (number) values (0);

-- One row per case: its newest `case-status` and `case-sla` as they came (`data` only), and beside
-- them what is looked for. A page shows both only where `sla_status_*` equals `epoch`, `version`;
-- else it says "being recomputed". `body` is null while only the SLA's word has come.
-- `waits_for`: the party whose clock the columns after it describe, the one most pressing to its
-- holder: `due_on` is null while another holds it. `title` is personal text, as in `body`.
-- `built`, `sla_built`: the rebuild by which each half was last said.
create table case_row (
    case_id bigint primary key,
    number text,
    epoch integer not null default 0,
    version bigint not null default -1,
    body text,
    built integer not null default 0,
    title text,
    process text,
    stage text,
    stage_group smallint,
    holder text,
    unit text,
    kind text,
    fund text,
    since timestamptz,
    opened_at timestamptz,
    ended boolean not null default false,
    ended_at timestamptz,
    amount numeric,
    currency text,
    redirect_to bigint,
    contradictions integer not null default 0,
    returned integer not null default 0,
    bounced_lines integer not null default 0,
    sla_epoch integer not null default 0,
    sla_version bigint not null default -1,
    sla_status_epoch integer not null default 0,
    sla_status_version bigint not null default -1,
    sla_body text,
    sla_built integer not null default 0,
    waits_for text,
    charged integer,
    budget integer,
    due_on date,
    breached_on date,
    undetermined boolean not null default false,
    changed_at timestamptz,
    check ((version < 0) = (body is null)),
    check ((sla_version < 0) = (sla_body is null))
);
create index case_row_number on case_row (number) where number is not null;
create index case_row_board on case_row (unit, stage_group, due_on) where not ended;
create index case_row_holder on case_row (holder, stage, due_on) where not ended;

-- What a list shows of a case: never the bodies, which are most of a row. `recomputed`: the SLA has
-- not yet judged this very state.
create view case_brief as
select case_id, number, process, stage, stage_group, holder, unit, kind, fund, title, since,
       opened_at, ended, ended_at, amount, currency, redirect_to, contradictions, returned,
       bounced_lines, waits_for, charged, budget, due_on, breached_on, undetermined, changed_at,
       (sla_status_epoch, sla_status_version) is distinct from (epoch, version) as recomputed
from case_row where body is not null;

-- The chunks of `line-status` as they came (`lines` only).
create table line_chunk (
    case_id bigint not null,
    chunk integer not null,
    epoch integer not null,
    version bigint not null,
    chunks integer not null,
    body text not null,
    built integer not null default 0,
    primary key (case_id, chunk)
);

-- Whose lines a case has: the first question of every page of a payee. Beside it what these lines
-- say together: `standing` as the portal's model has it, `net` their sum, `paid_on` the day of the
-- last transfer that was not returned. `alone`: no other payee, and no line without one, is there.
create table case_payee (
    payee_id text not null,
    case_id bigint not null,
    standing text not null check (standing in ('waits', 'paid', 'bounced', 'cancelled')),
    net numeric,
    paid_on date,
    lines integer not null,
    alone boolean not null,
    primary key (payee_id, case_id)
);
create index case_payee_case on case_payee (case_id);

-- Payees, sealed as they came. `root_id` is the payee that stayed where several were joined.
-- `blinds`: the keyed hashes of the identities that one may sign in with (see intake's blind index).
-- `name_grams`: keyed hashes of the pieces of the name: it is found by them and cannot be read.
-- `contact_changed_at`: when the way to reach them last changed; codes wait a day after it.
create table payee_row (
    payee_id text primary key,
    version bigint not null,
    key_id text not null,
    nonce bytea not null,
    sealed bytea not null,
    redirect_to text,
    root_id text not null,
    blinds bytea[] not null default '{}',
    name_grams text[] not null default '{}',
    contact_changed_at timestamptz,
    built integer not null default 0
);
create index payee_row_root on payee_row (root_id);
create index payee_row_redirect on payee_row (redirect_to) where redirect_to is not null;
create index payee_row_blinds on payee_row using gin (blinds);
create index payee_row_names on payee_row using gin (name_grams);

-- What is searched: normalised words of a case cut into grams of three letters, and its whole words
-- with `=` before. Of each case up to three kinds of rows: `number` (its short number and the
-- numbers that join: every payee of it finds it by these), `about` (its title and all other numbers:
-- staff, and a payee who is alone in it), `line` (with `payee_id`: that payee's own lines).
create table search_row (
    case_id bigint not null,
    part text not null,
    payee_id text,
    words text not null,
    grams text[] not null,
    check (part in ('number', 'about') or part = 'line:' || payee_id),
    primary key (case_id, part)
);
-- What waits to be sorted into the index is looked through by every search: it stays small.
create index search_row_grams on search_row using gin (grams) with (gin_pending_list_limit = 256);

-- Each clause's clock on each case, for attainment and boards. `month`: the local month in which
-- the clock first was final (met at its stop, otherwise at its breach), as `2026-01`.
create table clock_row (
    case_id bigint not null,
    clause text not null,
    party text not null,
    state text not null,
    unit text,
    kind text,
    fund text,
    stage text,
    charged integer not null,
    budget integer,
    due_on date,
    breached_on date,
    stopped_on date,
    month text,
    primary key (case_id, clause)
);
create index clock_row_month on clock_row (month, clause) where month is not null;
create index clock_row_open on clock_row (clause, due_on) where state in ('open', 'breached');

-- The newest state of each notice: what a payee was told, when, and whether it arrived. Their topic
-- keeps 90 days: a rebuild takes none away.
create table notice_row (
    notice_id text primary key,
    case_id bigint,
    recipient_kind text not null,
    recipient_id text not null,
    state text not null,
    reason text,
    at timestamptz not null,
    version integer not null,
    body text not null
);
create index notice_row_case on notice_row (case_id);
create index notice_row_state on notice_row (state, at);

-- The newest `source-status` of each source.
create table source_row (
    source text primary key,
    epoch integer not null,
    version bigint not null,
    told_at timestamptz not null,
    body text not null,
    built integer not null default 0
);
