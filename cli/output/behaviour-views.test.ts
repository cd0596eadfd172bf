import { tableFromIPC } from "apache-arrow";
import { describe, expect, it } from "vitest";
import type { FunnelAnswer, FunnelGroup, LifecycleAnswer, PathsAnswer, RetentionAnswer, SessionsAnswer } from "../../queries/index.ts";
import { bar } from "./bar.ts";
import { answerArrow, answerCsv } from "./answer-file.ts";
import { funnelView } from "./funnel-view.ts";
import { lifecycleView } from "./lifecycle-view.ts";
import { pathsView } from "./paths-view.ts";
import { retentionView } from "./retention-view.ts";
import { sessionsView } from "./sessions-view.ts";

const terminal = { paint: (_style: string, text: string) => text, width: 60 };
const day = (number: number): Date => new Date(Date.UTC(2025, 10, number));
const common = { entity: "subject", from: day(1), to: day(4), timezone: "UTC", watermark: { SHOP: { epoch: 1, seq: 1_200 } } };

function group(value: string | null, first: number, second: number, open = 0): FunnelGroup {
  const time = second === 0 ? null : { median: 90, p90: 120 };
  return {
    group: value === null ? {} : { country: value },
    steps: [
      { step: 1, event: "seen", entities: first, ofFirst: 1, ofPrevious: 1, fromPrevious: null, fromFirst: null },
      {
        step: 2,
        event: "bought",
        entities: second,
        ofFirst: second / first,
        ofPrevious: second / first,
        fromPrevious: time,
        fromFirst: time,
      },
    ],
    open,
  };
}

const funnel = (by: string | null, groups: FunnelGroup[]): FunnelAnswer => ({ ...common, window: "7d", by, groups });
const period = (number: number, state: "final" | "open" = "final"): { start: Date; end: Date; state: "final" | "open" } => ({
  start: day(number),
  end: day(number + 1),
  state,
});
const retained: RetentionAnswer = {
  ...common,
  first: "seen",
  returning: "bought",
  period: "day",
  cohort: "first",
  cohorts: [
    { ...period(1), size: 4, returned: [4, 2, 1] },
    { ...period(2), size: 0, returned: [0, 0] },
    { ...period(3, "open"), size: 8, returned: [8] },
  ],
};
const lived: LifecycleAnswer = {
  ...common,
  events: ["seen"],
  period: "day",
  rows: [
    { ...period(1), new: 4, returning: 0, resurrecting: 0, dormant: 0 },
    { ...period(2), new: 1, returning: 2, resurrecting: 1, dormant: 2 },
    { ...period(3, "open"), new: 0, returning: 0, resurrecting: 0, dormant: 4 },
  ],
};

