import type { Facts } from "../facts.ts";
import { given, type Finding } from "../finding.ts";

/** Clocks that are kept by NTP differ by less than 0.1 s. */
const TOLERATED_MS = 1_000;
const FIX = "keep the clocks of all machines by NTP (chrony, systemd-timesyncd)";

/** Whether the clocks agree: store times are those of NATS, lag and freshness compare them with a worker's. */
export function checkClocks({ clickhouse, nats }: Facts): readonly Finding[] {
  return [
    ...given(nats, { area: "clocks", name: "NATS" }, ({ streams }) => {
      const reading = streams.find((stream) => stream?.reading.ok)?.reading;
      const about = { area: "clocks", name: "NATS" } as const;
      return [
        reading?.ok ? judged(about, reading.clock) : { ...about, status: "unknown", sentence: "It is not known: no stream can be read." },
      ];
    }),
    ...given(clickhouse, { area: "clocks", name: "ClickHouse" }, (clock) => [judged({ area: "clocks", name: "ClickHouse" }, clock)]),
  ];
}

function judged(about: Pick<Finding, "area" | "name">, { aheadMs, withinMs }: { aheadMs: number; withinMs: number }): Finding {
  const apart = Math.abs(aheadMs);
  const within = `within ${Math.ceil(withinMs)} ms`;
  if (apart <= TOLERATED_MS + withinMs)
    return { ...about, status: "ok", sentence: `It agrees with this machine's clock (${Math.round(aheadMs)} ms, ${within}).` };
  const direction = aheadMs > 0 ? "ahead of" : "behind";
  const sentence = `It is ${(apart / 1_000).toFixed(1)} s ${direction} this machine's clock (${within}): lag, freshness and what counts as over are off by that.`;
  return { ...about, status: "warn", sentence, fix: FIX };
}
