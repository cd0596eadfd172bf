import type { CloudEvent } from "hydrograph";
import { Dice } from "../shop/dice.ts";

/** An event of the market, as published. Prices are in euros, to the cent. */
export type MarketEvent = Placed<"market.quoted", { readonly bid: number; readonly ask: number }> | Placed<"market.traded", Trade>;

/** What the `data` of a trade holds. */
interface Trade {
  readonly price: number;
  readonly size: number;
  /** Who was in a hurry: a buyer pays the ask, a seller gets the bid. */
  readonly side: "buy" | "sell";
}

type Placed<Type extends string, Data> = CloudEvent<Type, Data> & { readonly subject: string; readonly time: string; readonly data: Data };

/** Which market, and how much of it. */
export interface MarketOptions {
  /** Another whole number is another market. Default 1. */
  readonly seed?: number;
  /** Length of the history. Default 5. */
  readonly days?: number;
  /** End of the history. */
  readonly until: Date;
}

const SHARES = [
  { name: "ACME", cents: 4_200 },
  { name: "GLOBEX", cents: 11_850 },
  { name: "INITECH", cents: 730 },
] as const;
const DAY = 86_400_000;
const OPENS = 8 * 3_600_000;
const CLOSES = 16.5 * 3_600_000;

/**
 * Quotes and trades of a made-up exchange, by time: from 8:00 to 16:30 UTC of working days each share is quoted every 20 seconds or so, its price a random walk; after two quotes in five somebody buys at
 * the ask or sells at the bid, often in the very millisecond of the quote. The same options give the same events.
 */
export function* marketEvents({ days = 5, seed = 1, until }: MarketOptions): Generator<MarketEvent> {
  const dice = new Dice(seed, 0, -4);
  const end = until.getTime();
  const begin = end - days * DAY;
  const walks = SHARES.map(({ cents, name }) => ({ name, cents: cents as number }));
  let number = 0;
  for (let time = nextOpen(begin); time < end; time = nextOpen(time + Math.floor(dice.between(1_000, 12_000)))) {
    const walk = walks[Math.floor(dice.next() * walks.length)];
    if (!walk) continue;
    walk.cents = Math.max(100, walk.cents + Math.round((dice.next() - 0.5) * walk.cents * 0.002));
    const spread = 1 + Math.floor(dice.next() * 4);
    const [bid, ask] = [walk.cents / 100, (walk.cents + spread) / 100];
    number += 1;
    const base = { specversion: "1.0", source: "exchange", subject: walk.name } as const;
    yield { ...base, id: `${seed}-q${number}`, type: "market.quoted", time: timeOf(time), data: { bid, ask } };
    if (!dice.chance(0.4)) continue;
    const side = dice.chance(0.5) ? "buy" : "sell";
    const at = time + (dice.chance(0.3) ? 0 : Math.floor(dice.between(1, 900)));
    const size = 10 * (1 + Math.floor(40 * dice.next() ** 3));
    if (at < end)
      yield {
        ...base,
        id: `${seed}-t${number}`,
        type: "market.traded",
        time: timeOf(at),
        data: { price: side === "buy" ? ask : bid, size, side },
      };
  }
}

/** The moment itself if the exchange is open, else when it opens next. */
function nextOpen(time: number): number {
  const intoDay = time % DAY;
  if (intoDay >= OPENS && intoDay < CLOSES && !isWeekend(time)) return time;
  const day = Math.floor(time / DAY) + (intoDay < OPENS ? 0 : 1);
  const working = [0, 1, 2].map((more) => (day + more) * DAY).find((start) => !isWeekend(start)) ?? day * DAY;
  return working + OPENS;
}

function isWeekend(time: number): boolean {
  return [0, 6].includes(new Date(time).getUTCDay());
}

function timeOf(time: number): string {
  return new Date(time).toISOString();
}
