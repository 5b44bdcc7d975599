-- Market data. Times are epoch seconds in UTC unless a name ends in _ms.

-- Hourly candles, first known wins: a row is never changed once it is here.
create table candles (
    symbol     varchar(32)    not null,
    opens_at_s bigint not null,
    open       double    not null,
    high       double    not null,
    low        double    not null,
    close      double    not null,
    volume     double    not null,
    -- When the product knew it. Files carry no such record; theirs is the end of the hour.
    seen_at_s  bigint not null,
    source     varchar(64)    not null,
    primary key (symbol, opens_at_s)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

-- Hours [from_s, to_s) that are missing between a coin's first and last candle.
create table gaps (
    symbol varchar(32)    not null,
    from_s bigint not null,
    to_s   bigint not null,
    primary key (symbol, from_s)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

-- Rows that cannot be true. The key makes a second reading of the same file add nothing.
create table quarantine (
    symbol       varchar(32)    not null,
    source       varchar(64)    not null,
    -- The file and its row, empty for an exchange.
    place        text    not null,
    reason       varchar(64)    not null,
    raw          longtext    not null,
    opens_at_ms  bigint,
    refused_at_s bigint not null,
    -- A key of a server holds no long text.
    fingerprint  binary(32) as (unhex(sha2(concat_ws(char(0), symbol, source, place, reason, raw), 256))) stored,
    unique (fingerprint)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

-- What a source has been asked and has answered, whether or not it had candles there: [from_s, next_s).
create table ingest_progress (
    source       varchar(64)    not null,
    symbol       varchar(32)    not null,
    from_s       bigint not null,
    next_s       bigint not null,
    updated_at_s bigint not null,
    primary key (source, symbol, from_s)
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;

-- Archive files whose candles are stored; one that has not changed is not read again.
create table archive_files (
    path        varchar(700)    not null primary key,
    size_bytes  bigint not null,
    modified_ms bigint not null,
    read_at_s   bigint not null
) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin;
