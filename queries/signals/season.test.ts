import { describe, expect, it } from "vitest";
import { gridEdges, grainOf } from "../../model/index.ts";
import { seasonsOf } from "./season.ts";

/** Places of the buckets of a range, as "cycle:phase" from the first cycle on. */
function places(grain: string, timezone: string, from: string, to: string, name: string): string[] {
  const season = seasonsOf(grain, timezone).find((each) => each.name === name)!;
  const edges = gridEdges({ from: Date.parse(from) * 1_000, to: Date.parse(to) * 1_000, grain: grainOf(grain), timezone });
  const found = edges.slice(0, -1).map((edge) => season.placeOf(new Date(edge / 1_000)));
  return found.map(({ cycle, phase }) => `${cycle - found[0]!.cycle}:${phase}`);
}

const names = (grain: string): string[] => seasonsOf(grain, "UTC").map(({ name, phases }) => `${name} ${phases}`);

describe("seasonsOf", () => {
  it("gives each grain the seasons that its buckets can have", () => {
    expect(names("5 minutes")).toEqual(["day 288", "week 2016"]);
    expect(names("hour")).toEqual(["day 24", "week 168"]);
    expect(names("day")).toEqual(["week 7"]);
    expect(names("week")).toEqual(["year 52"]);
    expect(names("month")).toEqual(["year 12"]);
    expect(names("quarter")).toEqual(["year 4"]);
    expect(["7 hours", "24 hours", "2 days", "2 weeks", "5 months", "year", "nonsense"].flatMap(names)).toEqual([]);
  });

  it("tells places by the clocks: a day of 23 hours lacks one, a day of 25 has one twice", () => {
    const spring = places("hour", "Europe/Berlin", "2026-03-28T23:00Z", "2026-03-29T22:00Z", "day");
    expect(spring.map((place) => place.slice(2))).toEqual([0, 1, ...Array.from({ length: 21 }, (_, index) => index + 3)].map(String));
    const autumn = places("hour", "Europe/Berlin", "2026-10-24T22:00Z", "2026-10-25T23:00Z", "day");
    expect(autumn.filter((place) => place === "0:2")).toHaveLength(2);
    expect(autumn).toHaveLength(25);
    expect(new Set(places("day", "Europe/Berlin", "2026-10-18T22:00Z", "2026-11-01T23:00Z", "week"))).toEqual(
      new Set([0, 1].flatMap((week) => [0, 1, 2, 3, 4, 5, 6].map((day) => `${week}:${day}`))),
    );
  });

  it("gives an hour that begins where clocks jump half an hour the place of its hour", () => {
    const jump = places("hour", "Australia/Lord_Howe", "2026-10-03T15:00Z", "2026-10-03T17:00Z", "day");
    expect(jump.every((place) => /^\d+:\d+$/.test(place))).toBe(true);
  });

  it("counts weeks as ISO 8601 does, from the year of their Thursday", () => {
    expect(places("week", "UTC", "2026-12-21T00:00Z", "2027-01-11T00:00Z", "year")).toEqual(["0:51", "0:52", "1:0"]);
    expect(places("month", "America/New_York", "2026-11-01T04:00Z", "2027-02-01T05:00Z", "year")).toEqual(["0:10", "0:11", "1:0"]);
  });
});
