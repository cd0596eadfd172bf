import type { ClickHouse } from "../../clickhouse/index.ts";
import { storedStreams, type Project, type StreamPosition, type Watermark } from "../../model/index.ts";
import { QueryError } from "../query-error.ts";
import { resolveMoment } from "../resolve-moment.ts";
import { resolvePresent } from "../resolve-range.ts";
import { ledgerStreams, readIngestedUntil, readWatermark } from "../watermark.ts";
import type { BehaviourRequest } from "./behaviour-request.ts";

/** What the log is taken to hold while a question is answered. */
export interface Snapshot {
  /** The events that count are those at or before it. */
  readonly watermark: Watermark;
  /** Until when all is known: the present, or what is ingested if that is less; microseconds since 1970, -Infinity if nobody knows. */
  readonly knownTo: number;
}

/**
 * Fixes what counts: the position asked for, or what is ingested now. A position that is not ingested yet stands for what is, as an answer must not change when it is asked for again.
 * @throws QueryError if `asOf` names no position, or a stream that the project never had
 */
export async function takeSnapshot(
  clickhouse: ClickHouse,
  project: Project,
  { asOf, now, ingestedUntil, timezone = project.timezone }: BehaviourRequest,
): Promise<Snapshot> {
  checkPositions(asOf ?? {});
  const present = resolvePresent(timezone, now);
  const until = ingestedUntil && resolveMoment(ingestedUntil, "ingestedUntil", present);
  const [ingested, storedTo] = await Promise.all([readWatermark(clickhouse), readIngestedUntil(clickhouse, project.streams, asOf)]);
  if (asOf) await checkStreams(clickhouse, project, asOf);
  const watermark = asOf ? earlier(asOf, ingested) : ingested;
  return { watermark, knownTo: Math.min(present.now, until ?? storedTo ?? -Infinity) };
}

function checkPositions(asOf: Watermark): void {
  for (const [stream, { epoch, seq }] of Object.entries(asOf)) {
    const isPosition = [epoch, seq].every((number) => Number.isSafeInteger(number) && number >= 0);
    if (!isPosition) throw new QueryError(`"asOf" has no position of stream ${stream}: epoch and seq must be whole numbers from 0.`);
  }
}

/** A stream must be of the project or, renamed since, of the ledger. */
async function checkStreams(clickhouse: ClickHouse, { streams }: Project, asOf: Watermark): Promise<void> {
  const declared = storedStreams(streams).map(({ name }) => name);
  const others = Object.keys(asOf).filter((stream) => !declared.includes(stream));
  if (others.length === 0) return;
  const known = await ledgerStreams(clickhouse);
  const unknown = others.find((stream) => !known.includes(stream));
  if (unknown !== undefined)
    throw new QueryError(`"asOf" names the stream ${JSON.stringify(unknown)}, and the project has ${declared.join(", ")}.`);
}

/** For each stream that both know, the position that comes first. */
function earlier(asOf: Watermark, ingested: Watermark): Watermark {
  const positions = Object.entries(asOf).flatMap(([stream, wanted]): [string, StreamPosition][] => {
    const held = ingested[stream];
    if (!held) return [];
    const isHeld = wanted.epoch < held.epoch || (wanted.epoch === held.epoch && wanted.seq <= held.seq);
    return [[stream, isHeld ? wanted : held]];
  });
  return Object.fromEntries(positions);
}
