/** A table every project has, and the statement that makes it. */
export interface BaseTable {
  readonly name: string;
  readonly create: string;
  /** Whether it holds what users wrote, which no replay of the log can bring: it stays with its database's name when the others change places. */
  readonly stays?: true;
}

/**
 * Inserts that a table remembers by token. A lane has one batch in flight, so a token must live for as many inserts as all other lanes do
 * while a lane is down. Both kinds of window are set: a plain MergeTree reads one, a Replicated one the other, and the first is 0 (off) by default.
 */
export const DEDUPLICATION_WINDOW = 10_000;

/** What goes into the SETTINGS of every table that a token protects. */
export const DEDUPLICATION_SETTINGS = `non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, replicated_deduplication_window_seconds = 2592000`;

/**
 * One row an event. Partitions are months of store time, which only moves forward, so a batch lies in one partition and late events do not
 * scatter small parts. The order serves trends (type, then time); the indexes serve recovery and verification (seq) and one entity's history (subject).
 */
const events = `CREATE TABLE IF NOT EXISTS events
(
    stream LowCardinality(String) COMMENT 'JetStream stream',
    epoch UInt64 COMMENT 'incarnation of the stream: its created time, microseconds since 1970' CODEC(DoubleDelta, ZSTD(1)),
    seq UInt64 COMMENT 'sequence of the message in the stream' CODEC(Delta, ZSTD(1)),
    idx UInt32 COMMENT 'place of the event in its message, from 0' CODEC(T64, ZSTD(1)),
    stored_at DateTime64(6, 'UTC') COMMENT 'when JetStream stored the message' CODEC(Delta, ZSTD(1)),
    known_at DateTime64(6, 'UTC') COMMENT 'knowledge time: recordedtime if the producer set it, never later than stored_at, else stored_at' CODEC(Delta, ZSTD(1)),
    time DateTime64(6, 'UTC') COMMENT 'event time: the time attribute, else stored_at' CODEC(Delta, ZSTD(1)),
    id String COMMENT 'CloudEvents id' CODEC(ZSTD(1)),
    type LowCardinality(String) COMMENT 'CloudEvents type',
    source LowCardinality(String) COMMENT 'CloudEvents source',
    subject String COMMENT 'CloudEvents subject: the entity; empty if absent' CODEC(ZSTD(1)),
    version UInt16 COMMENT 'schema version of data; 0 if not said',
    data JSON COMMENT 'the event itself, as published and upcast' CODEC(ZSTD(1)),
    enriched JSON COMMENT 'fields added by enrichers' CODEC(ZSTD(1)),
    INDEX seq_range seq TYPE minmax GRANULARITY 1,
    INDEX subject_set subject TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(stored_at)
ORDER BY (type, time, stream, epoch, seq, idx)
SETTINGS ${DEDUPLICATION_SETTINGS}
COMMENT 'hydrograph 1: every event of the log, once'`;

/** Messages, or single events of a message, that could not become rows of `events`. */
const deadLetters = `CREATE TABLE IF NOT EXISTS dead_letters
(
    stream LowCardinality(String),
    epoch UInt64,
    seq UInt64 COMMENT 'sequence of the message in the stream',
    idx UInt32 COMMENT 'place of the event in its message; 0 if the message as a whole failed',
    stored_at DateTime64(6, 'UTC') COMMENT 'when JetStream stored the message',
    nats_subject String,
    headers Map(String, String) COMMENT 'NATS headers of the message, with its first dead letter only',
    stage LowCardinality(String) COMMENT 'decode, validate or insert',
    reason LowCardinality(String) COMMENT 'reason code, e.g. invalid-json',
    detail String COMMENT 'one sentence, without contents of the message',
    payload String COMMENT 'the bytes of the message, with its first dead letter only',
    code LowCardinality(String) COMMENT 'fingerprint of the config that refused it'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(stored_at)
ORDER BY (stream, epoch, seq, idx)
SETTINGS ${DEDUPLICATION_SETTINGS}
COMMENT 'hydrograph 1: messages set aside, with the reason'`;

/**
 * What was done about dead letters, a row for each step: nothing is ever changed in `dead_letters` itself. Not partitioned, so that the rows of one insert
 * come at once or not at all.
 */
const resolutions = `CREATE TABLE IF NOT EXISTS dead_letter_resolutions
(
    stream LowCardinality(String),
    epoch UInt64,
    seq UInt64 COMMENT 'sequence of the message in the stream',
    idx UInt32 COMMENT 'place of the dead letter in its message',
    resolution LowCardinality(String) COMMENT 'declared: a replay is about to insert its rows; then replayed or released (they did not go in); or discarded',
    event_rows UInt32 COMMENT 'rows of events in its place, from idx on: several if it stood for a whole message',
    batch String COMMENT 'token of the replay that inserts them, or id of the command that discarded them',
    reason String COMMENT 'why it was discarded, as whoever did it says',
    code LowCardinality(String) COMMENT 'fingerprint of the config that replayed it',
    worker LowCardinality(String) COMMENT 'host and process of the command',
    resolved_at DateTime64(6, 'UTC') COMMENT 'the writer''s clock'
)
ENGINE = MergeTree
ORDER BY (stream, epoch, seq, idx)
SETTINGS ${DEDUPLICATION_SETTINGS}
COMMENT 'hydrograph 1: what was done about dead letters'`;

