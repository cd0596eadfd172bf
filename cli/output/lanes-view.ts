import type { LaneStatus } from "../../ingest/index.ts";
import { showNumber, showSeconds } from "./numbers.ts";
import { table } from "./table.ts";

const UNKNOWN = "unknown";

/** The lanes of a project for reading: a line each, and below it why a lane is not as it should be. */
export function lanesView(lanes: readonly LaneStatus[]): string {
  const right = "right" as const;
  const columns = [
    { title: "stream" },
    { title: "state" },
    { title: "last", align: right },
    { title: "committed", align: right },
    { title: "behind", align: right },
    { title: "oldest waiting", align: right },
    { title: "per second", align: right },
    { title: "read by" },
  ];
  const rows = lanes.map((lane) => [
    lane.stream,
    lane.state,
    numberOrUnknown(lane.lastSeq),
    numberOrUnknown(lane.committed),
    numberOrUnknown(lane.lagMessages),
    lane.lagMessages === 0 ? "–" : lane.lagSeconds === undefined ? UNKNOWN : showSeconds(lane.lagSeconds),
    lane.rate === undefined ? UNKNOWN : showNumber(lane.rate < 10 ? Math.round(lane.rate * 10) / 10 : Math.round(lane.rate)),
    readerOf(lane),
  ]);
  const reasons = lanes.flatMap(({ reason, state, stream }) => (reason === undefined ? [] : [`\n${stream} is ${state}: ${reason}\n`]));
  return table(columns, rows) + reasons.join("");
}

/** Who reads a lane; a claim that is not renewed is shown with its age, since its owner may be dead. */
function readerOf({ beatSeconds = 0, owner, state }: LaneStatus): string {
  if (state === "stream-missing") return "there is no such stream";
  if (owner === undefined) return "nobody";
  const beat = `${showSeconds(beatSeconds)} ago`;
  return state === "stale" ? `${owner} (last heard of ${beat})` : `${owner} (heard of ${beat})`;
}

function numberOrUnknown(value: number | undefined): string {
  return value === undefined ? UNKNOWN : showNumber(value);
}
