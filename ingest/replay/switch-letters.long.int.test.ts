import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { discardDeadLetters, replayDeadLetters, verify } from "../index.ts";
import { dyingAt, problemsAfter, refusedEvents, replayPipeline, until, type ReplayPipeline } from "../dead-letters/replay.test-support.ts";
import { someEvents } from "../ingest.test-support.ts";
import { nextDatabase, type NextDatabase } from "./switch.test-support.ts";

let pipeline: ReplayPipeline;
let next: NextDatabase;

beforeEach(async () => {
  pipeline = await replayPipeline();
  next = await nextDatabase(pipeline);
  await pipeline.publish([...someEvents(0, 20), ...refusedEvents(20, 30)]);
  await pipeline.ingest();
  await next.catchUp();
});

afterEach(async () => {
  await next.close();
  await pipeline.close();
});

describe("a switch and a replay of dead letters", () => {
  it("do not go together: a replay that broke off is finished before, by whoever replays next", async () => {
    await expect(pipeline.replay({ through: dyingAt(pipeline, { at: "insert", when: "before" }) })).rejects.toThrow("The process is dead.");
    const { name } = pipeline.project;
    await expect(next.switchOver()).rejects.toThrow(
      `A replay of dead letters of ${pipeline.stream} in "${name}" is under way or broke off: let "hydrograph dlq replay" end, then switch.`,
    );
    expect(await pipeline.replay()).toMatchObject({ replayed: 10, settled: 10 });
    expect(await problemsAfter(pipeline, 30)).toEqual([]);
    await next.switchOver();
    expect(await problemsAfter(pipeline, 20)).toEqual([]);
  });

  it("wait for each other: letters are for after a switch that broke off, and the sentence names it", async () => {
    const { clickhouse, jetstream, mended, project, stream } = pipeline;
    const dying: ClickHouse = {
      ...clickhouse,
      command: async (statement) => {
        if (statement.name === "Exchange the tables") throw new Error("The process is dead.");
        await clickhouse.command(statement);
      },
    };
    await expect(next.switchOver({ live: dying })).rejects.toThrow("The switch broke off while tables changed places");
    const said: string[] = [];
    const stop = new AbortController();
    const replay = replayDeadLetters({
      project: mended,
      clickhouse,
      jetstream,
      worker: "waiting",
      signal: stop.signal,
      onWait: (sentence) => said.push(sentence),
    });
    const ended = replay.then(
      () => "replayed",
      () => "stopped",
    );
    await until(() => said.length > 0);
    stop.abort();
    expect(await ended).toBe("stopped");
    expect(said).toEqual([
      `The dead letters of ${stream} wait for the switch with ${project.name}_next; if that broke off, "hydrograph replay --switch --into ${project.name}_next" finishes it.`,
    ]);
    await next.switchOver();
    expect(await problemsAfter(pipeline, 20)).toEqual([]);
  });
});

describe("dead letters from before a switch", () => {
  it("are not replayed for a day, as the tables take no rows from before it, and may be discarded; those since are replayed", async () => {
    await next.switchOver();
    const { clickhouse, project } = pipeline;
    await expect(pipeline.replay()).rejects.toThrow(
      `Database "${project.name}" takes no rows from before "replay --switch" for a day after it: replay these dead letters then, or those since with --since.`,
    );
    expect(await problemsAfter(pipeline, 20)).toEqual([]);
    const who = { clickhouse, worker: "tester", reason: "not needed" };
    expect(await discardDeadLetters({ ...who, filter: { seq: { from: 21, to: 24 } } })).toBe(4);
    const between = (await pipeline.value("SELECT toUnixTimestamp64Micro(max(stored_at)) + 1 FROM dead_letters")) as string;
    await pipeline.publish(refusedEvents(30, 33));
    await pipeline.ingest();
    expect(await pipeline.replay({ filter: { since: Number(between) } })).toMatchObject({ replayed: 3 });
    expect(await problemsAfter(pipeline, 23)).toEqual([]);
    expect(await verify({ clickhouse })).toMatchObject({ ok: true, openLetters: 6, replayedLetters: 3, discardedLetters: 4 });
  });
});
