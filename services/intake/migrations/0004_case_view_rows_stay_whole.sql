-- The read-back is rewritten with every version of a case: compressing it each time costs more
-- than the room it saves.
alter table case_view alter column body set storage external;
alter table case_view set (toast_tuple_target = 8160, fillfactor = 70);
