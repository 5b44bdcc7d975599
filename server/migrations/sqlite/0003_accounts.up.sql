-- Accounts and their sessions. Times are epoch milliseconds in UTC unless a name ends in _s.

create table accounts (
    id              text    not null primary key,
    -- As a letter is addressed, in lower case.
    address         text    not null unique,
    -- Argon2id in PHC form.
    password_hash   text    not null,
    -- member or operator
    role            text    not null,
    -- en or fr
    language        text    not null,
    -- When the address was confirmed by letter.
    confirmed_at_ms integer,
    created_at_ms   integer not null
) strict, without rowid;

create table sessions (
    id           text    not null primary key,
    -- The account that is signed in, so that all its sessions can be ended.
    account      text    references accounts (id) on delete cascade,
    content      text    not null,
    expires_at_s integer not null
) strict, without rowid;

create index sessions_by_expiry on sessions (expires_at_s);
create index sessions_of_an_account on sessions (account);

-- What runs once over all replicas: whoever holds the lease works.
create table jobs (
    name            text    not null primary key,
    lease           text    not null,
    leased_until_ms integer not null,
    started_at_ms   integer,
    ended_at_ms     integer,
    -- What the last run said; empty where all went well.
    failure         text    not null,
    runs            integer not null,
    failures        integer not null
) strict, without rowid;
