import { ClickHouseFailure, type BinaryInsert, type ClickHouse, type Statement } from "../../../clickhouse/index.ts";
import type { LedgerRow } from "../../ledger.ts";
import { never, type Process, type World } from "./world.test-support.ts";

/** A row of `events` or `dead_letters`, as far as the lane cares. */
export interface StoredRow {
  readonly stream: string;
  readonly epoch: number;
  readonly seq: number;
  readonly idx: number;
  readonly storedAt: number;
  /** CloudEvents id; of a dead letter its reason. */
  readonly id: string;
}

/** What a backup holds. */
export interface Tables {
  readonly events: readonly StoredRow[];
  readonly deadLetters: readonly StoredRow[];
  readonly rollup: readonly StoredRow[];
  readonly ledger: readonly LedgerRow[];
}

/** Ids that begin so are refused by a constraint of `events`. */
export const REFUSED = "refused";

/**
 * The tables behind the interface of a ClickHouse, with what was measured of the real one (26.7): an insert is atomic, and refused as a whole for one bad row before its token is looked at;
 * a token that a table knows adds nothing to it, and a view's target has tokens of its own, so that it gets what it lacks; what was lost stays known by its token.
 */
export class FakeClickHouse {
  tables: Tables = { events: [], deadLetters: [], rollup: [], ledger: [] };
  /** "table token". */
  #tokens = new Set<string>();
  /** Tables that are made anew are others. */
  #incarnation = 0;
  /** The next insert into events dies between the table and the view behind it. */
  diesBeforeView = false;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** The database as one process sees it. */
  of(process: Process): ClickHouse {
    return {
      database: "model",
      inDatabase: never,
      bytes: never,
      command: never,
      ping: never,
      close: never,
      rows: <Row>(statement: Statement) =>
        this.#world.request(process, "clickhouse", statement.name, () => [this.#query(statement)].flat() as Row[], noAnswer),
      insert: (insert) => {
        // The bytes are sent as they are now: the worker's buffer is used again.
        const copy = { ...insert, body: Buffer.from(insert.body as Uint8Array) };
        return this.#world.request(process, "clickhouse", `insert ${insert.table} ${insert.token}`, () => this.#insert(copy), noAnswer);
      },
    };
  }

  /** Goes back to a backup. @param forget whether the tokens are gone too, as they are after a restore into new tables */
  restore(tables: Tables, forget: boolean): void {
    this.tables = tables;
    if (!forget) return;
    this.#tokens = new Set();
    this.#incarnation += 1;
  }

  /** Last sequence of a lane's ledger. */
  committed(stream: string, epoch: number): number {
    return Math.max(0, ...this.tables.ledger.filter((row) => row.stream === stream && row.epoch === epoch).map(({ last }) => last));
  }

