import { expect, test } from "vitest";
import { BASE_TABLES } from "../../clickhouse/index.ts";
import { checkBaseTable, MigrationError } from "./check-base-table.ts";

const ledger = BASE_TABLES.find(({ name }) => name === "ingest_ledger")!;
const events = BASE_TABLES.find(({ name }) => name === "events")!;
const eventColumns: readonly (readonly [string, string])[] = [
  ["stream", "LowCardinality(String)"],
  ["epoch", "UInt64"],
  ["seq", "UInt64"],
  ["idx", "UInt32"],
  ["stored_at", "DateTime64(6, 'UTC')"],
  ["known_at", "DateTime64(6, 'UTC')"],
  ["time", "DateTime64(6, 'UTC')"],
  ["id", "String"],
  ["type", "LowCardinality(String)"],
  ["source", "LowCardinality(String)"],
  ["subject", "String"],
  ["version", "UInt16"],
  ["data", "JSON"],
  ["enriched", "JSON"],
];

test("accepts our columns, and others beside them", () => {
  expect(() => checkBaseTable(events, new Map([...eventColumns, ["mine", "String"]]), "shop")).not.toThrow();
});

test.each(eventColumns)("refuses events without %s", (name) => {
  const others = new Map(eventColumns.filter(([column]) => column !== name));
  expect(() => checkBaseTable(events, others, "shop")).toThrow(`Table shop.events has no column "${name}"`);
});

test.each(eventColumns)("refuses events whose %s is not %s", (name, type) => {
  const columns = new Map(eventColumns).set(name, "Int8");
  expect(() => checkBaseTable(events, columns, "shop")).toThrow(
    new MigrationError(
      `Table shop.events has the column "${name}" as Int8 instead of ${type}, so it was not made by this version of hydrograph: rename it, or use another database, and run "hydrograph migrate" again.`,
    ),
  );
});

test("refuses a ledger of others", () => {
  expect(() => checkBaseTable(ledger, new Map([["stream", "LowCardinality(String)"]]), "shop")).toThrow('has no column "epoch"');
});
