import type { Filter } from "../../model/index.ts";
import { beforeAll, expect, it } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import { fieldSql } from "../../clickhouse/index.ts";
import type { OracleEvent } from "../../tests/oracles/event.ts";
import { passes, type OracleCondition } from "../../tests/oracles/filter.ts";
import { definitions, makeTables, replaceEvents } from "../behaviour/behaviour.test-support.ts";
import { Bindings } from "../bindings.ts";
import { filterSql } from "./filter-sql.ts";
import { resolveFilter } from "./resolve-filter.ts";

const held = useDatabase();

/** An event for each value that a field may have, of its type or not, and one without any. */
const events = [
  {},
  ...["DE", "AT", "", "Ü'\\", null, 7, true].map((country) => ({ country })),
  ...[0, -0, 1.5, 2, 1e300, -3, null, "2", true].map((amount) => ({ amount })),
  ...[0, 2, -5, 2 ** 53 - 1, 1.5, null, "2"].map((items) => ({ items })),
  ...[true, false, null, "true", 1].map((gift) => ({ gift })),
].map((data, index): OracleEvent => ({
  type: "seen",
  time: 1e15 + index,
  known_at: 0,
  stream: "A",
  epoch: 1,
  seq: index + 1,
  idx: 0,
  id: `${index}`,
  source: index % 2 ? "web" : "app",
  subject: "ann",
  data,
}));

beforeAll(async () => {
  await makeTables(held.clickhouse);
  await replaceEvents(held.clickhouse, [...events, { ...events[1]!, type: "added", seq: 100 }]);
});

it.each<[string, OracleCondition]>([
  ["country", "DE"],
  ["country", "Ü'\\"],
  ["country", ""],
  ["country", null],
  ["country", ["DE", "AT"]],
  ["country", ["DE", null]],
  ["country", { not: "DE" }],
  ["country", { not: ["DE", null] }],
  ["country", { not: null }],
  ["data.country", "AT"],
  ["amount", 2],
  ["amount", [0, 1e300]],
  ["amount", { not: 0 }],
  ["amount", { gte: 1.5 }],
  ["amount", { gt: 1.5 }],
  ["amount", { lte: 0 }],
  ["amount", { lt: 0 }],
  ["amount", { gte: 0, lt: 2 }],
  ["items", 2],
  ["items", [2 ** 53 - 1, -5]],
  ["items", { gt: 1.5 }],
  ["items", { lt: 2 ** 53 - 1, gte: -5 }],
  ["items", { gt: -3, not: [0, null] }],
  ["items", { lte: 2 ** 53 - 1, in: [0, 2 ** 53 - 1] }],
  ["gift", true],
  ["gift", { not: true }],
  ["gift", [false, null]],
  ["source", "web"],
  ["source", { not: "web" }],
  ["subject", ["ann", "bob"]],
])("%s: %j holds for the events that it says", async (field, condition) => {
  const bindings = new Bindings();
  const [definition] = definitions;
  const conditions = resolveFilter(definition!, { [field]: condition } as Filter).map((filter) =>
    filterSql(filter, fieldSql(filter.field).expression, bindings),
  );
  const rows = await held.clickhouse.rows<{ seq: string }>({
    name: "Select",
    sql: `SELECT seq FROM events WHERE type = 'seen' AND ${conditions.join(" AND ")} ORDER BY seq`,
    params: bindings.params,
  });
  const expected = events.filter((event) => passes(event, { [field]: condition }, definition!));
  expect(rows.map(({ seq }) => Number(seq))).toEqual(expected.map(({ seq }) => seq));
});
