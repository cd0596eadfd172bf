import type { EventDefinition, Watermark } from "../../model/index.ts";
import type { KeptMeasures } from "./kept-measures.ts";
import type { BoundColumn } from "./pass-source.ts";

/** Events of one type that are kept by their entity, in tables of ClickHouse's memory (engine Join: found without a search). Names are quoted. */
export interface History {
  /** `entity`, `tile`, `at`, `known`, `stream`, `epoch`, `seq`, `idx`, and what the measures need. Tile 0 is looked at in any case. */
  readonly events: string;
  /** Tiles of long histories, none of them 0: `entity`, `tile`, `first` (time of its first event), parts of the measures. */
  readonly tiles: string;
  /** SQL: the width of an entity's tiles as a power of two, in microseconds; {@link COLD_SHIFT} where all its events are in tile 0. */
  readonly shiftOf: (entity: string) => string;
  /** What is measured, and what of it is kept. */
  readonly features: readonly BoundColumn[];
  readonly measures: KeptMeasures;
}

/** A history that more events can be added to. */
export interface KeptHistory extends History {
  readonly event: EventDefinition;
  /** Adds the events between two positions, to be looked at one by one; after a failure nobody knows which are in. */
  add(from: Watermark, to: Watermark): Promise<void>;
  drop(): Promise<void>;
}

/** What a history begins with. */
export interface HistoryStart {
  readonly upTo: Watermark;
  /** Events before are not kept, microseconds since 1970. */
  readonly since: number;
  /** Nobody asks for a moment before this one, microseconds since 1970: what is known later goes into no tile. */
  readonly clock: number;
  /** Entities with so many events have tiles. Default {@link LONG_HISTORY}. */
  readonly longHistory?: number;
}