describe("a view of behaviour", () => {
  it("shows a funnel's steps with shares and times, and who may still go on", () => {
    expect(funnelView(funnel(null, [group(null, 8, 2, 3)]), terminal).split("\n")).toEqual([
      "funnel   2 steps within 7d, entity subject, 2025-11-01 00:00 to 2025-11-04 00:00 UTC",
      "",
      "step                                entities  of first  of previous  median      p90",
      "────────  ────────────────────────  ────────  ────────  ───────────  ──────  ───────",
      "1 seen    ████████████████████████         8    100.0%",
      "2 bought  ██████                           2     25.0%        25.0%    90 s  2 m 0 s",
      "",
      "3 entities may still go on: the window is not over, or not all of it is ingested",
      "as of SHOP 1,200",
      "",
    ]);
  });

  it("shows a row a group of a funnel, and that nobody entered", () => {
    const view = funnelView(funnel("country", [group("DE\u001B", 8, 2), group("AT", 4, 0)]), terminal);
    expect(view).toContain("country  1 seen  2 bought  of first\n");
    expect(view).toContain("DE·           8         2     25.0%\n");
    expect(view).toContain("AT            4         0      0.0%\n");
    expect(funnelView(funnel("country", []), terminal)).toContain("Nobody entered in this range.");
  });

  it("shows cohorts as a triangle, marks what is open, and leaves it out of the whole", () => {
    const view = retentionView(retained, terminal);
    expect(view).toContain("2025-11-01         4   100.0%  50.0%  ~25.0%\n");
    expect(view).toContain("2025-11-02         0        –     ~–\n");
    expect(view).toContain("2025-11-03         8  ~100.0%\n");
    expect(view).toContain("all               12   100.0%  50.0%       –\n");
    expect(retentionView(retained, { ...terminal, width: 40 })).not.toContain("not shown");
  });

  it("draws who went and who was there on two sides of a line", () => {
    const view = lifecycleView(lived, terminal);
    expect(view).toContain(`${" ".repeat(20)}│${"█".repeat(20)}\n`);
    expect(view).toContain(`${" ".repeat(10)}${"░".repeat(10)}│${"█".repeat(5)}${"▓".repeat(10)}${"▒".repeat(5)}\n`);
    expect(view).toContain(`2025-11-03 ~    0          0             0        4  ${"░".repeat(20)}│\n`);
  });

  it("shows how sessions are spread", () => {
    const spread = { median: 60, mean: 70.5, p90: 120, max: 300 };
    const answer: SessionsAnswer = {
      ...common,
      events: ["seen"],
      gap: "30m",
      sessions: 4,
      entities: 1,
      eventCount: 9,
      open: 1,
      length: spread,
      depth: { median: 2, mean: 2.25, p90: 3, max: 3 },
      lengths: [
        { from: 0, below: 10, sessions: 3 },
        { from: 10, below: null, sessions: 1 },
      ],
      depths: [
        { from: 1, below: 2, sessions: 0 },
        { from: 3, below: 6, sessions: 4 },
        { from: 51, below: null, sessions: 0 },
      ],
    };
    const view = sessionsView(answer, terminal);
    expect(view).toContain("4 sessions of 1 entity, 9 events\n");
    expect(view).toContain("length    60 s  71 s  2 m 0 s  5 m 0 s\n");
    expect(view).toContain(`   under 10 s         3  75.0%  ${"█".repeat(30)}\n`);
    expect(view).toMatch(/ 3–5 +4 +100\.0% +█{30}\n/);
    expect(view).toContain("1 session may still go on\n");
    expect(sessionsView({ ...answer, length: null, depth: null }, terminal)).toContain("No sessions begin in this range.");
    expect(answerCsv(answer)).toBe("of,from,below,sessions\nlength,0,10,3\nlength,10,,1\ndepth,1,2,0\ndepth,3,6,4\ndepth,51,,0\n");
  });

  it("shows paths, and how many it does not list", () => {
    const answer: PathsAnswer = {
      ...common,
      events: ["a", "b"],
      length: 2,
      gap: "30m",
      collapse: true,
      total: 8,
      different: 3,
      paths: [{ path: ["a", "b"], count: 6, entities: 2, share: 0.75 }],
    };
    const view = pathsView(answer, terminal);
    expect(view).toContain("paths of 2   8 paths, 3 different within sessions 30m apart, repetitions as one, entity subject");
    expect(view).toContain("    6  75.0%         2  a → b\n… and 2 less frequent paths: --limit lists more.\n");
    expect(answerCsv(answer)).toBe("step_1,step_2,count,share,entities\na,b,6,0.75,2\n");
    expect(pathsView({ ...answer, different: 0, paths: [] }, terminal)).toContain("No paths in this range.");
  });
});

describe("an answer as a file", () => {
  it("has a row for each step of each group", () => {
    expect(answerCsv(funnel("country", [group("DE, AT", 8, 2, 1)]))).toBe(
      "country,step,event,entities,of_first,of_previous,median_from_previous,p90_from_previous,median_from_first,p90_from_first,open\n" +
        '"DE, AT",1,seen,8,1,1,,,,,1\n"DE, AT",2,bought,2,0.25,0.25,90,120,90,120,1\n',
    );
  });

  it("has a row for each cell of the cohorts, and for each period of a life", async () => {
    expect(answerCsv(retained).split("\n").slice(0, 4)).toEqual([
      "start,end,entities,period,returned,share,state",
      "2025-11-01T00:00:00.000Z,2025-11-02T00:00:00.000Z,4,0,4,1,final",
      "2025-11-01T00:00:00.000Z,2025-11-02T00:00:00.000Z,4,1,2,0.5,final",
      "2025-11-01T00:00:00.000Z,2025-11-02T00:00:00.000Z,4,2,1,0.25,open",
    ]);
    const table = tableFromIPC(await answerArrow(lived));
    expect(table.schema.fields.map(({ name, type }) => `${name} ${String(type)}`)).toEqual([
      "start Timestamp<MILLISECOND, UTC>",
      "end Timestamp<MILLISECOND, UTC>",
      "state Dictionary<Int32, Utf8>",
      ...["new", "returning", "resurrecting", "dormant"].map((name) => `${name} Float64`),
    ]);
    expect(table.getChild("dormant")?.toJSON()).toEqual([0, 2, 4]);
  });
});

describe("bar", () => {
  it("is as long as its value, and never nothing for something", () => {
    expect([bar(0, 8, 4), bar(8, 8, 4), bar(5, 8, 4), bar(0.001, 8, 4), bar(1, 0, 4)]).toEqual(["", "████", "██▌", "▏", ""]);
  });
});
