-- Questions of payees and what officers answered.

-- name: waiting_questions
-- What nobody has answered yet, the longest waiting first. A question is for who held the case when it
-- was asked: units see theirs, finance all others, and after a while ($3) those of units too, so that
-- none waits for ever.
select place, at, stage, holder, number, unit, process from asked_question
where answered_at is null
  and ((of_unit and unit = any($1::text[])) or ($2 and (not of_unit or at < $3)))
order by at, place limit $4

-- name: count_waiting
-- How many these are.
select count(*) from asked_question
where answered_at is null
  and ((of_unit and unit = any($1::text[])) or ($2 and (not of_unit or at < $3)))

-- name: question
-- One of them with its words; who might answer it may also read it afterwards, finance any answered one.
select place, at, stage, holder, number, unit, process, case_id, stage_now, payee_id, words,
       answered_at, party, answer
from asked_question
where place = $1
  and ((of_unit and unit = any($2::text[]))
       or ($3 and (not of_unit or at < $4 or answered_at is not null)))

-- name: answer
-- The first answer stands.
insert into answer (question, at, person, party, words) values ($1, $2, $3, $4, $5)
on conflict (question) do nothing returning question

-- name: own_questions
-- What a payee asked about a case, the newest first, with the answers; also under a number that was
-- joined to it.
select question.at, question.words, answer.at as answered_at, answer.party, answer.words as answer
from question
left join case_row as old using (case_id)
left join answer on answer.question = question.place
where question.payee_id = any($2) and coalesce(old.redirect_to, question.case_id) = $1
order by question.at desc, question.place desc limit 20

-- name: answers_to
-- What a payee was answered since a moment, the newest first.
select known.number, answer.at, answer.party, answer.words as answer
from question
join answer on answer.question = question.place
join case_row as old using (case_id)
join case_row as known on known.case_id = coalesce(old.redirect_to, old.case_id)
where question.payee_id = any($1) and answer.at > $2 and known.body is not null
order by answer.at desc limit 3
