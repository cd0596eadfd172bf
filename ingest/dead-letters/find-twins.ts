import type { LaneIdentity } from "../batch/rows.ts";
import { spanText } from "../decode/span.ts";
import { planMessages, type MessageSource } from "./plan-messages.ts";
import type { MessageState } from "./plan-replay.ts";
import { laneParams, OF_LANE } from "./resolutions.ts";

/** What of a letter's events is in `events` from elsewhere. */
export interface Twins {
  /** Of so many events, so many are duplicates. */
  readonly events: number;
  readonly duplicates: number;
  /** Sequence of the message that the first of them is in from. */
  readonly from: number;
}

/** An event that is about to come in. */
interface Candidate {
  readonly letter: string;
  readonly seq: number;
  readonly source: string;
  readonly id: string;
  /** Store time, whole milliseconds since 1970. */
  readonly ms: number;
}

/** Where and when an event of a key was accepted. */
interface Accepted {
  readonly seq: number;
  readonly ms: number;
}

/** Bytes of `id`s that one query asks for: they stand in its address, and percent signs make three of one. */
const BYTES_A_QUERY = 4_000;

/**
 * Tells which letters hold duplicates: events whose key was accepted less than `within` before them, or after them, as the letter was no event then. With either let in, two events
 * of one key would stand closer together than `deduplicate` allows. What is let in of the letters asked about counts as accepted.
 */
export class TwinFinder {
  readonly #source: MessageSource;
  readonly #lane: LaneIdentity;
  readonly #withinMs: number;
  readonly #accepted = new Map<string, Accepted[]>();

  constructor(source: MessageSource, lane: LaneIdentity, withinMs: number) {
    this.#source = source;
    this.#lane = lane;
    this.#withinMs = withinMs;
  }

  /** @param states in the order of the log @returns the letters with duplicates, by {@link letterKey} */
  async among(states: readonly MessageState[]): Promise<ReadonlyMap<string, Twins>> {
    const candidates = await this.#candidates(states);
    for (const part of parts(candidates)) await this.#readAccepted(part);
    const twins = new Map<string, Twins>();
    for (const events of byLetter(candidates)) {
      const found = this.#twinsOf(events);
      const [first] = found;
      if (first) twins.set(events[0]?.letter ?? "", { events: events.length, duplicates: found.length, from: first.seq });
      else for (const event of events) this.#accept(event, event);
    }
    return twins;
  }

  async #candidates(states: readonly MessageState[]): Promise<Candidate[]> {
    const candidates: Candidate[] = [];
    for await (const { plan, state } of planMessages(this.#source, this.#lane, states)) {
      const { seq, storedAt } = state;
      for (const { events, idx } of plan.ready)
        for (const { id, source } of events)
          candidates.push({
            letter: letterKey({ seq, idx }),
            seq,
            source: spanText(source),
            id: spanText(id),
            ms: Math.floor(storedAt / 1_000),
          });
    }
    return candidates;
  }

  async #readAccepted(part: readonly Candidate[]): Promise<void> {
    const times = part.map(({ ms }) => ms);
    const rows = await this.#source.clickhouse.rows<{ seq: string; source: string; id: string; ms: string }>({
      name: "Events of the keys of dead letters",
      sql: `SELECT seq, source, id, intDiv(toUnixTimestamp64Micro(stored_at), 1000) AS ms FROM events
            WHERE ${OF_LANE} AND stored_at >= fromUnixTimestamp64Milli({from:Int64}) AND stored_at < fromUnixTimestamp64Milli({to:Int64}) AND id IN {ids:Array(String)}`,
      params: {
        ...laneParams(this.#lane),
        from: String(Math.min(...times) - this.#withinMs),
        to: String(Math.max(...times) + this.#withinMs),
        ids: [...new Set(part.map(({ id }) => id))],
      },
    });
    for (const { id, ms, seq, source } of rows) this.#accept({ source, id }, { seq: Number(seq), ms: Number(ms) });
  }

  /** What the events of a letter are duplicates of; a message may hold a key twice. */
  #twinsOf(events: readonly Candidate[]): Accepted[] {
    const own = new Map<string, Accepted>();
    return events.flatMap((event) => {
      const key = keyOf(event);
      const twin = own.get(key) ?? this.#accepted.get(key)?.find(({ ms }) => Math.abs(ms - event.ms) < this.#withinMs);
      own.set(key, event);
      return twin ?? [];
    });
  }

  #accept(key: Pick<Candidate, "source" | "id">, { ms, seq }: Accepted): void {
    const known = this.#accepted.get(keyOf(key));
    if (known) known.push({ seq, ms });
    else this.#accepted.set(keyOf(key), [{ seq, ms }]);
  }
}

/** A letter's key in {@link TwinFinder.among}. */
export function letterKey({ idx, seq }: { readonly seq: number; readonly idx: number }): string {
  return `${seq}/${idx}`;
}

function keyOf({ id, source }: Pick<Candidate, "source" | "id">): string {
  return JSON.stringify([source, id]);
}

/** Events of a letter follow one another. */
function byLetter(candidates: readonly Candidate[]): Candidate[][] {
  const letters: Candidate[][] = [];
  for (const candidate of candidates) {
    const last = letters.at(-1);
    if (last?.[0]?.letter === candidate.letter) last.push(candidate);
    else letters.push([candidate]);
  }
  return letters;
}

/** Neighbours together, as their store times bound what is read. */
function parts(candidates: readonly Candidate[]): Candidate[][] {
  const result: Candidate[][] = [];
  let bytes = BYTES_A_QUERY;
  for (const candidate of candidates) {
    const size = encodeURIComponent(candidate.id).length + 6;
    if (bytes + size > BYTES_A_QUERY) {
      result.push([]);
      bytes = 0;
    }
    bytes += size;
    result.at(-1)?.push(candidate);
  }
  return result;
}
