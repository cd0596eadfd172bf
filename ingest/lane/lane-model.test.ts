import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History, type Step } from "./model/history.test-support.ts";
import { MESSAGES } from "./model/messages.test-support.ts";

const RUNS = Number(process.env["LANE_MODEL_RUNS"] ?? 300);
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

const pick = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      messages: fc.array(fc.oneof({ weight: 6, arbitrary: fc.constant("event" as const) }, fc.constantFrom(...MESSAGES)), {
        minLength: 1,
        maxLength: 6,
      }),
      nextMonth: fc.nat(5).map((n) => n === 5),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("run" as const), moves: fc.nat(60), seed: fc.nat(1_000) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("fault" as const),
      fault: fc.constantFrom("refused" as const, "answer-lost" as const, "late" as const, "before-view" as const),
      pick,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("start" as const),
      code: fc.nat(9).map((n) => (n === 9 ? ("new" as const) : ("old" as const))),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("kill" as const, "sleep" as const, "wake" as const, "yield" as const), pick }) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ do: fc.constantFrom("backup" as const, "purge" as const, "recreate" as const, "lose-checkpoint" as const) }),
      fc.record({ do: fc.constant("restore" as const), forget: fc.boolean() }),
    ),
  },
);

async function outcomeOf(steps: readonly Step[]): Promise<string[]> {
  const history = new History();
  await history.take({ do: "start", code: "old" });
  for (const each of steps) await history.take(each);
  return history.end();
}

describe(`whatever happens to a lane (SEED=${seed}, LANE_MODEL_RUNS=${RUNS})`, () => {
  it("each message ends in exactly one place, and the ledger says in which", { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
        expect(await outcomeOf(steps)).toStrictEqual([]);
      }),
      { seed, numRuns: RUNS },
    );
  });
});

const run = (moves: number, ofSeed: number): Step => ({ do: "run", moves, seed: ofSeed });
const publish = (...messages: (typeof MESSAGES)[number][]): Step => ({ do: "publish", messages, nextMonth: false });
const lost: Step = { do: "restore", forget: false };

/** Found by the model above, and mended. */
describe("histories that went wrong once", () => {
  it.each<[string, Step[]]>([
    ["a refused row became two dead letters when its batch went in under a new generation", [publish("mixed", "event"), run(32, 0), lost]],
    [
      "rows of a stream that was deleted under a declared batch stood in no batch",
      [publish("event"), run(15, 0), { do: "recreate" }, run(4, 0), { do: "kill", pick: 0 }],
    ],
    ["a worker went on behind what ClickHouse had lost", [publish("event"), run(20, 0), lost]],
    ["a quiet worker did not notice that ClickHouse was restored", [publish("event"), run(25, 0), lost]],
    [
      "a batch declared over rows that were there was sent whole by the next claim",
      [publish("event"), run(25, 0), lost, publish("event"), run(19, 0), run(18, 361), { do: "fault", fault: "answer-lost", pick: 0 }],
    ],
    [
      "the worker that settles a batch saw a sleeper's dead letters twice",
      [
        publish("broken", "event"),
        run(20, 0),
        { do: "sleep", pick: 0 },
        { do: "start", code: "new" },
        run(60, 3),
        run(60, 4),
        { do: "wake", pick: 0 },
      ],
    ],
  ])("%s", async (_what, steps) => {
    expect(await outcomeOf(steps)).toStrictEqual([]);
  });
});
