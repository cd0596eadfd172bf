import { identifier, literal, type ClickHouse } from "../../clickhouse/index.ts";
import { entityColumns, type EventDefinition, type FeatureSet, type Watermark } from "../../model/index.ts";
import { Bindings } from "../bindings.ts";
import { atOrBefore } from "../watermark.ts";
import type { CountedColumn } from "./counted-columns.ts";
import { entityKey } from "./entity-key.ts";
import type { History, HistoryStart } from "./history.ts";
import { inputDdl, keptMeasures, partDdl, type KeptInput, type KeptMeasures } from "./kept-measures.ts";
import { LOG_ORDER, ORDER_COLUMNS } from "./mergeable.ts";
import { filtersSql, fieldExpression, type BoundColumn } from "./pass-source.ts";
import { COLD_SHIFT, EVENTS_A_TILE_COSTS, LONG_HISTORY } from "./plan.ts";
import type { ServingTables } from "./serving-tables.ts";

/** Which events a history is of. */
interface HistoryContents {
  readonly set: FeatureSet;
  readonly event: EventDefinition;
  readonly columns: readonly CountedColumn[];
  /** Events before are not kept, microseconds since 1970. */
  readonly since: number;
}

const IN_MEMORY = "SETTINGS persistent = 0";

/** The tables of one history, and what goes into them. */
export class HistoryFilling {
  readonly #clickhouse: ClickHouse;
  readonly #of: HistoryContents;
  /** The entity of an event as SQL over `events`, null where it lacks a part of it: such an event is about nobody. */
  readonly #entity: string;
  readonly #features: readonly BoundColumn[];
  readonly #measures: KeptMeasures;
  #names = { events: "", tiles: "", shifts: "", codes: "", fresh: "" };
  /** How many values have a number. */
  #coded = 0;

  constructor(clickhouse: ClickHouse, contents: HistoryContents) {
    this.#clickhouse = clickhouse;
    this.#of = contents;
    this.#entity = entityKey(entityColumns(contents.set).map(({ field }) => `toString(${fieldExpression(contents.event, field)})`));
    this.#features = this.#bound(new Bindings());
    this.#measures = keptMeasures(this.#features);
  }

  history(): History {
    return {
      events: identifier(this.#names.events),
      tiles: identifier(this.#names.tiles),
      shiftOf: (entity) => this.#shiftOf(entity),
      features: this.#features,
      measures: this.#measures,
    };
  }

  async create(tables: ServingTables): Promise<void> {
    const { inputs, parts } = this.#measures;
    const place = ["entity String", "tile UInt64"];
    const event = [...place, "at Int64", "known Int64", ...ORDER_COLUMNS, ...inputs.map(inputDdl)];
    this.#names = {
      events: await tables.create(event, `Join(ALL, INNER, entity, tile) ${IN_MEMORY}`),
      tiles: await tables.create([...place, "first Int64", ...parts.map(partDdl)], `Join(ALL, INNER, entity) ${IN_MEMORY}`),
      shifts: await tables.create(["entity String", "shift UInt8"], `Join(ANY, LEFT, entity) ${IN_MEMORY}`),
      codes: await tables.create(["text String", "code UInt32"], `Join(ANY, LEFT, text) ${IN_MEMORY}`),
      fresh: await tables.create(["text String"], "Memory"),
    };
  }

  /** Finds the entities that are worth tiles, and how wide: as many tiles as keeps the sum of tiles and of events in those that edges cut least. */
  async setLongHistoriesApart({ longHistory = LONG_HISTORY, upTo }: HistoryStart): Promise<void> {
    const edges = new Set(this.#of.columns.flatMap(({ delay, reach }) => [delay, reach])).size;
    const tiles = `sqrt(${edges / EVENTS_A_TILE_COSTS} * count())`;
    await this.#insert(this.#names.shifts, (bindings) => {
      const events = `SELECT assumeNotNull(${this.#entity}) AS entity, toUnixTimestamp64Micro(time) AS at FROM events WHERE ${this.#wanted({}, upTo, bindings)}`;
      return `SELECT entity, toUInt8(round(log2(greatest((max(at) - min(at)) / ${tiles}, 1)))) FROM (${events}) GROUP BY entity HAVING count() >= ${longHistory}`;
    });
  }

