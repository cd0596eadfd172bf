import { describe, expect, it } from "vitest";
import { ClickHouseFailure } from "../../clickhouse/index.ts";
import { defineProject } from "../../model/index.ts";
import { diagnosisView } from "../output/diagnosis-view.ts";
import { examine } from "./examine.ts";
import type { Facts } from "./facts.ts";
import type { Finding } from "./finding.ts";

const GB = 1e9;
const table = { engine: "MergeTree", views: [], fsync: true, partsToDelay: 1_000, partsToThrow: 3_000 };
const window = { setting: "non_replicated_deduplication_window", inserts: 10_000 };
const stream = {
  name: "SHOP",
  firstSeq: 1,
  lastSeq: 10,
  storage: "file" as const,
  replicas: 3,
  keepsAll: true,
  dropping: [],
  bytes: 1,
  maxBytes: undefined,
  duplicateWindowMs: 120_000,
  copies: [],
  lacking: [],
  reading: { ok: true as const, clock: { aheadMs: 1, withinMs: 2 } },
};
const server = { version: "2.11.4", cluster: "c", maxPayload: 1, storage: { used: 1, limit: 100 }, mayDelete: false };
const lane = {
  stream: "SHOP",
  state: "running" as const,
  reason: undefined,
  owner: "w/1",
  beatSeconds: 1,
  lastSeq: 10,
  committed: 10,
  checkpointed: 10,
  lagMessages: 0,
  lagSeconds: 0,
  rate: 0,
};

const good: Facts = {
  project: defineProject({ name: "shop", streams: [{ name: "SHOP", subjects: ["shop.>"], replicas: 3 }], events: [] }),
  nats: { value: { server, streams: [stream], bucket: { name: "hydrograph_shop", storage: "file", replicas: 3, mayWrite: true } } },
  clickhouse: { value: { version: "26.7.2.1", user: "hydrograph", aheadMs: -3, withinMs: 4 } },
  tables: { value: [{ ...table, name: "events", window }] },
  inserts: { value: [{ table: "events", failure: undefined }] },
  parts: { value: new Map([["events", 3]]) },
  disks: { value: [{ name: "default", free: 50 * GB, total: 100 * GB }] },
  destructive: { value: [] },
  migrations: { value: { database: "shop", steps: [], notes: [] } },
  lanes: { value: [lane] },
};

/** The findings that are not ok, as "status area/name". */
function troubles(facts: Partial<Facts>): string[] {
  const { findings } = examine({ ...good, ...facts });
  return findings.filter(({ status }) => status !== "ok").map(({ area, name, status }) => `${status} ${area}/${name}`);
}

function nats(changes: { server?: object; stream?: object; bucket?: object }): Partial<Facts> {
  if (!("value" in good.nats) || !good.nats.value.bucket) throw new Error("There is always one.");
  return {
    nats: {
      value: {
        server: { ...server, ...changes.server },
        streams: [{ ...stream, ...changes.stream }],
        bucket: { ...good.nats.value.bucket, ...changes.bucket },
      },
    },
  };
}

const refused = (code: number): Partial<Facts> => ({
  inserts: { value: [{ table: "events", failure: new ClickHouseFailure("pause", `Refused (code ${code}).`, { code }) }] },
});

