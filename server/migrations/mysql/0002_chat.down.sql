drop table judgements;
drop table messages;
drop table conversations;
