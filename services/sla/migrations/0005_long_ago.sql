-- When a case's past was played again last. What time brings of the days before is nobody's news: a
-- year that is replayed and ends today would write of every claim that is late in it.
alter table followed_case add column replayed_us bigint;
