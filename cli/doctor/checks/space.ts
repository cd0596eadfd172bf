import { showBytes } from "../../output/numbers.ts";
import type { Facts } from "../facts.ts";
import { given, type Finding } from "../finding.ts";

/** Parts of a disk that are left when it is time to act, and when it is nearly too late. */
const LITTLE = 0.1;
const ALMOST_NONE = 0.02;

/** Whether there is room for what comes. */
export function checkSpace({ disks, nats }: Facts): readonly Finding[] {
  return [
    ...given(disks, { area: "ClickHouse", name: "disk" }, (all) =>
      all.map(({ free, name, total }) => {
        const about = { area: "ClickHouse", name: `disk ${name}` } as const;
        return { ...about, ...room(free, total), sentence: `${showBytes(free)} of ${showBytes(total)} are free.` };
      }),
    ),
    ...given(nats, { area: "NATS", name: "storage" }, ({ server: { storage } }): readonly Finding[] => {
      const about = { area: "NATS", name: "storage" } as const;
      const { limit, used } = storage;
      if (limit !== undefined) {
        const sentence = `The account holds ${showBytes(used)} of the ${showBytes(limit)} that it may store.`;
        return [{ ...about, ...room(limit - used, limit), sentence }];
      }
      const sentence = `The account holds ${showBytes(used)} and has no limit; how much its disk still takes NATS tells no client.`;
      return [{ ...about, status: "unknown", sentence, fix: "watch the disk of NATS's store_dir: full, it refuses what is published" }];
    }),
  ];
}

function room(free: number, total: number): Pick<Finding, "status" | "fix"> {
  const part = free / total;
  if (part >= LITTLE) return { status: "ok" };
  return { status: part < ALMOST_NONE ? "fail" : "warn", fix: "make room: a full disk stops ingest, and loses nothing" };
}
