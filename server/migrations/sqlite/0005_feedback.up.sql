-- What people say about answers and forecasts, in one table. Times are epoch milliseconds in UTC.

create table feedback (
    id          text    not null primary key,
    -- answer (a message of the Buddy) or forecast (a prediction)
    kind        text    not null,
    subject     text    not null,
    -- Who said it: SHA-256 of a visitor's cookie, or the account's id behind an "account:".
    giver       text    not null,
    -- right or wrong; of an answer: helpful or not_helpful
    verdict     text    not null,
    -- What was really seen: calm, usual or high.
    seen        text,
    words       text    not null,
    -- letter, card, chat or api
    origin      text    not null,
    given_at_ms integer not null,
    changed_at_ms integer not null,
    unique (kind, subject, giver)
) strict, without rowid;

create index feedback_by_time on feedback (changed_at_ms desc);

insert into feedback (id, kind, subject, giver, verdict, seen, words, origin, given_at_ms, changed_at_ms)
select 'answer:' || j.message, 'answer', j.message, c.visitor, j.verdict, null, j.reason, 'chat', j.judged_at_ms, j.judged_at_ms
from judgements j join messages m on m.id = j.message join conversations c on c.id = m.conversation;

drop table judgements;
