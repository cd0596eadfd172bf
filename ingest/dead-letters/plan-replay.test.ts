import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRefusal, NO_FIELDS, refuse, type DecodedEvent, type Refusal } from "../decode/outcome.ts";
import { spanOf } from "../decode/span.ts";
import { planReplay, type MessageState } from "./plan-replay.ts";

const event = (idx: number): DecodedEvent => ({
  idx,
  time: 1,
  knownAt: 1,
  id: spanOf(`e${idx}`),
  type: spanOf("note"),
  source: spanOf("test"),
  subject: spanOf(""),
  version: 0,
  data: NO_FIELDS,
  enriched: NO_FIELDS,
});
const refusal = (idx: number): Refusal => refuse(idx, "missing-attribute", "attribute id is missing");
const state = (letters: number[], rows: number[], wanted = letters): MessageState => ({
  seq: 7,
  storedAt: 1,
  letters: new Set(letters),
  wanted: new Set(wanted),
  rows: new Set(rows),
});
const places = (plan: ReturnType<typeof planReplay>): unknown => [
  plan.ready.map(({ events, idx }) => [idx, events.map((each) => each.idx)]),
  plan.refused.map(({ idx }) => idx),
];

describe("planReplay", () => {
  it("takes the events of wanted letters, and leaves what is in, what nobody asked for and what still fails", () => {
    const outcomes = [event(0), event(1), refusal(2), event(3)];
    expect(places(planReplay(state([1, 2, 3], [0]), outcomes))).toEqual([
      [
        [1, [1]],
        [3, [3]],
      ],
      [2],
    ]);
    expect(places(planReplay(state([1, 2, 3], [0, 1], [1, 3]), outcomes))).toEqual([[[3, [3]]], []]);
  });

  it("takes all events for a letter that stood for the whole message, or none", () => {
    expect(places(planReplay(state([0], []), [event(0), event(1), event(2)]))).toEqual([[[0, [0, 1, 2]]], []]);
    expect(places(planReplay(state([0], []), [event(0), refusal(1), event(2)]))).toEqual([[], [0]]);
  });

  it("tells a letter at 0 of a message whose other events are in from one that stands for the whole", () => {
    expect(places(planReplay(state([0], [1, 2]), [event(0), event(1), event(2)]))).toEqual([[[0, [0]]], []]);
  });

  it("leaves letters open whose message fails as a whole today, or holds no such event", () => {
    expect(places(planReplay(state([1, 2], [0]), [refusal(0)]))).toEqual([[], [1, 2]]);
    expect(planReplay(state([5], [0]), [event(0)]).refused).toMatchObject([{ idx: 5, reason: "not-a-cloudevent" }]);
  });

  it("inserts nothing that is in, and accounts for every letter wanted, whatever the message", () => {
    const seed = Date.now();
    const message = fc.array(fc.record({ fails: fc.boolean(), was: fc.constantFrom("row", "letter", "wanted", "nowhere") }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(message, (events) => {
        const at = (...kinds: string[]): number[] => events.flatMap(({ was }, idx) => (kinds.includes(was) ? [idx] : []));
        const before = state(at("letter", "wanted"), at("row"), at("wanted"));
        const plan = planReplay(
          before,
          events.map(({ fails }, idx) => (fails ? refusal(idx) : event(idx))),
        );
        const inserted = plan.ready.flatMap((letter) => letter.events.map(({ idx }) => idx));
        expect(inserted.filter((idx) => before.rows.has(idx) || events[idx]?.fails)).toEqual([]);
        expect(new Set(inserted).size).toBe(inserted.length);
        const settled = [...plan.ready, ...plan.refused].map(({ idx }) => idx).sort((one, other) => one - other);
        expect(settled).toEqual([...before.wanted]);
        expect(plan.refused.every(isRefusal)).toBe(true);
      }),
      { seed },
    );
  });
});
