/** Where a message stands in the log. */
interface Place {
  readonly stream: string;
  /** Incarnation of the stream, microseconds since 1970. */
  readonly epoch: number;
  readonly seq: number;
}

/** A message that the log acknowledged. */
export interface PublishedMessage extends Place {
  /** Length of the payload. */
  readonly bytes: number;
  /** What it held, in order; none if it can only be a dead letter as a whole. */
  readonly events: readonly PublishedEvent[];
  /** Removed from the stream before it was read. */
  readonly deleted?: boolean;
}

/** An event of a message, and what must become of it: a row unless said otherwise. */
export interface PublishedEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data?: unknown;
  readonly expect?: "row" | "dead-letter" | "duplicate";
}

/** A row of `events`. */
export interface EventRow extends Place {
  readonly idx: number;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly data: unknown;
}

/** A row of `dead_letters`. */
export interface DeadLetterRow extends Place {
  readonly idx: number;
}

/** A row of `ingest_ledger`. */
export interface LedgerRow {
  readonly stream: string;
  readonly epoch: number;
  readonly generation: number;
  readonly first: number;
  readonly last: number;
  readonly received: number;
  readonly inserted: number;
  readonly dead_lettered: number;
  readonly duplicates: number;
  readonly missing: number;
  readonly event_rows: number;
  readonly dead_letter_rows: number;
  readonly bytes: number;
}

/** One way in which the tables break the promise that each message of the log ends in exactly one place. */
export interface Violation {
  readonly kind: "missing" | "doubled" | "both" | "unexpected" | "changed" | "gap" | "overlap" | "miscounted";
  /** Where, e.g. "SHOP@1700000000000000 17:0" (stream, epoch, sequence, index) or "SHOP@1700000000000000 1-500" (a batch). */
  readonly where: string;
  readonly detail: string;
}

/** What was published, and what the tables hold. */
export interface Books {
  readonly published: readonly PublishedMessage[];
  readonly events: readonly EventRow[];
  readonly deadLetters: readonly DeadLetterRow[];
  readonly ledger: readonly LedgerRow[];
}

/** Every violation of the invariant of design section 7, by comparing everything with everything; none = the books balance. */
export function ledgerViolations(books: Books): Violation[] {
  return [...outcomeViolations(books), ...rangeViolations(books), ...books.ledger.flatMap((row) => countViolations(row, books))];
}

/** Each event of each message is where it must be, once, and nothing else is anywhere. */
function outcomeViolations({ published, events, deadLetters }: Books): Violation[] {
  const violations: Violation[] = [];
  const rows = groupBy(events, rowKey);
  const letters = groupBy(deadLetters, rowKey);
  for (const message of published) {
    const expected = message.events.length > 0 ? message.events : [undefined];
    for (const [idx, event] of expected.entries()) {
      const where = rowKey({ ...message, idx });
      const found = { rows: rows.get(where) ?? [], letters: letters.get(where) ?? [] };
      rows.delete(where);
      letters.delete(where);
      const wanted = message.deleted ? "duplicate" : (event?.expect ?? (event ? "row" : "dead-letter"));
      violations.push(...placeViolations(where, wanted, found.rows, found.letters.length), ...changes(where, event, found.rows));
    }
  }
  for (const where of rows.keys()) violations.push({ kind: "unexpected", where, detail: "a row of an event that was not published" });
  for (const where of letters.keys()) violations.push({ kind: "unexpected", where, detail: "a dead letter of nothing that was published" });
  return violations;
}

function placeViolations(
  where: string,
  wanted: "row" | "dead-letter" | "duplicate",
  rows: readonly EventRow[],
  letters: number,
): Violation[] {
  const violations: Violation[] = [];
  const found = `${rows.length} rows, ${letters} dead letters`;
  if (rows.length > 0 && letters > 0) violations.push({ kind: "both", where, detail: found });
  if (rows.length > 1 || letters > 1) violations.push({ kind: "doubled", where, detail: found });
  if (wanted === "row" && rows.length === 0) violations.push({ kind: "missing", where, detail: `expected a row, found ${found}` });
  if (wanted === "dead-letter" && letters === 0)
    violations.push({ kind: "missing", where, detail: `expected a dead letter, found ${found}` });
  if (wanted !== "row" && rows.length > 0) violations.push({ kind: "unexpected", where, detail: `expected no row, found ${found}` });
  if (wanted !== "dead-letter" && letters > 0)
    violations.push({ kind: "unexpected", where, detail: `expected no dead letter, found ${found}` });
  return violations;
}

