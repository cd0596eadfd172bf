import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { type FeatureSet, type Project, type Watermark } from "../../model/index.ts";
import { ledgerStreams, newestRows, readWatermark } from "../watermark.ts";
import { countedColumns } from "./counted-columns.ts";
import { featureColumns } from "./feature-columns.ts";
import { askOnline, getFeatures, onlineAnswer, type OnlineAnswer, type OnlineRequest } from "./get-features.ts";
import type { KeptHistory } from "./history.ts";
import { keptHistory } from "./kept-history.ts";
import { resolveEntities } from "./online-entities.ts";
import { dropAbandonedTables } from "./serving-tables.ts";
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

/** Events that fall out of every window stay until the histories are made anew: twice a day. So do those that are added since in no tile, so it is done also when the log has become an eighth longer. */
const RENEW_MS = 43_200_000;
const RENEW_GROWTH = 1.125;
const RENEW_MESSAGES = 10_000;

/** Histories up to a position of the log. */
interface Kept {
  readonly histories: readonly KeptHistory[];
  /** When they were made, microseconds since 1970. */
  readonly clock: number;
  /** Messages of all streams by then. */
  readonly messages: number;
  /** What the log's rows were written by: when it changes, rows before `watermark` may be others. */
  readonly incarnation: string;
  watermark: Watermark;
}

/**
 * Keeps the events of a feature set's longest window in the memory of ClickHouse, by their entity, and long histories also in tiles, so that a thousand entities are answered in a fifth to a third of the time. Every second what was ingested
 * since is added. What the values are is the same to the bit; nothing but memory (30 to 90 bytes an event) is at stake: whenever the histories are not whole, answers come from `events`.
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
  await dropAbandonedTables(clickhouse);
  await keeper.refresh();
  const closing = new AbortController();
  const keeping = keepFresh(keeper, everyMs, closing.signal);
  return {
    get: async (request, through = clickhouse) => {
      const { kept } = keeper;
      const isNow = request.at === undefined && request.asOf === undefined;
      const at = Date.now() * 1_000;
      // A clock that was put back would ask for what is not kept, or was not known yet.
      if (!kept || !isNow || at < kept.clock) return getFeatures(through, project, { ...request, features: set });
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
      } else if (isWorn(kept, watermark)) {
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
    const clock = Date.now() * 1_000;
    const counted = countedColumns(featureColumns(this.#set));
    const histories: KeptHistory[] = [];
    const kept: Kept = { histories, clock, messages: messagesOf(watermark), incarnation, watermark };
    try {
      for (const event of new Set(counted.map((column) => column.event))) {
        const own = counted.filter((column) => column.event === event);
        const since = clock - Math.max(...own.map(({ reach }) => reach));
        histories.push(await keptHistory(this.#clickhouse, this.#set, event, own, { upTo: watermark, since, clock }));
      }
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

function isWorn({ clock, messages }: Kept, watermark: Watermark): boolean {
  return Date.now() - clock / 1_000 > RENEW_MS || messagesOf(watermark) > messages * RENEW_GROWTH + RENEW_MESSAGES;
}

function messagesOf(watermark: Watermark): number {
  return Object.values(watermark).reduce((total, { seq }) => total + seq, 0);
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
