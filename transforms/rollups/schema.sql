CREATE TABLE dead_letter_resolutions
(
    `stream` LowCardinality(String),
    `epoch` UInt64,
    `seq` UInt64 COMMENT 'sequence of the message in the stream',
    `idx` UInt32 COMMENT 'place of the dead letter in its message',
    `resolution` LowCardinality(String) COMMENT 'declared: a replay is about to insert its rows; then replayed or released (they did not go in); or discarded',
    `event_rows` UInt32 COMMENT 'rows of events in its place, from idx on: several if it stood for a whole message',
    `batch` String COMMENT 'token of the replay that inserts them, or id of the command that discarded them',
    `reason` String COMMENT 'why it was discarded, as whoever did it says',
    `code` LowCardinality(String) COMMENT 'fingerprint of the config that replayed it',
    `worker` LowCardinality(String) COMMENT 'host and process of the command',
    `resolved_at` DateTime64(6, 'UTC') COMMENT 'the writer\'s clock'
)
ENGINE = MergeTree
ORDER BY (stream, epoch, seq, idx)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: what was done about dead letters';

CREATE TABLE dead_letters
(
    `stream` LowCardinality(String),
    `epoch` UInt64,
    `seq` UInt64 COMMENT 'sequence of the message in the stream',
    `idx` UInt32 COMMENT 'place of the event in its message; 0 if the message as a whole failed',
    `stored_at` DateTime64(6, 'UTC') COMMENT 'when JetStream stored the message',
    `nats_subject` String,
    `headers` Map(String, String) COMMENT 'NATS headers of the message, with its first dead letter only',
    `stage` LowCardinality(String) COMMENT 'decode, validate or insert',
    `reason` LowCardinality(String) COMMENT 'reason code, e.g. invalid-json',
    `detail` String COMMENT 'one sentence, without contents of the message',
    `payload` String COMMENT 'the bytes of the message, with its first dead letter only',
    `code` LowCardinality(String) COMMENT 'fingerprint of the config that refused it'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(stored_at)
ORDER BY (stream, epoch, seq, idx)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: messages set aside, with the reason';

CREATE TABLE events
(
    `stream` LowCardinality(String) COMMENT 'JetStream stream',
    `epoch` UInt64 COMMENT 'incarnation of the stream: its created time, microseconds since 1970' CODEC(DoubleDelta, ZSTD(1)),
    `seq` UInt64 COMMENT 'sequence of the message in the stream' CODEC(Delta(8), ZSTD(1)),
    `idx` UInt32 COMMENT 'place of the event in its message, from 0' CODEC(T64, ZSTD(1)),
    `stored_at` DateTime64(6, 'UTC') COMMENT 'when JetStream stored the message' CODEC(Delta(8), ZSTD(1)),
    `known_at` DateTime64(6, 'UTC') COMMENT 'knowledge time: recordedtime if the producer set it, never later than stored_at, else stored_at' CODEC(Delta(8), ZSTD(1)),
    `time` DateTime64(6, 'UTC') COMMENT 'event time: the time attribute, else stored_at' CODEC(Delta(8), ZSTD(1)),
    `id` String COMMENT 'CloudEvents id' CODEC(ZSTD(1)),
    `type` LowCardinality(String) COMMENT 'CloudEvents type',
    `source` LowCardinality(String) COMMENT 'CloudEvents source',
    `subject` String COMMENT 'CloudEvents subject: the entity; empty if absent' CODEC(ZSTD(1)),
    `version` UInt16 COMMENT 'schema version of data; 0 if not said',
    `data` JSON COMMENT 'the event itself, as published and upcast' CODEC(ZSTD(1)),
    `enriched` JSON COMMENT 'fields added by enrichers' CODEC(ZSTD(1)),
    INDEX seq_range seq TYPE minmax GRANULARITY 1,
    INDEX subject_set subject TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(stored_at)
ORDER BY (type, time, stream, epoch, seq, idx)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: every event of the log, once';

CREATE TABLE feature_drift
(
    `features` LowCardinality(String) COMMENT 'the feature set',
    `training_set` LowCardinality(String) COMMENT 'file of the training set, and the first 12 digits of its manifest\'s SHA-256',
    `feature` LowCardinality(String),
    `range_from` DateTime64(6, 'UTC') COMMENT 'time of the first row compared',
    `range_to` DateTime64(6, 'UTC') COMMENT 'end of the rows compared, not included',
    `measured_at` DateTime64(6, 'UTC') COMMENT 'the writer\'s clock',
    `place` UInt32 COMMENT 'of the feature in its set, from 0',
    `rows_before` UInt64 COMMENT 'rows of the training set',
    `rows` UInt64 COMMENT 'rows compared with it',
    `psi` Float64 COMMENT 'population stability index over the bins of the manifest',
    `chance` Float64 COMMENT 'what psi of as many rows of the same distribution exceeds one time in a hundred',
    `verdict` LowCardinality(String) COMMENT 'stable, unclear, moved or drifted',
    `null_rate_before` Float64 COMMENT 'share of the rows without a value, in the training set',
    `null_rate` Float64 COMMENT 'share of the rows without a value',
    `mean_before` Nullable(Float64) COMMENT 'of the values of the training set; null of texts',
    `mean` Nullable(Float64),
    `bins` Array(String) COMMENT 'intervals or texts, in order; last the rows without a value',
    `shares_before` Array(Float64) COMMENT 'of the rows of the training set, by bin',
    `shares` Array(Float64) COMMENT 'of the rows compared, by bin',
    `as_of` Map(String, Tuple(
        epoch UInt64,
        seq UInt64)) COMMENT 'stream -> the last message that counted'
)
ENGINE = MergeTree
ORDER BY (features, training_set, range_to, measured_at, place)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: how far features had moved from their training sets';

CREATE TABLE ingest_ledger
(
    `stream` LowCardinality(String),
    `epoch` UInt64,
    `generation` UInt32 COMMENT 'raised when ClickHouse lost rows and the lane is filled again',
    `first` UInt64 COMMENT 'first sequence of the batch',
    `last` UInt64 COMMENT 'last sequence of the batch',
    `received` UInt64 COMMENT 'messages read: inserted + dead_lettered + duplicates',
    `inserted` UInt64 COMMENT 'messages that became at least one row of events',
    `dead_lettered` UInt64 COMMENT 'messages that became dead letters only',
    `duplicates` UInt64 COMMENT 'messages that held nothing but duplicates',
    `missing` UInt64 COMMENT 'sequences of the range that the stream no longer had, or that a replay of a part left out',
    `event_rows` UInt64 COMMENT 'rows of events',
    `dead_letter_rows` UInt64 COMMENT 'rows of dead_letters',
    `bytes` UInt64 COMMENT 'payload bytes received',
    `stored_from` DateTime64(6, 'UTC') COMMENT 'store time of the first message received',
    `stored_to` DateTime64(6, 'UTC') COMMENT 'store time of the last message received',
    `digest` FixedString(64) COMMENT 'SHA-256 over the messages in order, hexadecimal; zeros = left out by a replay of a part',
    `chain` FixedString(64) COMMENT 'SHA-256 over the previous row\'s chain and this row\'s range, counts and digest',
    `code` LowCardinality(String) COMMENT 'fingerprint of the config that made the rows',
    `worker` LowCardinality(String),
    `inserted_at` DateTime64(6, 'UTC') COMMENT 'the worker\'s clock when the batch was in'
)
ENGINE = MergeTree
ORDER BY (stream, epoch, generation, first)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: what became of every message, batch by batch';

CREATE TABLE rollup_basket_7669294c
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `sum` SimpleAggregateFunction(sum, Int128),
    `values` SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: basket = avg(amount) of order.placed, per 1 minute';

CREATE MATERIALIZED VIEW rollup_basket_7669294c_view TO rollup_basket_7669294c
(
    `bucket` DateTime64(0, 'UTC'),
    `sum` Int128,
    `values` UInt64
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 60000000) * 60, 0, 'UTC') AS bucket,
    sum(ifNull(toInt128(accurateCastOrNull(round(coalesce(data.amount.:Float64, toFloat64(data.amount.:Int64), toFloat64(data.amount.:UInt64)) * 1000000.), 'Decimal(38, 0)')), 0)) AS sum,
    count(toInt128(accurateCastOrNull(round(coalesce(data.amount.:Float64, toFloat64(data.amount.:Int64), toFloat64(data.amount.:UInt64)) * 1000000.), 'Decimal(38, 0)'))) AS `values`
FROM events
WHERE type = 'order.placed'
GROUP BY bucket;

CREATE TABLE rollup_buyers_50d45ecd
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `uniq` AggregateFunction(uniqCombined64, String)
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: buyers = uniq(subject) of order.placed, per 1 minute';

CREATE MATERIALIZED VIEW rollup_buyers_50d45ecd_view TO rollup_buyers_50d45ecd
(
    `bucket` DateTime64(0, 'UTC'),
    `uniq` AggregateFunction(uniqCombined64, String)
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 60000000) * 60, 0, 'UTC') AS bucket,
    uniqCombined64State(subject) AS uniq