function changes(where: string, event: PublishedEvent | undefined, rows: readonly EventRow[]): Violation[] {
  if (!event) return [];
  const before = canonical({ id: event.id, source: event.source, type: event.type, data: event.data });
  return rows.flatMap(({ id, source, type, data }): Violation[] => {
    const after = canonical({ id, source, type, data });
    return after === before ? [] : [{ kind: "changed", where, detail: `published ${before}, stored ${after}` }];
  });
}

/** The ledger's ranges follow each other from 1 to the last sequence published, for each incarnation of a stream. */
function rangeViolations({ published, ledger }: Books): Violation[] {
  const violations: Violation[] = [];
  const lanes = new Set([...published, ...ledger].map(lane));
  for (const name of lanes) {
    const batches = ledger.filter((row) => lane(row) === name).toSorted((a, b) => a.first - b.first || a.last - b.last);
    let next = 1;
    for (const { first, last } of batches) {
      if (first > next) violations.push({ kind: "gap", where: `${name} ${next}-${first - 1}`, detail: "is in no batch" });
      if (first < next)
        violations.push({ kind: "overlap", where: `${name} ${first}-${Math.min(last, next - 1)}`, detail: "is in two batches" });
      if (last < first) violations.push({ kind: "miscounted", where: `${name} ${first}-${last}`, detail: "ends before it begins" });
      next = Math.max(next, last + 1);
    }
    const end = published.filter((message) => lane(message) === name).reduce((most, { seq }) => Math.max(most, seq), 0);
    if (next <= end) violations.push({ kind: "gap", where: `${name} ${next}-${end}`, detail: "is in no batch yet" });
  }
  return violations;
}

/** A batch's counts are those of the log and of the tables, and add up. */
function countViolations(row: LedgerRow, { published, events, deadLetters }: Books): Violation[] {
  const inside = (place: Place): boolean => place.seq >= row.first && place.seq <= row.last && lane(place) === lane(row);
  const messages = published.filter((message) => inside(message) && !message.deleted);
  const eventRows = events.filter(inside);
  const letterRows = deadLetters.filter(inside);
  const inserted = new Set(eventRows.map(({ seq }) => seq));
  const dead = new Set(letterRows.map(({ seq }) => seq).filter((seq) => !inserted.has(seq)));
  const truth = {
    received: messages.length,
    inserted: inserted.size,
    dead_lettered: dead.size,
    duplicates: messages.filter(({ seq }) => !inserted.has(seq) && !dead.has(seq)).length,
    missing: row.last - row.first + 1 - messages.length,
    event_rows: eventRows.length,
    dead_letter_rows: letterRows.length,
    bytes: messages.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const where = `${lane(row)} ${row.first}-${row.last}`;
  const wrong = Object.entries(truth).filter(([name, value]) => row[name as keyof typeof truth] !== value);
  const violations = wrong.map(([name, value]): Violation => {
    return { kind: "miscounted", where, detail: `${name} is ${row[name as keyof typeof truth]}, but should be ${value}` };
  });
  if (row.received !== row.inserted + row.dead_lettered + row.duplicates) {
    violations.push({ kind: "miscounted", where, detail: "received is not inserted + dead_lettered + duplicates" });
  }
  return violations;
}

function lane({ stream, epoch }: { readonly stream: string; readonly epoch: number }): string {
  return `${stream}@${epoch}`;
}

function rowKey(row: Place & { readonly idx: number }): string {
  return `${lane(row)} ${row.seq}:${row.idx}`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** JSON with sorted keys; without members that are null or empty objects, which a ClickHouse `JSON` column does not keep. */
export function canonical(value: unknown): string {
  return JSON.stringify(pruned(value) ?? null);
}

function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => pruned(item) ?? null);
  if (typeof value !== "object" || value === null) return value ?? undefined;
  const members = Object.entries(value)
    .map(([key, member]): [string, unknown] => [key, pruned(member)])
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return members.length === 0 ? undefined : Object.fromEntries(members);
}
