import { describe, expect, it } from "vitest";
import { locateData } from "./locate-data.ts";

describe("locateData", () => {
  it.each<[string, number, string | undefined]>([
    ['{"id":"1","data": {"a" : 1} ,"x":2}', 3, '{"a" : 1}'],
    ['{"data":"te\\"xt"}', 1, '"te\\"xt"'],
    ['{"d\\u0061ta":[1, 2]}', 1, "[1, 2]"],
    ['{"data":12345678901234567890}', 1, "12345678901234567890"],
    ['{"id":"1","id":"2"}', 2, undefined],
    ['{"x":{"data":1}}', 1, undefined],
    ["{}", 0, undefined],
  ])("%s", (json, members, data) => {
    const located = locateData(Buffer.from(json));
    expect(located.members).toBe(members);
    expect(located.data && Buffer.from(located.data).toString()).toBe(data);
  });
});