FROM events
WHERE type = 'order.placed'
GROUP BY bucket;

CREATE TABLE rollup_buyers_exact_efedb413
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `uniq` AggregateFunction(uniqExact, String)
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: buyers_exact = uniq(subject) of order.placed, per 1 minute';

CREATE MATERIALIZED VIEW rollup_buyers_exact_efedb413_view TO rollup_buyers_exact_efedb413
(
    `bucket` DateTime64(0, 'UTC'),
    `uniq` AggregateFunction(uniqExact, String)
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 60000000) * 60, 0, 'UTC') AS bucket,
    uniqExactState(subject) AS uniq
FROM events
WHERE type = 'order.placed'
GROUP BY bucket;

CREATE TABLE rollup_first_city_aaa4b531
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `first` AggregateFunction(argMin, Nullable(String), Tuple(
        DateTime64(6, 'UTC'),
        String,
        UInt64,
        UInt64,
        UInt32))
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: first_city = first(shop.city) of order.placed, per 1 minute';

CREATE MATERIALIZED VIEW rollup_first_city_aaa4b531_view TO rollup_first_city_aaa4b531
(
    `bucket` DateTime64(0, 'UTC'),
    `first` AggregateFunction(argMin, Nullable(String), Tuple(
        DateTime64(6, 'UTC'),
        String,
        UInt64,
        UInt64,
        UInt32))
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 60000000) * 60, 0, 'UTC') AS bucket,
    argMinState(CAST(toString(data.shop.city.:String), 'Nullable(String)'), CAST((time, stream, epoch, seq, idx), 'Tuple(DateTime64(6, \'UTC\'), String, UInt64, UInt64, UInt32)')) AS first
