import { describe, expect, it } from "vitest";
import { shared } from "./shared.ts";

describe("shared", () => {
  it("asks once for all who ask at once, and while the answer is fresh", async () => {
    let asked = 0;
    const ask = shared(() => Promise.resolve((asked += 1)), 60_000);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
    expect(await ask()).toBe(1);
  });

  it("asks again when the answer is old, and does not keep what nobody knows or what failed", async () => {
    const answers = [Promise.resolve(1), Promise.resolve(undefined), Promise.reject(new Error("away")), Promise.resolve(2)];
    answers[2]?.catch(() => undefined);
    const old = shared(() => answers[0] ?? Promise.resolve(undefined), -1);
    expect([await old(), await old()]).toEqual([1, 1]);
    let next = 1;
    const ask = shared(() => answers[next++] ?? Promise.resolve(undefined), 60_000);
    expect(await ask()).toBeUndefined();
    await expect(ask()).rejects.toThrow("away");
    expect([await ask(), await ask()]).toEqual([2, 2]);
  });
});
