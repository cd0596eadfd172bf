import { describe, expect, it } from "vitest";
import { describeFailure } from "./errors.ts";

describe("describeFailure", () => {
  it.each([
    ['"a.csv" exists already: choose another path, or replace it with "force".', "or replace it with --force."],
    ["The answer has more than 100 rows or 1 GiB: add a LIMIT, or allow more rows.", "or allow more with --max-rows."],
    ["The query took longer than 1 s: ask about a shorter time, or allow more seconds.", "or allow more with --max-seconds."],
    ['"to" must lie after "from": the range is half-open, [from, to).', "--to must lie after --from: "],
    ['"from" must lie between the years 1970 and 2200, in whole microseconds.', "--from must lie between the years"],
    ["Port 1 on 127.0.0.1 is already in use: stop it or choose another port for NATS.", "or choose another with --nats-port."],
  ])("says %s in flags", (sentence, inFlags) => {
    expect(describeFailure(new Error(sentence), false).sentence).toContain(inFlags);
  });
});