  #insert({ body, table, token }: BinaryInsert & { readonly body: Buffer }): void {
    if (table === "ingest_ledger") {
      const row = JSON.parse(body.toString("utf8")) as LedgerRow;
      if (this.#isNew(table, token)) this.tables = { ...this.tables, ledger: [...this.tables.ledger, row] };
      return;
    }
    if (table === "dead_letters") {
      const rows = readRows(body, DEAD_LETTER_ROW);
      if (this.#isNew(table, token)) this.tables = { ...this.tables, deadLetters: [...this.tables.deadLetters, ...rows] };
      return;
    }
    const rows = readRows(body, EVENT_ROW);
    if (rows.some(({ id }) => id.startsWith(REFUSED))) throw new ClickHouseFailure("bad-data", "a row is refused");
    if (this.#isNew(table, token)) this.tables = { ...this.tables, events: [...this.tables.events, ...rows] };
    if (this.diesBeforeView) {
      this.diesBeforeView = false;
      throw noAnswer();
    }
    if (this.#isNew("rollup", token)) this.tables = { ...this.tables, rollup: [...this.tables.rollup, ...rows] };
  }

  #isNew(table: string, token: string): boolean {
    const key = `${table} ${token}`;
    const isNew = !this.#tokens.has(key);
    this.#tokens.add(key);
    return isNew;
  }

  /** The lane's queries by their names, as the SQL beside them says. */
  #query({ name, params = {} }: Statement): unknown {
    const { committed, epoch, first, last, stream } = params as Record<string, string>;
    const isLane = (row: { stream: string; epoch: number }): boolean => row.stream === stream && row.epoch === Number(epoch);
    const between = (row: StoredRow): boolean => isLane(row) && row.seq >= Number(first) && row.seq <= Number(last);
    const { deadLetters, events, ledger } = this.tables;
    switch (name) {
      case "Ledger end":
        return ledgerEnd(ledger.filter(isLane));
      case "Identity of the tables":
        return { id: String(this.#incarnation) };
      case "Rows beyond the ledger":
        return {
          last: String(
            Math.max(
              0,
              ...[...events, ...deadLetters]
                .filter(isLane)
                .map(({ seq }) => seq)
                .filter((seq) => seq > Number(committed)),
            ),
          ),
        };
      case "Rows of a suspect batch":
        return [...events, ...deadLetters].filter(between).map(({ idx, seq }) => ({ seq: String(seq), idx }));
      case "Tables with sequences":
        return [];
      case "Batches since the lane's last":
        return { since: "0", recent: 1 };
      case "Rows of a recovered batch":
        return batchCounts(events.filter(between), deadLetters.filter(between));
      default:
        throw new Error(`The model does not know the query "${name}".`);
    }
  }
}

function noAnswer(): Error {
  return new ClickHouseFailure("retry", "no answer from ClickHouse");
}

function ledgerEnd(rows: readonly LedgerRow[]): unknown {
  const newest = rows.toSorted((a, b) => a.generation - b.generation || a.first - b.first).at(-1);
  return newest ? { generation: newest.generation, committed: String(newest.last), chain: newest.chain } : [];
}

function batchCounts(events: readonly StoredRow[], letters: readonly StoredRow[]): Record<string, string> {
  const inserted = new Set(events.map(({ seq }) => seq));
  const dead = new Set(letters.map(({ seq }) => seq).filter((seq) => !inserted.has(seq)));
  const times = [...events, ...letters].map(({ storedAt }) => storedAt);
  return {
    inserted: String(inserted.size),
    event_rows: String(events.length),
    dead_letter_rows: String(letters.length),
    dead_lettered: String(dead.size),
    received: String(inserted.size + dead.size),
    stored_from: String(times.length === 0 ? 0 : Math.min(...times)),
    stored_to: String(times.length === 0 ? 0 : Math.max(...times)),
  };
}

/** How to read a column of RowBinary: its size in bytes, or how its size is written. */
type Column = number | "string" | "map";

/** `EVENT_COLUMNS` and `DEAD_LETTER_COLUMNS`; the first five are the same, and `id` stands for what is told of a row beside them. */
const EVENT_ROW: readonly Column[] = ["string", 8, 8, 4, 8, 8, 8, "string", "string", "string", "string", 2, "string", "string"];
const DEAD_LETTER_ROW: readonly Column[] = ["string", 8, 8, 4, 8, "string", "map", "string", "string", "string", "string", "string"];

function readRows(body: Buffer, columns: readonly Column[]): StoredRow[] {
  const rows: StoredRow[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = body.readUInt8(at);
      at += 1;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const bytes = (length: number): Buffer => {
    at += length;
    return body.subarray(at - length, at);
  };
  const read = (column: Column): Buffer => {
    if (column === "map") for (let entries = 2 * varint(); entries > 0; entries -= 1) bytes(varint());
    return column === "map" ? body.subarray(0, 0) : bytes(column === "string" ? varint() : column);
  };
  while (at < body.length) {
    const [stream, epoch, seq, idx, storedAt, ...rest] = columns.map(read);
    rows.push({
      stream: String(stream),
      epoch: Number(epoch?.readBigUInt64LE()),
      seq: Number(seq?.readBigUInt64LE()),
      idx: idx?.readUInt32LE() ?? 0,
      storedAt: Number(storedAt?.readBigUInt64LE()),
      id: String(columns === EVENT_ROW ? rest[2] : rest[3]),
    });
  }
  return rows;
}
