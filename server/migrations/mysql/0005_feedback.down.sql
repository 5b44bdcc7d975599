create table judgements (
    message      varchar(64)    not null primary key,
    verdict      varchar(16)    not null,
    reason       text    not null,
    judged_at_ms bigint not null,
    foreign key (message) references messages (id) on delete cascade
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

insert into judgements (message, verdict, reason, judged_at_ms)
select f.subject, f.verdict, f.words, f.changed_at_ms
from feedback f join messages m on m.id = f.subject where f.kind = 'answer';

drop table feedback;
