import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject } from "vitest";
import { administer } from "../jetstream/administer.test-support.ts";
import type { LaneValue } from "../jetstream/index.ts";
import type { TestPipeline } from "./ingest.test-support.ts";

/** The checkpoint as it is stored, and a way to change it behind the worker's back. */
export async function checkpointOf({
  jetstream,
  project,
  stream,
}: TestPipeline): Promise<{ value: LaneValue; revision: number; replace: (value: LaneValue) => Promise<void> }> {
  const lanes = await jetstream.lanes(project.name);
  const entry = await lanes.read(stream);
  if (!entry?.value) throw new Error("There is no checkpoint.");
  const { revision, value } = entry;
  return {
    value,
    revision,
    replace: async (next) => {
      expect(await lanes.replace(stream, next, revision)).toBeDefined();
    },
  };
}

export async function deleteStream(name: string): Promise<void> {
  await administer(inject("natsUrl"), ({ streams }) => streams.delete(name));
}

/** Waits until a question is answered with yes. */
export async function until(pipeline: TestPipeline, question: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await question()) return;
    await sleep(50);
  }
  throw new Error(`It never came true. The log: ${pipeline.log.join(" | ")}`);
}
