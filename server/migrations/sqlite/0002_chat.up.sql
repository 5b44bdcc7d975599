-- Conversations with the Buddy. Times are epoch milliseconds in UTC.

create table conversations (
    id            text    not null primary key,
    -- SHA-256 of the visitor's cookie: whoever reads this table cannot act as the visitor.
    visitor       text    not null,
    title         text    not null,
    created_at_ms integer not null,
    changed_at_ms integer not null
) strict, without rowid;

create index conversations_of_a_visitor on conversations (visitor, changed_at_ms desc);

create table messages (
    id            text    not null primary key,
    conversation  text    not null references conversations (id) on delete cascade,
    place         integer not null,
    -- reader or buddy
    author        text    not null,
    body          text    not null,
    -- What was given to the writer, as JSON.
    citations     text    not null,
    -- complete, stopped or failed
    ending        text    not null,
    -- A model's name, or composer; empty for a question.
    writer        text    not null,
    prompt_tokens integer not null,
    answer_tokens integer not null,
    dropped       integer not null,
    took_ms       integer not null,
    written_at_ms integer not null,
    unique (conversation, place)
) strict;

-- What a reader thinks of an answer; the second time replaces the first.
create table judgements (
    message      text    not null primary key references messages (id) on delete cascade,
    -- helpful or not_helpful
    verdict      text    not null,
    reason       text    not null,
    judged_at_ms integer not null
) strict, without rowid;