describe("the doctor's judgement", () => {
  it("finds nothing to say of a cluster that keeps its word", () => {
    expect(troubles({})).toEqual([]);
    const [guarantee] = examine(good).guarantees;
    expect(guarantee?.sentences).toEqual([
      expect.stringMatching(/^Exactly once/),
      expect.stringMatching(/the loss of 1 of its 3 servers; not a power loss of most of them/),
      "A row survives a crash of ClickHouse, and a power loss of its machine.",
      expect.stringMatching(/within 2 m 0 s is refused/),
    ]);
  });

  it.each<[string, Partial<Facts>, string[]]>([
    ["messages that are too large for ingest", nats({ server: { maxPayload: 8_388_608 } }), ["warn NATS/largest message"]],
    ["an old nats-server", nats({ server: { version: "2.8.4" } }), ["fail NATS/version"]],
    [
      "an old ClickHouse",
      { clickhouse: { value: { version: "24.8.1", user: "u", aheadMs: 0, withinMs: 1 } } },
      ["fail ClickHouse/version"],
    ],
    [
      "a ClickHouse that is not tested",
      { clickhouse: { value: { version: "25.8.1", user: "u", aheadMs: 0, withinMs: 1 } } },
      ["warn ClickHouse/version"],
    ],
    [
      "a clock of NATS that is ahead",
      nats({ stream: { reading: { ok: true, clock: { aheadMs: 90_000, withinMs: 5 } } } }),
      ["warn clocks/NATS"],
    ],
    [
      "a clock of ClickHouse that is behind",
      { clickhouse: { value: { version: "26.7", user: "u", aheadMs: -2_000, withinMs: 5 } } },
      ["warn clocks/ClickHouse"],
    ],
    [
      "an answer too slow to tell the time by",
      { clickhouse: { value: { version: "26.7", user: "u", aheadMs: -2_000, withinMs: 1_500 } } },
      [],
    ],
    ["one server whose sync_interval nobody knows", nats({ stream: { replicas: 1 } }), ["unknown streams/SHOP durability"]],
    ["no window for repetitions", nats({ stream: { duplicateWindowMs: 0 } }), ["warn streams/SHOP repetitions"]],
    ["a stream that is nearly full", nats({ stream: { bytes: 9, maxBytes: 10 } }), ["warn streams/SHOP room"]],
    ["an account that is nearly full", nats({ server: { storage: { used: 99, limit: 100 } } }), ["fail NATS/storage"]],
    ["a bucket with fewer copies", nats({ bucket: { replicas: 1 } }), ["warn streams/checkpoints"]],
    ["checkpoints in memory", nats({ bucket: { storage: "memory" } }), ["warn streams/checkpoints"]],
    ["checkpoints that cannot be written", nats({ bucket: { mayWrite: false } }), ["fail permissions/writing checkpoints"]],
    [
      "a disk with little room",
      { disks: { value: [{ name: "default", free: 5 * GB, total: 100 * GB }] } },
      ["warn ClickHouse/disk default"],
    ],
    ["a disk with hardly any", { disks: { value: [{ name: "default", free: GB, total: 100 * GB }] } }, ["fail ClickHouse/disk default"]],
    ["many parts", { parts: { value: new Map([["events", 500]]) } }, ["warn tables/parts of events"]],
    ["too many parts", { parts: { value: new Map([["events", 3_000]]) } }, ["fail tables/parts of events"]],
    [
      "a table of another engine",
      { tables: { value: [{ ...table, name: "events", engine: "Distributed", window: undefined }] } },
      ["unknown tables/events remembers inserts"],
    ],
    ["settings beyond a constraint", refused(452), ["fail tables/inserts into events"]],
    ["a user who may not insert", refused(497), ["fail tables/inserts into events"]],
    ["a user who may drop", { destructive: { value: ["DROP"] } }, ["warn permissions/dropping tables"]],
    ["a user with roles", { destructive: { value: undefined } }, ["unknown permissions/dropping tables"]],
    [
      "a worker that is slowed down",
      { lanes: { value: [{ ...lane, state: "slowed", reason: "too many parts." }] } },
      ["warn lanes/SHOP is read"],
    ],
    ["a dead worker", { lanes: { value: [{ ...lane, state: "stale" }] } }, ["warn lanes/SHOP is read"]],
    ["a stream that lost what was ingested", nats({ stream: { lastSeq: 9 } }), ["fail lanes/SHOP adds up"]],
  ])("finds %s", (_what, facts, expected) => {
    expect(troubles(facts)).toEqual(expected);
  });

  it("names the setting or the command for whatever is not as it should be", () => {
    const every: readonly Partial<Facts>[] = [
      refused(452),
      refused(497),
      nats({ bucket: { mayWrite: false } }),
      { destructive: { value: ["DROP"] } },
    ];
    const findings = every.flatMap((facts) => examine({ ...good, ...facts }).findings);
    expect(findings.filter(({ fix, status }) => (status === "ok") !== (fix === undefined))).toEqual([]);
  });
});

describe("diagnosisView", () => {
  it("groups by area, puts the way out under each trouble, and counts", () => {
    const text = diagnosisView(examine({ ...good, ...refused(497) }), { paint: (_style, shown) => shown });
    expect(text).toContain(
      "\n\ntables\n  fail     inserts into events: Refused (code 497).\n           fix: GRANT INSERT ON shop.* TO hydrograph\n",
    );
    expect(text).toMatch(/\n\nguaranteed of SHOP\n {2}Not exactly once: inserts into events are refused\.\n/);
    expect(text).toMatch(/\n1 check of \d+ failed; 0 warnings, 0 unknown\.\n$/);
    const statuses: readonly Finding["status"][] = ["ok", "fail"];
    for (const status of statuses) expect(text).toContain(`\n  ${status.padEnd(7)}  `);
  });
});
