-- What the server measures about itself: drift, how forecasts compare with what happened, sources that failed. Times
-- are epoch milliseconds in UTC unless a name ends in _s.

-- One comparison of what is seen with what was learnt from.
create table drift_checks (
    -- 24h or 48h
    horizon          text    not null,
    -- Length of the current window.
    days             integer not null,
    -- End of the current window.
    ends_s           integer not null,
    -- The champion, whose training is the reference.
    model            text    not null,
    -- stable, drifted or too_few_rows
    verdict          text    not null,
    -- Features that drifted, that could be judged, and in all.
    drifted          integer not null,
    judged           integer not null,
    features         integer not null,
    -- Drifted over judged ones, 0 to 1.
    drifted_share    real    not null,
    reference_from_s integer not null,
    reference_to_s   integer not null,
    reference_rows   integer not null,
    current_rows     integer not null,
    -- Thresholds and sizes that were in force, as JSON.
    rules            text    not null,
    made_at_ms       integer not null,
    primary key (horizon, days, ends_s)
) strict, without rowid;

-- One column of one comparison.
create table drift_columns (
    horizon  text    not null,
    days     integer not null,
    ends_s   integer not null,
    name     text    not null,
    -- Place among the columns, from 0.
    position integer not null,
    -- feature, target or forecast
    role     text    not null,
    -- stable, drifted or too_few_rows
    verdict  text    not null,
    -- How far from its threshold: 1 is on it.
    score    real    not null,
    -- Tests with their thresholds, sizes and bins, and both histograms, as JSON; forgotten after a while.
    detail   text,
    primary key (horizon, days, ends_s, name)
) strict, without rowid;

-- What a watcher has found so far and goes on from, by its name.
create table watch_states (
    name    text    not null,
    -- As JSON.
    content text    not null,
    at_ms   integer not null,
    primary key (name)
) strict, without rowid;

-- What HAR with calendar would have said, fitted on what was known before the week of the origin.
create table baselines (
    symbol   text    not null,
    horizon  text    not null,
    origin_s integer not null,
    -- Quantiles of realised volatility, fraction a day.
    q10      real    not null,
    q50      real    not null,
    q90      real    not null,
    primary key (symbol, horizon, origin_s)
) strict, without rowid;

create index baselines_by_origin on baselines (origin_s);

-- What is known of the forecasts of a week, counted and summed.
create table performance_weeks (
    -- Monday, 00:00 UTC.
    week_s  integer not null,
    symbol  text    not null,
    horizon text    not null,
    model   text    not null,
    -- As JSON.
    sums    text    not null,
    primary key (horizon, week_s, symbol, model)
) strict, without rowid;

-- When a source of market data could not be read.
create table source_failures (
    id     text    not null,
    source text    not null,
    -- In plain words.
    what   text    not null,
    at_ms  integer not null,
    primary key (id)
) strict, without rowid;

create index source_failures_by_time on source_failures (at_ms desc);
