import { Dice } from "./dice.ts";
import type { Shop } from "./shop.ts";
import { visitsBetween, type Visit } from "./traffic.ts";
import { LONGEST_VISIT, visitEvents, visitKey, type Draft } from "./visit-events.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** Publications wait in slices of this length until no earlier one can come. */
const SLICE = 600 * SECOND;

/** When a late event is known at the latest, after it happened. */
const LATEST = 72 * HOUR;
/** When a duplicate comes at the latest, after the first copy. */
const LATEST_DUPLICATE = 600 * SECOND;
/** No event of a visit is published later than this after the visit began, in milliseconds. */
export const LONGEST_WAY = LONGEST_VISIT + LATEST + LATEST_DUPLICATE;

/** An event's way into the log; all in milliseconds since 1970. */
export interface Delivery {
  /** Knowledge time, and when the event is published. */
  readonly recorded: number;
  /** When it is published once more, if it is. */
  readonly again?: number;
}

/** One message on its way: the `index`-th event of a visit. */
export interface Publication {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly recorded: number;
  readonly id: string;
  readonly subject: string;
  readonly draft: Draft;
}

/** When each event of a visit is published, in the order of its drafts; depends on the shop and the visit only. */
export function deliveries(shop: Shop, visit: Visit, drafts: readonly Draft[]): Delivery[] {
  const dice = new Dice(shop.seed, visit.day, visit.number + 0x20000000);
  return drafts.map(({ time }) => {
    const recorded = time + delay(shop, dice);
    if (!dice.chance(shop.disorder.duplicates)) return { recorded };
    return { recorded, again: recorded + Math.floor(dice.between(SECOND, LATEST_DUPLICATE)) };
  });
}

function delay({ disorder }: Shop, dice: Dice): number {
  const luck = dice.next();
  if (luck < disorder.late) return Math.floor(HOUR * (LATEST / HOUR) ** dice.next());
  if (luck < disorder.late + disorder.outOfOrder) return Math.floor(dice.between(2 * SECOND, 120 * SECOND));
  return Math.floor(dice.between(20, 500));
}

/**
 * The log of the shop in [from, to) of publish time (milliseconds since 1970; `to` may be Infinity), in publish order. Any stretch comes out as
 * the same slice of the whole, because it looks back over all visits that can reach into it; `since` shortens that look back for a log
 * that begins there.
 */
export function* publications(shop: Shop, from: number, to: number, since = from - LONGEST_WAY): Generator<Publication> {
  const waiting = new Map<number, Publication[]>();
  let slice = Math.floor(from / SLICE);
  for (const visit of visitsBetween(shop, since, to)) {
    for (; (slice + 1) * SLICE <= visit.start; slice += 1) yield* inOrder(waiting, slice);
    for (const publication of publish(shop, visit)) {
      if (publication.at < from || publication.at >= to) continue;
      const key = Math.floor(publication.at / SLICE);
      const queue = waiting.get(key);
      if (queue) queue.push(publication);
      else waiting.set(key, [publication]);
    }
  }
  for (const key of [...waiting.keys()].sort((a, b) => a - b)) yield* inOrder(waiting, key);
}

function publish(shop: Shop, visit: Visit): Publication[] {
  const { subject, drafts } = visitEvents(shop, visit);
  const key = visitKey(shop, visit);
  const messages: Publication[] = [];
  for (const [index, { recorded, again }] of deliveries(shop, visit, drafts).entries()) {
    const draft = drafts[index];
    if (!draft) continue;
    const message = { at: recorded, recorded, id: `${key}-${index}`, subject, draft };
    messages.push(message);
    if (again !== undefined) messages.push({ ...message, at: again });
  }
  return messages;
}

/** Ties stay in the order of visits, wherever the stretch began: `sort` is stable. */
function inOrder(waiting: Map<number, Publication[]>, slice: number): Publication[] {
  const queue = waiting.get(slice) ?? [];
  waiting.delete(slice);
  return queue.sort((a, b) => a.at - b.at);
}
