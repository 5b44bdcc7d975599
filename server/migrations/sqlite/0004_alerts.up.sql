-- Published forecasts, alert rules, what they fired and what goes out. Times are epoch milliseconds in UTC unless a
-- name ends in _s.

-- Every published forecast with what it was made from; its outcome comes when the horizon has passed.
create table predictions (
    id              text    not null primary key,
    symbol          text    not null,
    -- 24h or 48h
    horizon         text    not null,
    -- End of the last candle that the forecast knew.
    origin_s        integer not null,
    model           text    not null,
    published_at_ms integer not null,
    -- Chance of a high-volatility period, 0 to 1.
    chance          real    not null,
    -- Volatility above which a period counts as high, fraction a day.
    high_above      real    not null,
    -- Quantiles of realised volatility, fraction a day.
    q10             real    not null,
    q50             real    not null,
    q90             real    not null,
    -- Rank of the median within the last year, 0 to 1.
    rank_in_year    real    not null,
    -- The forecast as it was shown, as JSON.
    forecast        text    not null,
    -- The features, as a JSON object of numbers.
    features        text    not null,
    -- When the rules were tried on it.
    alerted_at_ms   integer,
    -- Realised volatility, fraction a day.
    outcome         real,
    outcome_high    integer,
    outcome_at_ms   integer,
    unique (symbol, horizon, origin_s, model)
) strict;

create index predictions_by_origin on predictions (origin_s);
create index predictions_without_outcome on predictions (outcome_at_ms, origin_s);
create index predictions_to_alert on predictions (alerted_at_ms, published_at_ms);

-- When and how an account gets letters.
create table letter_choices (
    account         text    not null primary key references accounts (id) on delete cascade,
    -- A name of the IANA time zone data base.
    time_zone       text    not null,
    -- Minutes after midnight; no quiet hours where both are the same.
    quiet_from_min  integer not null,
    quiet_to_min    integer not null,
    most_a_day      integer not null,
    -- at_once or digest
    delivery        text    not null,
    -- Hour of the digest in the account's time zone.
    digest_hour     integer not null,
    -- Whether letters are wanted at all; unsubscribing sets it to 0.
    letters         integer not null,
    changed_at_ms   integer not null
) strict, without rowid;

create table alert_rules (
    id            text    not null primary key,
    account       text    not null references accounts (id) on delete cascade,
    symbol        text    not null,
    horizon       text    not null,
    -- chance or rank
    measure       text    not null,
    -- 0 to 1
    threshold     real    not null,
    created_at_ms integer not null,
    unique (account, symbol, horizon)
) strict, without rowid;

create index alert_rules_of_a_coin on alert_rules (symbol, horizon, measure, threshold);

-- A rule that fired on a forecast: once, whatever happens.
create table alerts (
    id          text    not null primary key,
    account     text    not null references accounts (id) on delete cascade,
    rule        text    not null,
    prediction  text    not null references predictions (id),
    measure     text    not null,
    threshold   real    not null,
    fired_at_ms integer not null,
    -- waiting, sent, digested, quiet (held back for good) or capped (the day's letters were used up)
    state       text    not null,
    unique (account, prediction)
) strict, without rowid;

create index alerts_of_an_account on alerts (account, fired_at_ms desc);
create index alerts_by_state on alerts (state, fired_at_ms);

-- What goes out: letters and webhooks.
create table outbox (
    id              text    not null primary key,
    account         text    references accounts (id) on delete cascade,
    -- letter or webhook
    channel         text    not null,
    -- What to say, as JSON; the words are made when it is sent.
    content         text    not null,
    -- waiting, sent or dead
    state           text    not null,
    attempts        integer not null,
    due_at_ms       integer not null,
    lease           text    not null,
    leased_until_ms integer not null,
    failure         text    not null,
    created_at_ms   integer not null,
    ended_at_ms     integer
) strict, without rowid;

create index outbox_due on outbox (state, due_at_ms);
create index outbox_leases on outbox (lease);
create index outbox_of_an_account on outbox (account, created_at_ms desc);

-- What the bell shows.
create table notifications (
    id          text    not null primary key,
    account     text    not null references accounts (id) on delete cascade,
    -- What happened, as JSON.
    content     text    not null,
    at_ms       integer not null,
    read_at_ms  integer
) strict, without rowid;

create index notifications_of_an_account on notifications (account, at_ms desc);
