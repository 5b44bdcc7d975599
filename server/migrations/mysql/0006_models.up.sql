-- How models come and go: trainings, the log of who let which model serve and why, and forecasts that nobody is shown.
-- Times are epoch milliseconds in UTC unless a name ends in _s.

create table trainings (
    id              varchar(96)    not null primary key,
    -- 1 while it waits or runs, nothing afterwards: so there is one at a time over all servers.
    slot            bigint unique,
    -- rows, drift, performance, feedback, schedule or operator
    cause           varchar(16)    not null,
    -- system, or the account that asked for it
    actor           varchar(80)    not null,
    reason          text    not null,
    -- What to train on what, as JSON.
    instruction     longtext    not null,
    -- waiting, running, done, failed or stopped
    state           varchar(16)    not null,
    attempts        bigint not null,
    requested_at_ms bigint not null,
    started_at_ms   bigint,
    ended_at_ms     bigint,
    -- How far it is, as JSON.
    progress        longtext,
    -- What it said so far, as a JSON list.
    log_lines       longtext    not null,
    -- What was made and how it compares, as JSON.
    result          longtext,
    version         varchar(64),
    -- Why there is no model; empty where there is one.
    failure         text    not null,
    -- Who wants it stopped, and why.
    stop_actor      varchar(80),
    stop_reason     text
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index trainings_by_time on trainings (requested_at_ms desc);
create index trainings_of_a_version on trainings (version);

-- The audit log of models: never changed, never emptied.
create table model_events (
    id           varchar(96)    not null primary key,
    at_ms        bigint not null,
    -- trained, promoted, rolled_back, refused, stopped, failed, shadowed or settled
    kind         varchar(16)    not null,
    -- system, or the account that did it
    actor        varchar(80)    not null,
    version_from varchar(64),
    version_to   varchar(64),
    training     varchar(96),
    reason       text    not null,
    -- The numbers that it rests on, as JSON.
    evidence     longtext
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index model_events_by_time on model_events (at_ms desc);

-- Models that forecast beside the one that serves.
create table shadows (
    version   varchar(64)    not null primary key,
    -- challenger, or former: the one that served before
    part      varchar(16)    not null,
    -- The version that served when it began.
    beside    varchar(64)    not null,
    since_ms  bigint not null,
    until_ms  bigint not null,
    is_over   bigint not null
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create table shadow_forecasts (
    version    varchar(64)    not null,
    symbol     varchar(32)    not null,
    -- 24h or 48h
    horizon    varchar(8)    not null,
    origin_s   bigint not null,
    made_at_ms bigint not null,
    -- Chance of a high-volatility period, 0 to 1.
    chance     double    not null,
    -- Volatility above which a period counts as high, fraction a day.
    high_above double    not null,
    -- Quantiles of realised volatility, fraction a day.
    q10        double    not null,
    q50        double    not null,
    q90        double    not null,
    primary key (version, symbol, horizon, origin_s)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index shadow_forecasts_by_origin on shadow_forecasts (origin_s);

-- What was worked out last of how the serving model does; each by its name.
create table model_checks (
    name    varchar(64)    not null primary key,
    at_ms   bigint not null,
    content longtext    not null
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;
