-- The words that a rule may tell are few, and on a case without one no other word needs a decision:
-- such cases must be found without reading all that was said of them.
alter table sla_word add column kind text generated always as (body::json ->> 'kind') stored;
create index sla_word_passed on sla_word (case_id)
    where kind in ('warned', 'breached', 'reminder-due');
