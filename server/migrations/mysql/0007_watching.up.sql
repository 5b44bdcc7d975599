-- What the server measures about itself: drift, how forecasts compare with what happened, sources that failed. Times
-- are epoch milliseconds in UTC unless a name ends in _s.

-- One comparison of what is seen with what was learnt from.
create table drift_checks (
    -- 24h or 48h
    horizon          varchar(8)  not null,
    -- Length of the current window.
    days             bigint      not null,
    -- End of the current window.
    ends_s           bigint      not null,
    -- The champion, whose training is the reference.
    model            varchar(64) not null,
    -- stable, drifted or too_few_rows
    verdict          varchar(16) not null,
    -- Features that drifted, that could be judged, and in all.
    drifted          bigint      not null,
    judged           bigint      not null,
    features         bigint      not null,
    -- Drifted over judged ones, 0 to 1.
    drifted_share    double      not null,
    reference_from_s bigint      not null,
    reference_to_s   bigint      not null,
    reference_rows   bigint      not null,
    current_rows     bigint      not null,
    -- Thresholds and sizes that were in force, as JSON.
    rules            longtext    not null,
    made_at_ms       bigint      not null,
    primary key (horizon, days, ends_s)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

-- One column of one comparison.
create table drift_columns (
    horizon  varchar(8)  not null,
    days     bigint      not null,
    ends_s   bigint      not null,
    name     varchar(64) not null,
    -- Place among the columns, from 0.
    position bigint      not null,
    -- feature, target or forecast
    role     varchar(16) not null,
    -- stable, drifted or too_few_rows
    verdict  varchar(16) not null,
    -- How far from its threshold: 1 is on it.
    score    double      not null,
    -- Tests with their thresholds, sizes and bins, and both histograms, as JSON; forgotten after a while.
    detail   longtext,
    primary key (horizon, days, ends_s, name)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

-- What a watcher has found so far and goes on from, by its name.
create table watch_states (
    name    varchar(64) not null,
    -- As JSON.
    content longtext    not null,
    at_ms   bigint      not null,
    primary key (name)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

-- What HAR with calendar would have said, fitted on what was known before the week of the origin.
create table baselines (
    symbol   varchar(32) not null,
    horizon  varchar(8)  not null,
    origin_s bigint      not null,
    -- Quantiles of realised volatility, fraction a day.
    q10      double      not null,
    q50      double      not null,
    q90      double      not null,
    primary key (symbol, horizon, origin_s)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index baselines_by_origin on baselines (origin_s);

-- What is known of the forecasts of a week, counted and summed.
create table performance_weeks (
    -- Monday, 00:00 UTC.
    week_s  bigint      not null,
    symbol  varchar(32) not null,
    horizon varchar(8)  not null,
    model   varchar(64) not null,
    -- As JSON.
    sums    longtext    not null,
    primary key (horizon, week_s, symbol, model)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

-- When a source of market data could not be read.
create table source_failures (
    id     varchar(64) not null,
    source varchar(32) not null,
    -- In plain words.
    what   text        not null,
    at_ms  bigint      not null,
    primary key (id)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index source_failures_by_time on source_failures (at_ms desc);
