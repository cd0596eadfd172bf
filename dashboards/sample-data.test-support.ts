import type { ClickHouse } from "../clickhouse/index.ts";

/** 40 days in Berlin over the end of summer time, 2025-10-26: long past, so every bucket is final. */
export const autumn = { from: Date.parse("2025-09-30T22:00:00Z"), to: Date.parse("2025-11-09T23:00:00Z") };

/** Events of the sample, evenly over {@link autumn}. */
export const EVENTS = 20_000;

/** Events over 40 days in 14 countries and none, two streams' ledgers (one with a gap), and dead letters. */
export async function fill(to: ClickHouse): Promise<void> {
  await to.command({
    name: "Insert events",
    sql: `INSERT INTO events (stream, epoch, seq, idx, stored_at, known_at, time, id, type, source, subject, version, data, enriched)
SELECT 'SHOP', 1, number + 1, 0, at, at, at, toString(number), 'order.placed', 'test', concat('user-', toString(cityHash64(number) % 500)), 1,
    concat('{"amount": ', toString((cityHash64(number, 1) % 100000) / 100), ', "items": ', toString(number % 5),
        if(number % 15 = 0, '', concat(', "country": "C', toString(number % 15), '"')),
        ', "gift": ', if(number % 3 = 0, 'true', 'false'), ', "coupon": "c', toString(number % 7), '", "series": "s', toString(number % 4), '"}'), '{}'
FROM (SELECT number, fromUnixTimestamp64Milli(${autumn.from} + toInt64(number * ${(autumn.to - autumn.from) / EVENTS}), 'UTC')::DateTime64(6, 'UTC') AS at FROM numbers(${EVENTS}))`,
  });
  const after = (hours: number): string => `toDateTime64(${autumn.to / 1_000 + hours * 3_600}, 6, 'UTC')`;
  const batch = (stream: string, first: number, last: number, rest: string): string => {
    const at = `toDateTime64(${autumn.from / 1_000 + 90_000 + first * 60}, 6, 'UTC')`;
    return `('${stream}', 1, ${first}, ${last}, ${rest}, 100, ${at}, ${at} + 5, repeat('0', 64), repeat('0', 64), 'worker-1', ${at} + 7)`;
  };
  await to.command({
    name: "Insert the ledger",
    sql: `INSERT INTO ingest_ledger (stream, epoch, first, last, generation, code, received, inserted, dead_lettered, duplicates, missing, event_rows, dead_letter_rows, bytes, stored_from, stored_to, digest, chain, worker, inserted_at) VALUES
${[
  batch("SHOP", 1, 400, "0, 'c0ffee00aa', 400, 380, 10, 10, 0, 380, 10"),
  batch("SHOP", 501, 800, "0, 'c0ffee00aa', 200, 200, 0, 0, 100, 200, 0"),
  batch("it\\'s", 1, 300, "1, 'decaf000bb', 300, 290, 10, 0, 0, 290, 10"),
  // The autumn is ingested to its end: what came after it is in the ledger too.
  `('SHOP', 1, 801, 801, 0, 'c0ffee00aa', 1, 1, 0, 0, 0, 1, 0, 100, ${after(2)}, ${after(2)}, repeat('0', 64), repeat('0', 64), 'worker-1', ${after(3)})`,
].join(",\n")}`,
  });
  const resolved = (resolution: string, seconds: number): string =>
    `('SHOP', 1, 30, 0, '${resolution}', 2, 'SHOP/1/replay-1', 'decaf000bb', 'worker-1', ${after(-10)} + ${seconds})`;
  await to.command({
    name: "Insert a replay",
    sql: `INSERT INTO dead_letter_resolutions (stream, epoch, seq, idx, resolution, event_rows, batch, code, worker, resolved_at) VALUES ${resolved("declared", 0)}, ${resolved("replayed", 5)}`,
  });
  await to.command({
    name: "Insert dead letters",
    sql: `INSERT INTO dead_letters (stream, epoch, seq, idx, stored_at, nats_subject, stage, reason, detail, payload, code)
SELECT 'SHOP', 1, number + 1, 0, toDateTime64(${autumn.from / 1_000 + 100_000} + number * 3600, 6, 'UTC'), 'shop.orders', 'decode', if(number % 2 = 0, 'invalid-json', 'too-deep'), 'It is not JSON.', '{', 'c0ffee00aa' FROM numbers(20)`,
  });
}

/** The training set that the answers of {@link fillDrift} are about. */
export const TRAINING_SET = "it's.parquet 0123456789ab";

/** Microseconds of a day of {@link autumn}. */
function micros(day: number): number {
  return (autumn.from + day * 86_400_000) * 1_000;
}

/** Two answers of `features drift --keep`, a week apart, the later measured twice, and one of another training set. */
export async function fillDrift(to: ClickHouse): Promise<void> {
  const bins = { orders_7d: ["(-∞, 1]", "(1, ∞)", "(null)"], coupon: ["c1", "(others)", "(null)"] };
  const kept = (set: string, day: number, measured: number, psi: number) =>
    Object.entries(bins).map(([feature, own], place) => ({
      features: "buyer_habits",
      training_set: set,
      feature,
      range_from: micros(day - 7),
      range_to: micros(day),
      measured_at: micros(day) + measured,
      place,
      rows_before: 1_000,
      rows: 100,
      psi: psi * (place + 1),
      chance: 0.2,
      verdict: "moved",
      null_rate_before: 0.1,
      null_rate: 0.2,
      mean_before: place === 0 ? 2 : null,
      mean: place === 0 ? 3 : null,
      bins: own,
      shares_before: [0.5, 0.4, 0.1],
      shares: [0.2, 0.6, 0.2],
    }));
  const rows = [
    ...kept("older.parquet ffffffffffff", 3, 1, 9),
    ...kept(TRAINING_SET, 3, 2, 0.1),
    ...kept(TRAINING_SET, 15, 9, 0.3),
    ...kept(TRAINING_SET, 15, 3, 7),
  ];
  await to.insert({
    table: "feature_drift",
    columns: Object.keys(rows[0] ?? {}),
    format: "JSONEachRow",
    body: Buffer.from(rows.map((row) => JSON.stringify(row)).join("\n")),
    token: "drift",
  });
}

/** Declares everything up to a sequence of SHOP committed; `storedTo` in milliseconds. */
export async function commitTo(
  to: ClickHouse,
  { last, storedTo, epoch = 1 }: { last: number; storedTo: number; epoch?: number },
): Promise<void> {
  await to.command({
    name: "Insert a ledger row",
    sql: `INSERT INTO ingest_ledger (stream, epoch, generation, first, last, received, inserted, stored_to, inserted_at)
SELECT 'SHOP', {epoch:UInt64}, 1, {last:UInt64}, {last:UInt64}, 1, 1, fromUnixTimestamp64Milli({storedTo:Int64}), fromUnixTimestamp64Milli({storedTo:Int64})`,
    params: { epoch, last, storedTo },
  });
}
