-- An index that begins with `source` tempts a plan made on an empty journal to read all of a
-- source's events where one is asked for by its id.
drop index journal_by_source;
create index journal_by_seq on journal (seq);
