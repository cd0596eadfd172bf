import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { over, type FeatureSet } from "../../model/index.ts";
import { buildTrainingSet } from "./build-training-set.ts";
import { LABELS_AT_ONCE } from "./plan.ts";
import { addEvents, eventAt, iso, MS, payments, project, revenue, START, testBench, type TestBench } from "./training.test-support.ts";

/** Two slices, the second one not full. */
const LABELS = LABELS_AT_ONCE + 30_000;
/** Payments of "a", a second apart; each is known half a second after it happened. */
const EVENTS = 20;
const SECOND = 1_000 * MS;

let bench: TestBench;
beforeAll(async () => {
  bench = await testBench(inject("clickhouseUrl"));
  await addEvents(
    bench.clickhouse,
    Array.from({ length: EVENTS }, (_, index) => eventAt(START + index * SECOND, { known_at: START + index * SECOND + SECOND / 2 })),
  );
});
afterAll(() => bench.close());

/** The moment of a label, from before the first event to after the last, in no order, so that every slice has labels of all times. */
const millisecondOf = (row: number): number => (row * 7_919) % 26_000;
/** All the moments there are, by their milliseconds. */
const MOMENTS = Array.from({ length: 26_000 }, (_, ms) => iso(START + ms * MS));
/** Every third label is about somebody without events. */
const entityOf = (row: number): string => (row % 3 === 0 ? "nobody" : "a");

/** Events that count at a moment in a window of so many seconds: those that happened before it and were known by then. */
function counted(row: number, seconds: number): number {
  if (entityOf(row) === "nobody") return 0;
  const at = millisecondOf(row) * MS;
  return Array.from({ length: EVENTS }, (_, index) => index * SECOND).filter(
    (time) => time >= at - seconds * SECOND && time < at && time + SECOND / 2 <= at,
  ).length;
}

const features: FeatureSet = {
  name: "many",
  entity: "subject",
  features: { n: over(payments, { window: ["3s", "1d"] }), spend: over(revenue, { window: "3s" }) },
};

test.each(["join", "tiles"] as const)(
  "by the plan %s a spine of more labels than are worked on at once has the values of each label, in its order",
  async (plan) => {
    const spine = join(bench.folder, "many.csv");
    const lines = function* (): Generator<string> {
      yield "entity,time,place\n";
      for (let row = 0; row < LABELS; row += 1) yield `${entityOf(row)},${MOMENTS[millisecondOf(row)]},${row}\n`;
    };
    await pipeline(Readable.from(lines()), createWriteStream(spine));
    const out = join(bench.folder, `${plan}.arrow`);
    const done: number[] = [];
    await buildTrainingSet(bench.clickhouse, project, {
      spine: { path: spine },
      features,
      out,
      plan,
      onStep: (_step, _rows, labels) => {
        if (labels !== undefined) done.push(labels);
      },
    });
    expect(done).toEqual([LABELS / 2, LABELS]);

    const table = tableFromIPC(await readFile(out));
    const [place, short, long, spend] = ["place", "n_3s", "n_1d", "spend"].map((name) => table.getChild(name)!);
    expect(table.numRows).toBe(LABELS);
    const wrong: unknown[] = [];
    for (let row = 0; row < LABELS && wrong.length < 5; row += 1) {
      const found = [Number(place!.get(row)), Number(short!.get(row)), Number(long!.get(row)), spend!.get(row) as number | null];
      const few = counted(row, 3);
      const wanted = [row, few, counted(row, 86_400), few === 0 ? null : few];
      if (JSON.stringify(found) !== JSON.stringify(wanted)) wrong.push({ row, found, wanted });
    }
    expect(wrong).toEqual([]);
  },
  240_000,
);
