import type { ClickHouse } from "../clickhouse/index.ts";
import { storedStreams, type Present, type Project, type Watermark } from "../model/index.ts";
import { QueryError } from "./query-error.ts";
import { resolveMoment } from "./resolve-moment.ts";
import { ledgerStreams, readWatermark, readWatermarkAt } from "./watermark.ts";

/**
 * A past state of the log: a watermark, such as an answer names; a number, the last sequence of the project's one stream; or a time (a Date or text), up to which
 * JetStream had stored it.
 */
export type AsOf = Watermark | number | Date | string;

/** Checks what can be checked without asking. @throws QueryError, one sentence */
export function checkAsOf(asOf: AsOf | undefined, { streams }: Project, present: Present): void {
  if (asOf === undefined) return;
  if (typeof asOf === "string" || asOf instanceof Date) {
    resolveMoment(asOf, "asOf", present);
    return;
  }
  if (typeof asOf === "number") {
    const names = storedStreams(streams).map(({ name }) => name);
    if (!isCount(asOf)) throw new QueryError(`"asOf" is ${asOf}: a sequence is a whole number from 0.`);
    if (names.length !== 1) {
      throw new QueryError(
        `"asOf" is one sequence, and the project has ${names.length} streams (${names.join(", ")}): write a watermark or a time.`,
      );
    }
    return;
  }
  for (const [stream, position] of Object.entries(asOf)) {
    if (!isCount(position?.epoch) || !isCount(position?.seq))
      throw new QueryError(`"asOf" has no position of stream ${stream}: epoch and seq must be whole numbers from 0.`);
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * The watermark that a checked `asOf` means: of a sequence, in the stream's newest epoch; of a time, of each stream the last message in ClickHouse that JetStream had stored by then.
 * @throws QueryError if it names a stream that neither the project nor the ledger has
 */
export async function resolveAsOf(clickhouse: ClickHouse, project: Project, asOf: AsOf, present: Present): Promise<Watermark> {
  if (typeof asOf === "string" || asOf instanceof Date) return readWatermarkAt(clickhouse, resolveMoment(asOf, "asOf", present));
  if (typeof asOf !== "number") return knownWatermark(clickhouse, project, asOf);
  const [name = ""] = storedStreams(project.streams).map((stream) => stream.name);
  const newest = (await readWatermark(clickhouse))[name];
  if (!newest) throw new QueryError(`"asOf" is sequence ${asOf}, and nothing of stream ${name} is in ClickHouse yet.`);
  return { [name]: { epoch: newest.epoch, seq: asOf } };
}

/** A watermark whose streams exist: in the project, or, renamed since, in the ledger. */
async function knownWatermark(clickhouse: ClickHouse, { streams }: Project, asOf: Watermark): Promise<Watermark> {
  const declared = storedStreams(streams).map(({ name }) => name);
  const others = Object.keys(asOf).filter((stream) => !declared.includes(stream));
  const known = others.length === 0 ? [] : await ledgerStreams(clickhouse);
  const unknown = others.find((stream) => !known.includes(stream));
  if (unknown === undefined) return asOf;
  throw new QueryError(`"asOf" names the stream ${JSON.stringify(unknown)}, and the project has ${declared.join(", ")}.`);
}
