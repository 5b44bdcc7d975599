-- Conversations with the Buddy. Times are epoch milliseconds in UTC.

create table conversations (
    id            varchar(96)    not null primary key,
    -- SHA-256 of the visitor's cookie: whoever reads this table cannot act as the visitor.
    visitor       varchar(64)    not null,
    title         text    not null,
    created_at_ms bigint not null,
    changed_at_ms bigint not null
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index conversations_of_a_visitor on conversations (visitor, changed_at_ms desc);

create table messages (
    id            varchar(96)    not null primary key,
    conversation  varchar(64)    not null,
    place         bigint not null,
    -- reader or buddy
    author        varchar(16)    not null,
    body          longtext    not null,
    -- What was given to the writer, as JSON.
    citations     longtext    not null,
    -- complete, stopped or failed
    ending        varchar(16)    not null,
    -- A model's name, or composer; empty for a question.
    writer        text    not null,
    prompt_tokens bigint not null,
    answer_tokens bigint not null,
    dropped       bigint not null,
    took_ms       bigint not null,
    written_at_ms bigint not null,
    unique (conversation, place),
    foreign key (conversation) references conversations (id) on delete cascade
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

-- What a reader thinks of an answer; the second time replaces the first.
create table judgements (
    message      varchar(64)    not null primary key,
    -- helpful or not_helpful
    verdict      varchar(16)    not null,
    reason       text    not null,
    judged_at_ms bigint not null,
    foreign key (message) references messages (id) on delete cascade
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;