FROM events
WHERE type = 'order.placed'
GROUP BY bucket;

CREATE TABLE rollup_items_0af3edb9
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `sum` SimpleAggregateFunction(sum, Int128)
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: items = sum(quantity) of order.placed, per 1 hour';

CREATE MATERIALIZED VIEW rollup_items_0af3edb9_view TO rollup_items_0af3edb9
(
    `bucket` DateTime64(0, 'UTC'),
    `sum` Int128
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 3600000000) * 3600, 0, 'UTC') AS bucket,
    sum(ifNull(toInt128(coalesce(data.quantity.:Int64, accurateCastOrNull(data.quantity.:Float64, 'Int64'))), 0)) AS sum
FROM events
WHERE type = 'order.placed'
GROUP BY bucket;

CREATE TABLE rollup_largest_5cd09eee
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `max` SimpleAggregateFunction(max, Nullable(Float64))
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: largest = max(amount) of order.placed, per 1 minute';

CREATE MATERIALIZED VIEW rollup_largest_5cd09eee_view TO rollup_largest_5cd09eee
(
    `bucket` DateTime64(0, 'UTC'),
    `max` Nullable(Float64)
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 60000000) * 60, 0, 'UTC') AS bucket,
    max(toFloat64(coalesce(data.amount.:Float64, toFloat64(data.amount.:Int64), toFloat64(data.amount.:UInt64)))) AS max
FROM events
WHERE type = 'order.placed'
GROUP BY bucket;

CREATE TABLE rollup_last_amount_bc307c30
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `last` AggregateFunction(argMax, Nullable(Float64), Tuple(
        DateTime64(6, 'UTC'),
        String,
        UInt64,
        UInt64,
        UInt32))
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: last_amount = last(amount) of order.placed, per 1 minute';

CREATE MATERIALIZED VIEW rollup_last_amount_bc307c30_view TO rollup_last_amount_bc307c30
(
    `bucket` DateTime64(0, 'UTC'),
    `last` AggregateFunction(argMax, Nullable(Float64), Tuple(
        DateTime64(6, 'UTC'),
        String,
        UInt64,
        UInt64,
        UInt32))
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 60000000) * 60, 0, 'UTC') AS bucket,
    argMaxState(CAST(toFloat64(coalesce(data.amount.:Float64, toFloat64(data.amount.:Int64), toFloat64(data.amount.:UInt64))), 'Nullable(Float64)'), CAST((time, stream, epoch, seq, idx), 'Tuple(DateTime64(6, \'UTC\'), String, UInt64, UInt64, UInt32)')) AS last
FROM events
WHERE type = 'order.placed'
GROUP BY bucket;

CREATE TABLE rollup_orders_b53652f0
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `country` LowCardinality(Nullable(String)),
    `source` LowCardinality(String),
    `data__type` LowCardinality(Nullable(String)),
    `data__count` Nullable(Int64),
    `shop__city` LowCardinality(Nullable(String)),
    `gift` Nullable(Bool),
    `rate` Nullable(Float64),
    `count` SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket, country, source, data__type, data__count, shop__city, gift, rate)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: orders = count() of order.placed by country, source, type, count, shop.city, gift, rate, per 1 minute';

