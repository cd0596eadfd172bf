import { expect, test } from "vitest";
import { nativeHello } from "./native-hello.ts";

test("one row of four columns as revision 54460 writes them", () => {
  const bytes = nativeHello({ displayName: "box", version: "26.7.2.1", timezone: "UTC" });
  expect([...bytes.subarray(0, 10)]).toEqual([1, 0, 2, 255, 255, 255, 255, 0, 4, 1]);
  expect(bytes.subarray(10).toString("latin1")).toBe(
    "\u000ddisplayName()\u0006String\0\u0003box\u0009version()\u0006String\0\u000826.7.2.1\u000arevision()\u0006UInt32\0\0\0\0\0\u000atimezone()\u0006String\0\u0003UTC",
  );
});
