import { setTimeout as sleep } from "node:timers/promises";
import { identifier, type ClickHouse } from "../../clickhouse/index.ts";
import { type FeatureSet, type Project, type Watermark } from "../../model/index.ts";
import { ledgerStreams, newestRows, readWatermark } from "../watermark.ts";
import { countedColumns } from "./counted-columns.ts";
import { featureColumns } from "./feature-columns.ts";
import { askOnline, getFeatures, onlineAnswer, type OnlineAnswer, type OnlineRequest } from "./get-features.ts";
import { inTurn } from "./in-turn.ts";
import { keptHistory, type KeptHistory } from "./kept-history.ts";
import { resolveEntities } from "./online-entities.ts";
import { findFeatureSet } from "./training-rows.ts";

/** How a set is kept ready. */
export interface ServingOptions {
  /** How often what was ingested since is added, in milliseconds: an answer's watermark is as old as that at most, and what adding takes. Default 1,000. */
  readonly everyMs?: number;
  /** Told when events could not be kept ready: until they are, answers are read from `events`. */
  readonly onFailure?: (error: unknown) => void;
}

/** A feature set that is kept ready. */
export interface FeatureServing {
  /**
   * As {@link getFeatures}: of now, at the watermark that was reached last; of a past moment or position from `events`.
   * @param through asks, instead of the connection that keeps the set ready
   */
  get(request: Omit<OnlineRequest, "features">, through?: ClickHouse): Promise<OnlineAnswer>;
  /** Resolves once what was ingested by now is added; false if events cannot be kept ready. */
  refresh(): Promise<boolean>;
  /** Gives the memory back. */
  close(): Promise<void>;
}

/** Events that fall out of every window stay until the histories are made anew, twice a day. */
const RENEW_MS = 43_200_000;
/** A table's name carries the second of its making: what a killed process has left is known by it. */
const NAME = /^serving_([0-9]+)_[0-9a-f]{16}$/;
const ABANDONED_AFTER = 3 * 86_400;

/** Histories up to a position of the log. */
interface Kept {
  readonly histories: readonly KeptHistory[];
  readonly since: number;
  /** What the log's rows were written by: when it changes, rows before `watermark` may be others. */
  readonly incarnation: string;
  watermark: Watermark;
}

/**
 * Keeps the events of a feature set's longest window in the memory of ClickHouse, by their entity, so that a thousand entities are answered in a third of the time (not of thousands of events each: these take longer than from `events`). Every second what was ingested
 * since is added. The SQL of the values is that of training sets, and what they are is the same to the bit; nothing but memory (30 to 90 bytes an event) is at stake: whenever the histories are not whole, answers come from `events`.
 * @throws QueryError if there is no such set
 */
export async function serveFeatures(
  clickhouse: ClickHouse,
  project: Project,
  features: string | FeatureSet,
  { everyMs = 1_000, onFailure = () => {} }: ServingOptions = {},
): Promise<FeatureServing> {
  const set = findFeatureSet(project, features);
  const keeper = new Keeper(clickhouse, set, onFailure);
  await dropAbandoned(clickhouse);
  await keeper.refresh();
  const closing = new AbortController();
  const keeping = keepFresh(keeper, everyMs, closing.signal);
  return {
    get: async (request, through = clickhouse) => {
      const { kept } = keeper;
      const isNow = request.at === undefined && request.asOf === undefined;
      const at = Date.now() * 1_000;
      // A clock that was put back would ask for what is not kept.
      if (!kept || !isNow || at < kept.since) return getFeatures(through, project, { ...request, features: set });
      const labels = { set, entities: resolveEntities(set, request.entities), at, asOf: kept.watermark };
      const histories = new Map(kept.histories.map((history) => [history.event, history]));
      try {
        return onlineAnswer(labels, await askOnline(through, labels, request.signal, histories));
      } catch (error) {
        request.signal?.throwIfAborted();
        // The histories were made anew, or ClickHouse was started again: its memory is gone.
        onFailure(error);
        return getFeatures(through, project, { ...request, features: set });
      }
    },
    refresh: () => keeper.refresh(),
    close: async () => {
      closing.abort();
      await keeping;
      await keeper.close();
    },
  };
}

async function keepFresh(keeper: Keeper, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {});
    if (!signal.aborted) await keeper.refresh();
  }
}

/** Brings histories up to the log, one step at a time. */
class Keeper {
  readonly #clickhouse: ClickHouse;
  readonly #set: FeatureSet;
  readonly #onFailure: (error: unknown) => void;
  #kept: Kept | undefined;
  #underWay: Promise<boolean> | undefined;

