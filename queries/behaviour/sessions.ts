import type { ClickHouse } from "../../clickhouse/index.ts";
import { TIME_RANGE, type Project } from "../../model/index.ts";
import { resolveEntity } from "./entity.ts";
import { resolveSelectors } from "./event-selector.ts";
import { answeredRange, resolveLength, resolveRange } from "./resolve-range.ts";
import type { SessionsAnswer, SessionsRequest, Spread, SpreadClass } from "./sessions-request.ts";
import { CLASSES, sessionsStatement, type ResolvedSessions } from "./sessions-sql.ts";
import { takeSnapshot, type Snapshot } from "../snapshot.ts";

/** How far behind the range's end a session is followed at first, beside the gap: a day, microseconds. */
const FIRST_LOOK = 86_400_000_000;

/** The statement's row; 64-bit integers come as text. */
type Row = Counts & Readonly<Record<`${"length" | "depth"}_${5 | 9 | 10 | "sum"}`, string | null>>;

interface Counts {
  readonly sessions: string;
  readonly entities: string;
  readonly events: string;
  readonly open: string;
  readonly cut: string;
  readonly length_classes: readonly string[];
  readonly depth_classes: readonly string[];
}

/**
 * Answers how many sessions begin in the range, how long they last, and how many events they have.
 * @throws QueryError if the question cannot be answered as put: nothing was run then
 * @throws ClickHouseFailure if ClickHouse did not answer
 */
export async function sessions(clickhouse: ClickHouse, project: Project, request: SessionsRequest): Promise<SessionsAnswer> {
  const events = resolveSelectors(project, request.events, request.filter);
  const entity = resolveEntity(events, request.entity ?? "subject");
  const resolved = { ...resolveRange(project, request), gap: resolveLength(request.gap, "gap"), events, entity };
  const snapshot = await takeSnapshot(clickhouse, project, request, resolved);
  const row = await readWhole(clickhouse, resolved, snapshot, request.signal);
  return {
    entity: entity.ref,
    ...answeredRange(resolved),
    events: events.map(({ label }) => label),
    gap: request.gap,
    sessions: Number(row.sessions),
    entities: Number(row.entities),
    eventCount: Number(row.events),
    open: Number(row.open),
    length: spreadOf(row, "length", 1e6),
    depth: spreadOf(row, "depth", 1),
    lengths: classesOf(row, CLASSES.length, row.length_classes, 1e6),
    depths: classesOf(row, CLASSES.depth, row.depth_classes, 1).map((each, index) => (index === 0 ? { ...each, from: 1 } : each)),
    watermark: snapshot.watermark,
  };
}

/** Sessions go on behind the range's end, nobody knows how far: what is read reaches further until none goes on at its end. */
async function readWhole(
  clickhouse: ClickHouse,
  asked: ResolvedSessions,
  snapshot: Snapshot,
  signal: AbortSignal | undefined,
): Promise<Row> {
  for (let ahead = asked.gap + FIRST_LOOK; ; ahead *= 8) {
    const horizon = Math.min(asked.to + ahead, TIME_RANGE.to);
    const statement = sessionsStatement(asked, snapshot, horizon);
    const [row] = await clickhouse.rows<Row>({ ...statement, ...(signal ? { signal } : {}) });
    if (!row) throw new Error("An aggregate without groups gave no row.");
    if (row.cut === "0" || horizon === TIME_RANGE.to) return row;
  }
}

function spreadOf(row: Row, name: "length" | "depth", unit: number): Spread | null {
  const [median, p90, max] = [row[`${name}_5`], row[`${name}_9`], row[`${name}_10`]];
  if (median === null || p90 === null || max === null) return null;
  const mean = Number(row[`${name}_sum`]) / Number(row.sessions) / unit;
  return { median: Number(median) / unit, p90: Number(p90) / unit, max: Number(max) / unit, mean };
}

/** @param below the number of sessions below each bound */
function classesOf(row: Row, bounds: readonly number[], below: readonly string[], unit: number): SpreadClass[] {
  const totals = [0, ...below.map(Number), Number(row.sessions)];
  return totals.slice(1).map((total, index) => {
    const [from = 0, end] = [index === 0 ? 0 : bounds[index - 1], bounds[index]];
    return { from: from / unit, below: end === undefined ? null : end / unit, sessions: total - (totals[index] ?? 0) };
  });
}
