import { expect, test } from "vitest";
import { changesOf, differences, GRAINS, isThorough, ODD_ZONES, randomRanges, ZONES } from "./conformance.test-support.ts";

const zones = isThorough ? ZONES : ODD_ZONES;

test(
  `buckets around every change of a clock in 20 years are Temporal's (${zones.length} zones, GRID=full for all)`,
  { timeout: 3_600_000 },
  () => {
    let compared = 0;
    const wrong: string[] = [];
    for (const zone of zones) {
      const changes = changesOf(zone, 2010, 2030);
      for (const grain of isThorough ? GRAINS : GRAINS.filter((_, index) => index % 2 === 0)) {
        // A zone without changes is looked at in the middle.
        for (const change of changes.length === 0 ? [Date.UTC(2020, 5, 30)] : isThorough ? changes : changes.slice(-4)) {
          const found = differences(zone, grain, change);
          compared += found.edges;
          wrong.push(...found.sentences);
        }
      }
    }
    if (isThorough) process.stdout.write(`${compared.toLocaleString("en")} edges around changes compared, ${wrong.length} differ\n`);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(1_000);
  },
);

test("buckets of random ranges are Temporal's", { timeout: 3_600_000 }, () => {
  const found = randomRanges(zones, isThorough ? 1_000 : 10);
  if (isThorough)
    process.stdout.write(
      `${found.ranges.toLocaleString("en")} random ranges, ${found.edges.toLocaleString("en")} edges, ${found.sentences.length} differ\n`,
    );
  expect(found.sentences).toEqual([]);
});
