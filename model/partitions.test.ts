import { describe, expect, it } from "vitest";
import { partitionOf, storedStreams } from "./partitions.ts";

describe("partitionOf", () => {
  // Test vectors of FNV-1a's authors; those below were computed by another program, and stand in docs/definitions.md.
  it.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["b", 0xe70c2de5],
    ["foobar", 0xbf9cf968],
  ])("is FNV-1a of %j", (subject, hash) => {
    for (const partitions of [2, 3, 4, 7, 256]) expect(partitionOf(subject, partitions)).toBe(hash % partitions);
  });

  it.each([
    ["user-7", 2],
    ["user-8", 3],
    ["Zoë", 0],
    ["北京", 1],
    ["🦀", 2],
  ])("puts %j into partition %i of 4", (subject, partition) => {
    expect(partitionOf(subject, 4)).toBe(partition);
  });

  it("spreads subjects evenly", () => {
    const counts = Array.from({ length: 8 }, () => 0);
    for (let user = 0; user < 80_000; user += 1) counts[partitionOf(`user-${user}`, 8)]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe("storedStreams", () => {
  it("leaves a stream without partitions as it is, and makes one stream for each partition of another", () => {
    const plain = { name: "A", subjects: ["a.>"] };
    expect(storedStreams([plain, { name: "SHOP", subjects: ["shop.>", "cart.*"], replicas: 3, partitions: 2 }])).toStrictEqual([
      plain,
      { name: "SHOP-0", subjects: ["p.0.shop.>", "p.0.cart.*"], replicas: 3, partition: { of: "SHOP", index: 0, count: 2 } },
      { name: "SHOP-1", subjects: ["p.1.shop.>", "p.1.cart.*"], replicas: 3, partition: { of: "SHOP", index: 1, count: 2 } },
    ]);
  });
});
