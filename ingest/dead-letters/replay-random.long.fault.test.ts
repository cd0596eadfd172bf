import * as fc from "fast-check";
import { expect, inject, test } from "vitest";
import { discardDeadLetters, verify } from "../index.ts";
import { someEvents } from "../ingest.test-support.ts";
import { CRASHES, dyingAt, problemsAfter, refusedEvents, replayPipeline, type ReplayPipeline } from "./replay.test-support.ts";

/** What may happen to a pipeline, in any order. */
type Happening =
  | { readonly kind: "publish"; readonly good: number; readonly refused: number; readonly mixed: boolean }
  | { readonly kind: "replay"; readonly crash: number | undefined; readonly mended: boolean; readonly seq: readonly [number, number] }
  | { readonly kind: "discard"; readonly seq: number };

const crash = fc.option(fc.nat({ max: CRASHES.length - 1 }), { nil: undefined });
const happenings = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("publish" as const),
      good: fc.nat({ max: 9 }),
      refused: fc.integer({ min: 1, max: 9 }),
      mixed: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("replay" as const),
      crash,
      mended: fc.boolean(),
      seq: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 40 })),
    }),
    fc.record({ kind: fc.constant("discard" as const), seq: fc.integer({ min: 1, max: 40 }) }),
  ),
  { minLength: 3, maxLength: 7 },
);

/** @returns how many events it published */
async function happen(pipeline: ReplayPipeline, what: Happening, published: number): Promise<number> {
  if (what.kind === "discard") {
    const filter = { seq: { from: what.seq, to: what.seq } };
    await discardDeadLetters({ clickhouse: pipeline.clickhouse, worker: "tester", filter, reason: "a test" });
    return 0;
  }
  if (what.kind === "replay") {
    const dying = what.crash === undefined ? undefined : CRASHES[what.crash];
    const replay = pipeline.replay({
      project: what.mended ? pipeline.mended : pipeline.other,
      filter: { seq: { from: what.seq[0], to: what.seq[0] + what.seq[1] } },
      ...(dying ? { through: dyingAt(pipeline, dying) } : {}),
    });
    await replay.catch((error: unknown) => expect(String(error)).toContain("The process is dead."));
    return 0;
  }
  const good = someEvents(published, published + what.good);
  const refused = refusedEvents(published + what.good, published + what.good + what.refused);
  if (what.mixed) await pipeline.publishRaw([JSON.stringify([...good, ...refused])]);
  else await pipeline.publish([...good, ...refused]);
  await pipeline.ingest();
  return what.good + what.refused;
}

test("whatever happens, and wherever replays die, each event is in once when the last replay is done", async () => {
  const seed = Date.now();
  await fc.assert(
    fc.asyncProperty(happenings, async (all) => {
      const pipeline = await replayPipeline({ limits: { batchRows: 7, batchAge: "50ms", lease: "300ms" } });
      try {
        let published = 0;
        for (const what of all) {
          published += await happen(pipeline, what, published);
          expect((await verify({ clickhouse: pipeline.clickhouse })).lanes.flatMap(({ problems }) => problems)).toEqual([]);
        }
        await pipeline.replay();
        await pipeline.replay({ filter: { state: "discarded" } });
        expect(await problemsAfter(pipeline, published)).toEqual([]);
        expect(await verify({ clickhouse: pipeline.clickhouse })).toMatchObject({ ok: true, openLetters: 0, discardedLetters: 0 });
      } finally {
        await pipeline.close();
      }
    }),
    // Each run makes a stream and a database: it is repeated by its seed, and not shrunk.
    { seed, numRuns: inject("thorough") ? 30 : 4, endOnFailure: true },
  );
});
