-- Published forecasts, alert rules, what they fired and what goes out. Times are epoch milliseconds in UTC unless a
-- name ends in _s.

-- Every published forecast with what it was made from; its outcome comes when the horizon has passed.
create table predictions (
    id              varchar(96)    not null primary key,
    symbol          varchar(32)    not null,
    -- 24h or 48h
    horizon         varchar(8)    not null,
    -- End of the last candle that the forecast knew.
    origin_s        bigint not null,
    model           varchar(64)    not null,
    published_at_ms bigint not null,
    -- Chance of a high-volatility period, 0 to 1.
    chance          double    not null,
    -- Volatility above which a period counts as high, fraction a day.
    high_above      double    not null,
    -- Quantiles of realised volatility, fraction a day.
    q10             double    not null,
    q50             double    not null,
    q90             double    not null,
    -- Rank of the median within the last year, 0 to 1.
    rank_in_year    double    not null,
    -- The forecast as it was shown, as JSON.
    forecast        longtext    not null,
    -- The features, as a JSON object of numbers.
    features        longtext    not null,
    -- When the rules were tried on it.
    alerted_at_ms   bigint,
    -- Realised volatility, fraction a day.
    outcome         double,
    outcome_high    bigint,
    outcome_at_ms   bigint,
    unique (symbol, horizon, origin_s, model)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index predictions_by_origin on predictions (origin_s);
create index predictions_without_outcome on predictions (outcome_at_ms, origin_s);
create index predictions_to_alert on predictions (alerted_at_ms, published_at_ms);

-- When and how an account gets letters.
create table letter_choices (
    account         varchar(64)    not null primary key,
    -- A name of the IANA time zone data base.
    time_zone       varchar(64)    not null,
    -- Minutes after midnight; no quiet hours where both are the same.
    quiet_from_min  bigint not null,
    quiet_to_min    bigint not null,
    most_a_day      bigint not null,
    -- at_once or digest
    delivery        varchar(16)    not null,
    -- Hour of the digest in the account's time zone.
    digest_hour     bigint not null,
    -- Whether letters are wanted at all; unsubscribing sets it to 0.
    letters         bigint not null,
    changed_at_ms   bigint not null,
    foreign key (account) references accounts (id) on delete cascade
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create table alert_rules (
    id            varchar(96)    not null primary key,
    account       varchar(64)    not null,
    symbol        varchar(32)    not null,
    horizon       varchar(8)    not null,
    -- chance or rank
    measure       varchar(16)    not null,
    -- 0 to 1
    threshold     double    not null,
    created_at_ms bigint not null,
    unique (account, symbol, horizon),
    foreign key (account) references accounts (id) on delete cascade
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index alert_rules_of_a_coin on alert_rules (symbol, horizon, measure, threshold);

-- A rule that fired on a forecast: once, whatever happens.
create table alerts (
    id          varchar(96)    not null primary key,
    account     varchar(64)    not null,
    rule        varchar(64)    not null,
    prediction  varchar(64)    not null,
    measure     varchar(16)    not null,
    threshold   double    not null,
    fired_at_ms bigint not null,
    -- waiting, sent, digested, quiet (held back for good) or capped (the day's letters were used up)
    state       varchar(16)    not null,
    unique (account, prediction),
    foreign key (account) references accounts (id) on delete cascade,
    foreign key (prediction) references predictions (id)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index alerts_of_an_account on alerts (account, fired_at_ms desc);
create index alerts_by_state on alerts (state, fired_at_ms);

-- What goes out: letters and webhooks.
create table outbox (
    id              varchar(96)    not null primary key,
    account         varchar(64)   ,
    -- letter or webhook
    channel         varchar(16)    not null,
    -- What to say, as JSON; the words are made when it is sent.
    content         longtext    not null,
    -- waiting, sent or dead
    state           varchar(16)    not null,
    attempts        bigint not null,
    due_at_ms       bigint not null,
    lease           varchar(64)    not null,
    leased_until_ms bigint not null,
    failure         text    not null,
    created_at_ms   bigint not null,
    ended_at_ms     bigint,
    foreign key (account) references accounts (id) on delete cascade
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index outbox_due on outbox (state, due_at_ms);
create index outbox_leases on outbox (lease);
create index outbox_of_an_account on outbox (account, created_at_ms desc);

-- What the bell shows.
create table notifications (
    id          varchar(96)    not null primary key,
    account     varchar(64)    not null,
    -- What happened, as JSON.
    content     longtext    not null,
    at_ms       bigint not null,
    read_at_ms  bigint,
    foreign key (account) references accounts (id) on delete cascade
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

create index notifications_of_an_account on notifications (account, at_ms desc);
