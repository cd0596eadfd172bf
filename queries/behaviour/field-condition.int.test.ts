import { beforeAll, expect, it } from "vitest";
import { useDatabase } from "../../clickhouse/database.test-support.ts";
import type { OracleEvent } from "../../tests/oracles/event.ts";
import { selects, type OracleCondition } from "../../tests/oracles/selector.ts";
import { definitions, makeTables, project, replaceEvents } from "./behaviour.test-support.ts";
import { Bindings } from "./bindings.ts";
import type { FieldCondition } from "./field-condition.ts";
import { resolveSelector, selectorSql } from "./event-selector.ts";

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
  ["amount", { atLeast: 1.5 }],
  ["amount", { above: 1.5 }],
  ["amount", { atMost: 0 }],
  ["amount", { below: 0 }],
  ["amount", { atLeast: 0, below: 2 }],
  ["items", 2],
  ["items", [2 ** 53 - 1, -5]],
  ["items", { above: 1.5 }],
  ["items", { below: 2 ** 53 - 1, atLeast: -5 }],
  ["gift", true],
  ["gift", { not: true }],
  ["gift", [false, null]],
  ["source", "web"],
  ["source", { not: "web" }],
  ["subject", ["ann", "bob"]],
])("%s: %j holds for the events that it says", async (field, condition) => {
  const bindings = new Bindings();
  const selector = resolveSelector(project, { event: "seen", where: { [field]: condition as FieldCondition } });
  const rows = await held.clickhouse.rows<{ seq: string }>({
    name: "Select",
    sql: `SELECT seq FROM events WHERE ${selectorSql(selector, bindings)} ORDER BY seq`,
    params: bindings.params,
  });
  const expected = events.filter((event) => selects({ definition: definitions[0]!, where: { [field]: condition } }, event));
  expect(rows.map(({ seq }) => Number(seq))).toEqual(expected.map(({ seq }) => seq));
});
