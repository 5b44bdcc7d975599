create table judgements (
    message      text    not null primary key references messages (id) on delete cascade,
    verdict      text    not null,
    reason       text    not null,
    judged_at_ms integer not null
) strict, without rowid;

insert into judgements (message, verdict, reason, judged_at_ms)
select f.subject, f.verdict, f.words, f.changed_at_ms
from feedback f join messages m on m.id = f.subject where f.kind = 'answer';

drop table feedback;
