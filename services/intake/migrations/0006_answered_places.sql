-- How far each partition of `inbound.<source>` was answered: a record that Kafka gives again after a
-- crash is no resend of its sender.
create table answered_place (
    topic text not null,
    partition integer not null,
    offset_max bigint not null,
    primary key (topic, partition)
);