CREATE MATERIALIZED VIEW rollup_orders_b53652f0_view TO rollup_orders_b53652f0
(
    `bucket` DateTime64(0, 'UTC'),
    `country` Nullable(String),
    `source` LowCardinality(String),
    `data__type` Nullable(String),
    `data__count` Nullable(Int64),
    `shop__city` Nullable(String),
    `gift` Nullable(Bool),
    `rate` Nullable(Float64),
    `count` UInt64
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 60000000) * 60, 0, 'UTC') AS bucket,
    data.country.:String AS country,
    source AS source,
    data.type.:String AS data__type,
    coalesce(data.count.:Int64, accurateCastOrNull(data.count.:Float64, 'Int64')) AS data__count,
    data.shop.city.:String AS shop__city,
    data.gift.:Bool AS gift,
    coalesce(data.rate.:Float64, toFloat64(data.rate.:Int64), toFloat64(data.rate.:UInt64)) + 0 AS rate,
    count() AS count
FROM events
WHERE type = 'order.placed'
GROUP BY
    bucket,
    country,
    source,
    data__type,
    data__count,
    shop__city,
    gift,
    rate;

CREATE TABLE rollup_revenue_74333b25
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `country` LowCardinality(Nullable(String)),
    `sum` SimpleAggregateFunction(sum, Int128)
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket, country)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: revenue = sum(amount) of order.placed by country, per 1 minute';

CREATE MATERIALIZED VIEW rollup_revenue_74333b25_view TO rollup_revenue_74333b25
(
    `bucket` DateTime64(0, 'UTC'),
    `country` Nullable(String),
    `sum` Int128
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 60000000) * 60, 0, 'UTC') AS bucket,
    data.country.:String AS country,
    sum(ifNull(toInt128(accurateCastOrNull(round(coalesce(data.amount.:Float64, toFloat64(data.amount.:Int64), toFloat64(data.amount.:UInt64)) * 100.), 'Decimal(38, 0)')), 0)) AS sum
FROM events
WHERE type = 'order.placed'
GROUP BY
    bucket,
    country;

CREATE TABLE rollup_smallest_0e32c760
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `min` SimpleAggregateFunction(min, Nullable(Float64))
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: smallest = min(amount) of order.placed, per 1 minute';

CREATE MATERIALIZED VIEW rollup_smallest_0e32c760_view TO rollup_smallest_0e32c760
(
    `bucket` DateTime64(0, 'UTC'),
    `min` Nullable(Float64)
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 60000000) * 60, 0, 'UTC') AS bucket,
    min(toFloat64(coalesce(data.amount.:Float64, toFloat64(data.amount.:Int64), toFloat64(data.amount.:UInt64)))) AS min
FROM events
WHERE type = 'order.placed'
GROUP BY bucket;

CREATE TABLE rollup_spread_6c600298
(
    `bucket` DateTime64(0, 'UTC') COMMENT 'start of the bucket' CODEC(Delta(8), ZSTD(1)),
    `quantiles` AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.999), Nullable(Float64))
)
ENGINE = AggregatingMergeTree
ORDER BY (bucket)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: spread = quantiles(amount) of order.placed, per 1 minute';

CREATE MATERIALIZED VIEW rollup_spread_6c600298_view TO rollup_spread_6c600298
(
    `bucket` DateTime64(0, 'UTC'),
    `quantiles` AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.999), Nullable(Float64))
)
AS SELECT
    toDateTime64(intDiv(toUnixTimestamp64Micro(time), 60000000) * 60, 0, 'UTC') AS bucket,
    quantilesDDState(0.01, 0.5, 0.95, 0.999)(multiIf(toFloat64(coalesce(data.amount.:Float64, toFloat64(data.amount.:Int64), toFloat64(data.amount.:UInt64))) > 1e288, 1e288, toFloat64(coalesce(data.amount.:Float64, toFloat64(data.amount.:Int64), toFloat64(data.amount.:UInt64))) < -1e288, -1e288, toFloat64(coalesce(data.amount.:Float64, toFloat64(data.amount.:Int64), toFloat64(data.amount.:UInt64)))) * 18446744073709552000.) AS quantiles
FROM events
WHERE type = 'order.placed'
GROUP BY bucket;

CREATE TABLE rollup_versions
(
    `metric` LowCardinality(String),
    `rollup` String COMMENT 'table of the rollup',
    `complete` Bool COMMENT 'whether it holds every event since the beginning',
    `changed_at` DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY (metric, rollup)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: versions of the rollups';

CREATE TABLE saved_watermarks
(
    `name` String,
    `version` UInt64 COMMENT 'counts what was done to the name, from 1',
    `removed` Bool COMMENT 'whether the name was given up',
    `watermark` Map(String, Tuple(
        epoch UInt64,
        seq UInt64)) COMMENT 'stream -> the last message that counts',
    `saved_at` DateTime64(6, 'UTC') COMMENT 'the writer\'s clock'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY name
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, index_granularity = 8192
COMMENT 'hydrograph 1: positions of the log by name';
