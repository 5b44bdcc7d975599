-- Accounts and their sessions. Times are epoch milliseconds in UTC unless a name ends in _s.

create table accounts (
    id              varchar(96)    not null primary key,
    -- As a letter is addressed, in lower case.
    address         varchar(254)    not null unique,
    -- Argon2id in PHC form.
    password_hash   text    not null,
    -- member or operator
    role            varchar(16)    not null,
    -- en or fr
    language        varchar(8)    not null,
    -- When the address was confirmed by letter.
    confirmed_at_ms bigint,
    created_at_ms   bigint not null
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create table sessions (
    id           varchar(96)    not null primary key,
    -- The account that is signed in, so that all its sessions can be ended.
    account      varchar(64)   ,
    content      longtext    not null,
    expires_at_s bigint not null,
    foreign key (account) references accounts (id) on delete cascade
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index sessions_by_expiry on sessions (expires_at_s);
create index sessions_of_an_account on sessions (account);

-- What runs once over all replicas: whoever holds the lease works.
create table jobs (
    name            varchar(64)    not null primary key,
    lease           varchar(64)    not null,
    leased_until_ms bigint not null,
    started_at_ms   bigint,
    ended_at_ms     bigint,
    -- What the last run said; empty where all went well.
    failure         text    not null,
    runs            bigint not null,
    failures        bigint not null
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;
