import { describe, expect, it } from "vitest";
import { parseEvent } from "./parse-event.ts";

const event = {
  specversion: "1.0",
  id: "1",
  source: "shop",
  type: "order.placed",
  time: "2026-11-27T09:30:00.5+01:00",
  data: { amount: 3 },
};
const parse = (value: unknown): unknown => parseEvent(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));

describe("parseEvent", () => {
  it("takes a CloudEvent", () => {
    expect(parse(event)).toEqual(event);
  });

  it("takes what ingest takes: attributes of 4,096 characters, pairs of surrogates, none where none is needed", () => {
    const longest = { ...event, id: "x".repeat(4_096), source: "\u{1f600}", subject: null, time: null };
    expect(parse(longest)).toEqual(longest);
  });

  it.each([
    ["{", "not valid JSON"],
    [[event], "not a JSON object"],
    [null, "not a JSON object"],
    [{ ...event, specversion: "0.3" }, 'lacks "specversion": "1.0", so it is no CloudEvent'],
    [{ ...event, id: "" }, 'lacks the attribute "id"'],
    [{ ...event, source: 5 }, 'lacks the attribute "source"'],
    [{ ...event, type: undefined }, 'lacks the attribute "type"'],
    [{ ...event, id: "\ud800" }, '"id" contains half a surrogate pair'],
    [{ ...event, source: "a\0" }, '"source" contains NUL'],
    [{ ...event, type: "x".repeat(4_097) }, '"type" is longer than 4096 characters'],
    [{ ...event, subject: "\udc00" }, '"subject" contains half a surrogate pair'],
    [{ ...event, subject: 5 }, '"subject" is no text'],
    [{ ...event, time: "2026-11-27 09:30" }, '"time" is no RFC 3339 time with a zone'],
    [{ ...event, time: "2026-02-30T00:00:00Z" }, '"time" is no RFC 3339 time with a zone'],
    [{ ...event, time: "1969-12-31T23:59:59Z" }, '"time" is outside the years 1970 to 2200'],
    [{ ...event, recordedtime: "2026-11-27T09:30:00" }, '"recordedtime" is no RFC 3339 time with a zone'],
  ])("says what is wrong with %j", (value, problem) => {
    expect(parse(value)).toEqual({ problem });
  });
});
