import { createHash } from "node:crypto";
import type { VerifyReport } from "../../ingest/index.ts";
import { trend, type TrendRow } from "../../queries/index.ts";
import type { OracleEvent } from "../oracles/event.ts";
import { canonical, ledgerViolations } from "../oracles/ledger.ts";
import { oracleTrend } from "../oracles/trend.ts";
import { readTables } from "../support/books.ts";
import type { FaultProject } from "./fault-project.ts";
import { FROM, TO, type PaidEvent } from "./messages.ts";
import type { SentMessage } from "./publisher.ts";

/** One fault may break everything: more than these say nothing new. */
const MOST_VIOLATIONS = 20;

/**
 * Everything that breaks the promises of exactly once, a sentence each: what the publisher got acknowledgements for is in `events` or `dead_letters`, each once, unchanged, and nothing
 * else is; dead letters carry reason and bytes; every rollup is what the acknowledged events add up to; `hydrograph verify` is content. The ledger's own arithmetic is checked too.
 */
export async function violations(project: FaultProject): Promise<string[]> {
  const { clickhouse, publisher, user } = project;
  const books = ledgerViolations({ published: publisher.sent, ...(await readTables(clickhouse)) });
  const verified = await user.run(["verify", "--format", "json"]);
  const { lanes, ok } = JSON.parse(verified.stdout) as VerifyReport;
  return [
    ...books.map(({ detail, kind, where }) => `${kind}: ${where}: ${detail}`),
    ...(ok && verified.code === 0 ? [] : [`verify ends with ${verified.code}: ${lanes.flatMap((lane) => lane.problems).join(" ")}`]),
    ...(await deadLetterViolations(project)),
    ...(await rollupViolations(project)),
  ].slice(0, MOST_VIOLATIONS);
}

/** The first dead letter of each message that must have one carries its reason and its bytes. */
async function deadLetterViolations({ clickhouse, publisher }: FaultProject): Promise<string[]> {
  const rows = await clickhouse.rows<{ place: string; reason: string; digest: string }>({
    name: "Dead letters",
    sql: `SELECT concat(stream, ' ', toString(epoch), ' ', toString(seq)) AS place, argMin(reason, idx) AS reason, argMin(lower(hex(SHA256(payload))), idx) AS digest
          FROM dead_letters GROUP BY place`,
  });
  const found = new Map(rows.map(({ digest, place, reason }) => [place, `${reason} ${digest}`]));
  return publisher.sent.flatMap(({ deleted, epoch, payload, reason, seq, stream }) => {
    const place = `${stream} ${epoch} ${seq}`;
    const wanted = reason === undefined || deleted === true ? undefined : `${reason} ${createHash("sha256").update(payload).digest("hex")}`;
    return found.get(place) === wanted ? [] : [`dead letter of ${place}: expected ${wanted}, found ${found.get(place)}`];
  });
}

/** What each rollup answers is what the oracle computes from the acknowledged events. */
async function rollupViolations({ clickhouse, declared, publisher }: FaultProject): Promise<string[]> {
  const events = publisher.sent.flatMap(oracleEvents);
  const range = { from: Date.parse(FROM) * 1_000, to: Date.parse(TO) * 1_000, grain: "6 hours", zone: "UTC", groupBy: ["shop"] };
  const found: string[] = [];
  for (const metric of declared.metrics) {
    const answer = await trend(clickhouse, declared, { metric: metric.name, from: FROM, to: TO, grain: "6 hours", groupBy: ["shop"] });
    const expected = oracleTrend(events, metric, range).map(({ group, start, values }) => bucket(start, group[0], values["value"]));
    const actual = answer.rows.map(({ group, start, values }: TrendRow) => bucket(start.getTime() * 1_000, group["shop"], values["value"]));
    for (const { kind, table, why } of answer.sources)
      if (kind !== "rollup") found.push(`${metric.name}: was read from ${table}, as ${why}`);
    const wrong = expected.toSorted().find((row, index) => row !== actual.toSorted()[index]);
    if (wrong !== undefined || actual.length !== expected.length)
      found.push(`${metric.name}: the rollup differs from the events at ${wrong ?? "the number of buckets"}`);
  }
  return found;
}

function bucket(start: number, shop: unknown, value: unknown): string {
  return canonical({ start, shop, value: Number(value) });
}

function oracleEvents({ deleted, epoch, events, seq, stream }: SentMessage): OracleEvent[] {
  if (deleted === true) return [];
  return events.flatMap((event, idx) => {
    const { data, id, source, subject, time, type, expect } = event as PaidEvent;
    if (expect !== undefined && expect !== "row") return [];
    const at = Date.parse(time) * 1_000;
    return [{ type, time: at, known_at: at, stream, epoch, seq, idx, id, source, subject, data }];
  });
}