  async fill({ clock, upTo }: HistoryStart): Promise<void> {
    await this.#numberValues({}, upTo);
    const rows = (bindings: Bindings): string => {
      const tile = `bitShiftRight(toUInt64(toUnixTimestamp64Micro(time)), ${this.#shiftOf(`assumeNotNull(${this.#entity})`)})`;
      return this.#rows(`if(known_at > ${bindings.moment(clock)}, 0, ${tile})`, {}, upTo, bindings);
    };
    await this.#insert(this.#names.events, rows);
    const parts = this.#measures.parts.map(({ part }) => part.ofEvents);
    await this.#insert(
      this.#names.tiles,
      (bindings) =>
        `SELECT ${["entity", "tile", "min(at)", ...parts].join(", ")} FROM (${rows(bindings)}) WHERE tile > 0 GROUP BY entity, tile`,
    );
  }

  async add(from: Watermark, to: Watermark): Promise<void> {
    await this.#numberValues(from, to);
    await this.#insert(this.#names.events, (bindings) => this.#rows("0", from, to, bindings));
  }

  #insert(table: string, select: (bindings: Bindings) => string): Promise<void> {
    const bindings = new Bindings();
    const sql = `INSERT INTO ${identifier(table)} ${select(bindings)}`;
    return this.#clickhouse.command({ name: "Add events to what is served from", sql, params: bindings.params });
  }

  #rows(tile: string, from: Watermark, to: Watermark, bindings: Bindings): string {
    const columns = [
      `assumeNotNull(${this.#entity}) AS entity`,
      `toUInt64(${tile}) AS tile`,
      "toUnixTimestamp64Micro(time) AS at",
      "toUnixTimestamp64Micro(known_at) AS known",
      ...LOG_ORDER,
      ...keptMeasures(this.#bound(bindings)).inputs.map((input) => `${this.#inputValue(input)} AS ${input.column}`),
    ];
    return `SELECT ${columns.join(", ")} FROM events WHERE ${this.#wanted(from, to, bindings)}`;
  }

  #bound(bindings: Bindings): readonly BoundColumn[] {
    return this.#of.columns.map((column) => ({ ...column, condition: filtersSql(this.#of.event, column.filters, bindings) }));
  }

  #wanted(from: Watermark, to: Watermark, bindings: Bindings): string {
    return [
      `type = ${bindings.bind("String", this.#of.event.type)}`,
      `time >= ${bindings.moment(Math.max(0, this.#of.since))}`,
      between(from, to, bindings),
      `isNotNull(${this.#entity})`,
    ].join(" AND ");
  }

  #inputValue({ expression, isCoded }: KeptInput): string {
    if (!isCoded) return expression;
    return `CAST(if(isNull(${expression}), NULL, ${this.#codeOf(`assumeNotNull(toString(${expression}))`)}), 'Nullable(UInt32)')`;
  }

  #codeOf(text: string): string {
    return `joinGetOrNull(${literal(this.#names.codes)}, 'code', ${text})`;
  }

  #shiftOf(entity: string): string {
    return `ifNull(joinGetOrNull(${literal(this.#names.shifts)}, 'shift', ${entity}), ${COLD_SHIFT})`;
  }

  /** Numbers the values that have no number yet, in a table between: one of the engine Join is not read while it is written. */
  async #numberValues(from: Watermark, to: Watermark): Promise<void> {
    if (!this.#measures.inputs.some(({ isCoded }) => isCoded)) return;
    const { codes, fresh } = this.#names;
    await this.#insert(fresh, (bindings) => {
      const coded = keptMeasures(this.#bound(bindings)).inputs.filter(({ isCoded }) => isCoded);
      const texts = `arrayJoin([${coded.map(({ expression }) => `CAST(toString(${expression}), 'Nullable(String)')`).join(", ")}])`;
      const all = `SELECT DISTINCT ${texts} AS text FROM events WHERE ${this.#wanted(from, to, bindings)}`;
      return `SELECT assumeNotNull(text) FROM (${all}) WHERE isNotNull(text) AND isNull(${this.#codeOf("assumeNotNull(text)")})`;
    });
    await this.#insert(
      codes,
      () => `SELECT text, ${this.#coded} + rowNumberInAllBlocks() FROM ${identifier(fresh)} SETTINGS max_threads = 1`,
    );
    const [row] = await this.#clickhouse.rows<{ found: string }>({
      name: "Count the new values",
      sql: `SELECT count() AS found FROM ${identifier(fresh)}`,
    });
    this.#coded += Number(row?.found ?? 0);
    await this.#clickhouse.command({ name: "Forget the new values", sql: `TRUNCATE TABLE ${identifier(fresh)}` });
  }
}

/** Of the streams of `to`, what lies after `from`: told by sequences, which an index knows. */
function between(from: Watermark, to: Watermark, bindings: Bindings): string {
  const lanes = Object.entries(to).map(([stream, position]) => {
    const held = from[stream];
    const upTo = atOrBefore({ [stream]: position }, bindings);
    return held ? `(${upTo} AND epoch = ${bindings.bind("UInt64", held.epoch)} AND seq > ${bindings.bind("UInt64", held.seq)})` : upTo;
  });
  return lanes.length === 0 ? "false" : `(${lanes.join(" OR ")})`;
}