  constructor(clickhouse: ClickHouse, set: FeatureSet, onFailure: (error: unknown) => void) {
    this.#clickhouse = clickhouse;
    this.#set = set;
    this.#onFailure = onFailure;
  }

  get kept(): Kept | undefined {
    return this.#kept;
  }

  async refresh(): Promise<boolean> {
    // What is under way may have read the position before: it is waited for, and then asked again.
    await this.#underWay;
    this.#underWay ??= this.#refresh().finally(() => (this.#underWay = undefined));
    return this.#underWay;
  }

  async close(): Promise<void> {
    await this.#underWay;
    await this.#forget();
  }

  async #refresh(): Promise<boolean> {
    try {
      const incarnation = await readIncarnation(this.#clickhouse);
      const watermark = await readWatermark(this.#clickhouse);
      const kept = this.#kept;
      if (kept?.incarnation !== incarnation || !continues(kept.watermark, watermark)) {
        await this.#forget();
        this.#kept = await this.#read(incarnation, watermark);
      } else if (Date.now() - kept.since / 1_000 > RENEW_MS) {
        this.#kept = await this.#read(incarnation, watermark);
        await dropAll(kept);
      } else await advance(kept, watermark);
      return true;
    } catch (error) {
      await this.#forget();
      this.#onFailure(error);
      return false;
    }
  }

  async #read(incarnation: string, watermark: Watermark): Promise<Kept> {
    const since = Date.now() * 1_000;
    const counted = countedColumns(featureColumns(this.#set));
    const histories = await inTurn([...new Set(counted.map(({ event }) => event))], (event) => {
      const own = counted.filter((column) => column.event === event);
      return keptHistory(this.#clickhouse, this.#set, event, own, since - Math.max(...own.map(({ reach }) => reach)));
    });
    const kept: Kept = { histories, since, incarnation, watermark: {} };
    try {
      await advance(kept, watermark);
      return kept;
    } catch (error) {
      await dropAll(kept);
      throw error;
    }
  }

  async #forget(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept) await dropAll(kept);
  }
}

async function advance(kept: Kept, watermark: Watermark): Promise<void> {
  if (JSON.stringify(kept.watermark) === JSON.stringify(watermark)) return;
  for (const history of kept.histories) await history.add(kept.watermark, watermark);
  kept.watermark = watermark;
}

/** Tables that cannot be dropped now (ClickHouse is gone) must not hide why. */
async function dropAll({ histories }: Kept): Promise<void> {
  await Promise.allSettled(histories.map((history) => history.drop()));
}

/** Whether a position comes after another in the same incarnation of each stream. */
function continues(before: Watermark, after: Watermark): boolean {
  return Object.entries(before).every(([stream, { epoch, seq }]) => {
    const position = after[stream];
    return position !== undefined && position.epoch === epoch && position.seq >= seq;
  });
}

/**
 * Changes when rows at or before a watermark may have become others: the table of events is another one (a replay took over), rows were lost and filled in again (the generation), or dead letters
 * became events in their old places.
 */
async function readIncarnation(clickhouse: ClickHouse): Promise<string> {
  const streams = newestRows("ingest_ledger", await ledgerStreams(clickhouse), "concat(stream, ' ', toString(generation)) AS what");
  const rows = await clickhouse.rows<{ what: string }>({
    name: "Read what events were written by",
    sql: [
      "(SELECT toString(uuid) AS what FROM system.tables WHERE database = currentDatabase() AND name = 'events')",
      "(SELECT toString(count()) AS what FROM dead_letter_resolutions)",
      ...streams,
    ].join(" UNION ALL "),
  });
  return rows
    .map(({ what }) => what)
    .sort()
    .join(", ");
}

async function dropAbandoned(clickhouse: ClickHouse): Promise<void> {
  const tables = await clickhouse.rows<{ name: string }>({
    name: "Look for abandoned tables",
    sql: "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'serving_')",
  });
  const oldest = Date.now() / 1_000 - ABANDONED_AFTER;
  const abandoned = tables.filter(({ name }) => Number(NAME.exec(name)?.[1] ?? oldest) < oldest);
  await Promise.all(
    abandoned.map(({ name }) => clickhouse.command({ name: "Drop an abandoned table", sql: `DROP TABLE IF EXISTS ${identifier(name)}` })),
  );
}
