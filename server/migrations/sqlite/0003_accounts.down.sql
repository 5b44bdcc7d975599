drop table jobs;
drop table sessions;
drop table accounts;
