-- What paid cases teach about when others will be paid: working days from each stage to the payment.
create table sample (
    case_id bigint not null references followed_case,
    process text not null,
    stage text not null,
    kind text,
    unit text,
    ended_on date not null,
    days integer not null
);
create index sample_by_case on sample (case_id);
create index sample_by_end on sample (ended_on);
