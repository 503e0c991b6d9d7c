-- A message lies in its row, not compressed and not beside it: it is read once and deleted.
-- Compressing states of two or three kilobytes took most of the database's time.
alter table outbox alter column value set storage external;
alter table outbox set (toast_tuple_target = 8160);