/** One row a batch, written after the batch: what is in the ledger is committed. */
const ledger = `CREATE TABLE IF NOT EXISTS ingest_ledger
(
    stream LowCardinality(String),
    epoch UInt64,
    generation UInt32 COMMENT 'raised when ClickHouse lost rows and the lane is filled again',
    first UInt64 COMMENT 'first sequence of the batch',
    last UInt64 COMMENT 'last sequence of the batch',
    received UInt64 COMMENT 'messages read: inserted + dead_lettered + duplicates',
    inserted UInt64 COMMENT 'messages that became at least one row of events',
    dead_lettered UInt64 COMMENT 'messages that became dead letters only',
    duplicates UInt64 COMMENT 'messages that held nothing but duplicates',
    missing UInt64 COMMENT 'sequences of the range that the stream no longer had, or that a replay of a part left out',
    event_rows UInt64 COMMENT 'rows of events',
    dead_letter_rows UInt64 COMMENT 'rows of dead_letters',
    bytes UInt64 COMMENT 'payload bytes received',
    stored_from DateTime64(6, 'UTC') COMMENT 'store time of the first message received',
    stored_to DateTime64(6, 'UTC') COMMENT 'store time of the last message received',
    digest FixedString(64) COMMENT 'SHA-256 over the messages in order, hexadecimal; zeros = left out by a replay of a part',
    chain FixedString(64) COMMENT 'SHA-256 over the previous row''s chain and this row''s range, counts and digest',
    code LowCardinality(String) COMMENT 'fingerprint of the config that made the rows',
    worker LowCardinality(String),
    inserted_at DateTime64(6, 'UTC') COMMENT 'the worker''s clock when the batch was in'
)
ENGINE = MergeTree
ORDER BY (stream, epoch, generation, first)
SETTINGS ${DEDUPLICATION_SETTINGS}
COMMENT 'hydrograph 1: what became of every message, batch by batch'`;

/** Which rollups hold the whole history; a trend reads no other. */
const rollupVersions = `CREATE TABLE IF NOT EXISTS rollup_versions
(
    metric LowCardinality(String),
    rollup String COMMENT 'table of the rollup',
    complete Bool COMMENT 'whether it holds every event since the beginning',
    changed_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(changed_at)
ORDER BY (metric, rollup)
SETTINGS ${DEDUPLICATION_SETTINGS}
COMMENT 'hydrograph 1: versions of the rollups'`;

/**
 * Names that users gave to positions of the log. A row is never changed: saving and removing add one of the next version, under a token of name and version, so that of two writers that saw
 * the same one only the first adds its own.
 */
const savedWatermarks = `CREATE TABLE IF NOT EXISTS saved_watermarks
(
    name String,
    version UInt64 COMMENT 'counts what was done to the name, from 1',
    removed Bool COMMENT 'whether the name was given up',
    watermark Map(String, Tuple(epoch UInt64, seq UInt64)) COMMENT 'stream -> the last message that counts',
    saved_at DateTime64(6, 'UTC') COMMENT 'the writer''s clock'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY name
SETTINGS ${DEDUPLICATION_SETTINGS}
COMMENT 'hydrograph 1: positions of the log by name'`;

/**
 * How far features had moved from their training sets whenever somebody measured it and kept the answer, a row a feature: what dashboards draw. Measured again, the later row counts.
 * A replay of the log brings it no more than the training sets themselves, so it stays with its database's name.
 */
const featureDrift = `CREATE TABLE IF NOT EXISTS feature_drift
(
    features LowCardinality(String) COMMENT 'the feature set',
    training_set LowCardinality(String) COMMENT 'file of the training set, and the first 12 digits of its manifest''s SHA-256',
    feature LowCardinality(String),
    range_from DateTime64(6, 'UTC') COMMENT 'time of the first row compared',
    range_to DateTime64(6, 'UTC') COMMENT 'end of the rows compared, not included',
    measured_at DateTime64(6, 'UTC') COMMENT 'the writer''s clock',
    place UInt32 COMMENT 'of the feature in its set, from 0',
    rows_before UInt64 COMMENT 'rows of the training set',
    rows UInt64 COMMENT 'rows compared with it',
    psi Float64 COMMENT 'population stability index over the bins of the manifest',
    chance Float64 COMMENT 'what psi of as many rows of the same distribution exceeds one time in a hundred',
    verdict LowCardinality(String) COMMENT 'stable, unclear, moved or drifted',
    null_rate_before Float64 COMMENT 'share of the rows without a value, in the training set',
    null_rate Float64 COMMENT 'share of the rows without a value',
    mean_before Nullable(Float64) COMMENT 'of the values of the training set; null of texts',
    mean Nullable(Float64),
    bins Array(String) COMMENT 'intervals or texts, in order; last the rows without a value',
    shares_before Array(Float64) COMMENT 'of the rows of the training set, by bin',
    shares Array(Float64) COMMENT 'of the rows compared, by bin',
    as_of Map(String, Tuple(epoch UInt64, seq UInt64)) COMMENT 'stream -> the last message that counted'
)
ENGINE = MergeTree
ORDER BY (features, training_set, range_to, measured_at, place)
SETTINGS ${DEDUPLICATION_SETTINGS}
COMMENT 'hydrograph 1: how far features had moved from their training sets'`;

/** The tables that do not depend on what the project declares. */
export const BASE_TABLES: readonly BaseTable[] = [
  { name: "events", create: events },
  { name: "dead_letters", create: deadLetters },
  { name: "dead_letter_resolutions", create: resolutions },
  { name: "ingest_ledger", create: ledger },
  { name: "rollup_versions", create: rollupVersions },
  { name: "saved_watermarks", create: savedWatermarks, stays: true },
  { name: "feature_drift", create: featureDrift, stays: true },
];
