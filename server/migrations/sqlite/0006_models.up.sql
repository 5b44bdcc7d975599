-- How models come and go: trainings, the log of who let which model serve and why, and forecasts that nobody is shown.
-- Times are epoch milliseconds in UTC unless a name ends in _s.

create table trainings (
    id              text    not null primary key,
    -- 1 while it waits or runs, nothing afterwards: so there is one at a time over all servers.
    slot            integer unique,
    -- rows, drift, performance, feedback, schedule or operator
    cause           text    not null,
    -- system, or the account that asked for it
    actor           text    not null,
    reason          text    not null,
    -- What to train on what, as JSON.
    instruction     text    not null,
    -- waiting, running, done, failed or stopped
    state           text    not null,
    attempts        integer not null,
    requested_at_ms integer not null,
    started_at_ms   integer,
    ended_at_ms     integer,
    -- How far it is, as JSON.
    progress        text,
    -- What it said so far, as a JSON list.
    log_lines       text    not null,
    -- What was made and how it compares, as JSON.
    result          text,
    version         text,
    -- Why there is no model; empty where there is one.
    failure         text    not null,
    -- Who wants it stopped, and why.
    stop_actor      text,
    stop_reason     text
) strict, without rowid;

create index trainings_by_time on trainings (requested_at_ms desc);
create index trainings_of_a_version on trainings (version);

-- The audit log of models: never changed, never emptied.
create table model_events (
    id           text    not null primary key,
    at_ms        integer not null,
    -- trained, promoted, rolled_back, refused, stopped, failed, shadowed or settled
    kind         text    not null,
    -- system, or the account that did it
    actor        text    not null,
    version_from text,
    version_to   text,
    training     text,
    reason       text    not null,
    -- The numbers that it rests on, as JSON.
    evidence     text
) strict, without rowid;

create index model_events_by_time on model_events (at_ms desc);

-- Models that forecast beside the one that serves.
create table shadows (
    version   text    not null primary key,
    -- challenger, or former: the one that served before
    part      text    not null,
    -- The version that served when it began.
    beside    text    not null,
    since_ms  integer not null,
    until_ms  integer not null,
    is_over   integer not null
) strict, without rowid;

create table shadow_forecasts (
    version    text    not null,
    symbol     text    not null,
    -- 24h or 48h
    horizon    text    not null,
    origin_s   integer not null,
    made_at_ms integer not null,
    -- Chance of a high-volatility period, 0 to 1.
    chance     real    not null,
    -- Volatility above which a period counts as high, fraction a day.
    high_above real    not null,
    -- Quantiles of realised volatility, fraction a day.
    q10        real    not null,
    q50        real    not null,
    q90        real    not null,
    primary key (version, symbol, horizon, origin_s)
) strict, without rowid;

create index shadow_forecasts_by_origin on shadow_forecasts (origin_s);

-- What was worked out last of how the serving model does; each by its name.
create table model_checks (
    name    text    not null primary key,
    at_ms   integer not null,
    content text    not null
) strict, without rowid;
