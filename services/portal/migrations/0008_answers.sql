-- What officers answered to questions of payees. None of it can be made again.

-- One answer for each question, kept for good: of two at once the first stands, and the role may only
-- add and read. `party` is for whom it was said, `person` who said it, for the office alone.
create table answer (
    question bigint primary key references question (place),
    at timestamptz not null,
    person text not null,
    party text not null check (party in ('unit', 'finance')),
    words text not null check (words <> '')
);

create function refuse_answer_change() returns trigger language plpgsql as $$
begin
    raise exception 'answers are append-only';
end $$;
create trigger answer_append_only before update or delete or truncate on answer
    for each statement execute function refuse_answer_change();

-- A payee's page asks for the payee's own questions, also of a case that was joined to another.
create index question_payee on question (payee_id);

-- A question with the case it is about now (one that was joined to another is that one) and its
-- answer. `of_unit`: the unit held the case when it was asked, so the unit answers first.
create view asked_question as
select question.place, question.at, question.stage, question.holder, question.payee_id,
       question.words, known.number, known.unit, known.process, known.case_id,
       known.stage as stage_now, answer.at as answered_at, answer.party, answer.words as answer,
       coalesce(question.holder = 'unit' and known.unit is not null, false) as of_unit
from question
join case_row as old using (case_id)
join case_row as known on known.case_id = coalesce(old.redirect_to, old.case_id)
left join answer on answer.question = question.place
where known.body is not null;
