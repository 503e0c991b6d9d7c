-- What the services say of themselves, asked for now and then: the operator's page reads it here.

-- The newest answer of a service to one question; `failing_since`: since when it gives none.
create table report_row (
    service text not null,
    question text not null,
    body text,
    at timestamptz,
    failing_since timestamptz,
    error text,
    primary key (service, question)
);

-- Each minute in which somebody looked, and whether all was up. A minute that is missing was down:
-- then the portal itself was away.
create table watched_minute (
    minute timestamptz primary key,
    up boolean not null,
    down text[] not null default '{}'
);
