-- Market data. Times are epoch seconds in UTC unless a name ends in _ms.

-- Hourly candles, first known wins: a row is never changed once it is here.
create table candles (
    symbol     text    not null,
    opens_at_s integer not null,
    open       real    not null,
    high       real    not null,
    low        real    not null,
    close      real    not null,
    volume     real    not null,
    -- When the product knew it. Files carry no such record; theirs is the end of the hour.
    seen_at_s  integer not null,
    source     text    not null,
    primary key (symbol, opens_at_s)
) strict, without rowid;

-- Hours [from_s, to_s) that are missing between a coin's first and last candle.
create table gaps (
    symbol text    not null,
    from_s integer not null,
    to_s   integer not null,
    primary key (symbol, from_s)
) strict, without rowid;

-- Rows that cannot be true. The key makes a second reading of the same file add nothing.
create table quarantine (
    symbol       text    not null,
    source       text    not null,
    -- The file and its row, empty for an exchange.
    place        text    not null,
    reason       text    not null,
    raw          text    not null,
    opens_at_ms  integer,
    refused_at_s integer not null,
    primary key (symbol, source, place, reason, raw)
) strict, without rowid;

-- What a source has been asked and has answered, whether or not it had candles there: [from_s, next_s).
create table ingest_progress (
    source       text    not null,
    symbol       text    not null,
    from_s       integer not null,
    next_s       integer not null,
    updated_at_s integer not null,
    primary key (source, symbol, from_s)
) strict, without rowid;

-- Archive files whose candles are stored; one that has not changed is not read again.
create table archive_files (
    path        text    not null primary key,
    size_bytes  integer not null,
    modified_ms integer not null,
    read_at_s   integer not null
) strict, without rowid;
