import { expect, it } from "vitest";
import { widestReplicas } from "./widest-replicas.ts";

const stream = (name: string, replicas?: number) => ({ name, subjects: [`${name}.>`], ...(replicas && { replicas }) });

it("is that of the stream with the most copies, and 1 where no stream says how many", () => {
  expect(widestReplicas({ streams: [stream("A"), stream("B", 5), stream("C", 3)] })).toBe(5);
  expect(widestReplicas({ streams: [stream("A"), stream("B")] })).toBe(1);
  expect(widestReplicas({ streams: [] })).toBe(1);
});
