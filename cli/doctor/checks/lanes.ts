import type { LaneStatus } from "../../../ingest/index.ts";
import type { StreamFacts } from "../../../jetstream/index.ts";
import { plural, showNumber, showSeconds } from "../../output/numbers.ts";
import type { Facts } from "../facts.ts";
import { given, type Finding } from "../finding.ts";

/** Whether each lane is read, and what NATS, the checkpoint and the ledger say of it agrees. */
export function checkLanes({ lanes, nats }: Facts): readonly Finding[] {
  return given(lanes, { area: "lanes", name: "lanes" }, (all) =>
    all
      .filter(({ state }) => state !== "stream-missing")
      .flatMap((lane) => {
        const stream = "value" in nats ? nats.value.streams.find((each) => each?.name === lane.stream) : undefined;
        return [reader(lane), agreement(lane, stream)];
      }),
  );
}

function reader({ beatSeconds = 0, owner, reason, state, stream }: LaneStatus): Finding {
  const about = { area: "lanes", name: `${stream} is read` } as const;
  const why = reason === undefined ? "" : `: ${reason.replace(/\.$/, "")}`;
  switch (state) {
    case "unclaimed":
      return { ...about, status: "warn", sentence: "No worker reads it.", fix: "hydrograph ingest" };
    case "stale":
      return {
        ...about,
        status: "warn",
        sentence: `Its worker ${owner} was last heard of ${showSeconds(beatSeconds)} ago: it is dead or cut off.`,
        fix: "hydrograph ingest",
      };
    case "paused":
      return {
        ...about,
        status: "fail",
        sentence: `Its worker is paused until somebody acts${why}.`,
        fix: "see the reason; it goes on by itself",
      };
    case "retrying":
    case "slowed":
      return { ...about, status: "warn", sentence: `Its worker is ${state}${why}.`, fix: "see the reason; it goes on by itself" };
    default:
      return { ...about, status: "ok", sentence: `It is read by ${owner}, which is ${state}.` };
  }
}

/** A row of the ledger is written before the checkpoint moves, so the ledger is never behind, and neither is ahead of the stream. */
function agreement({ checkpointed = 0, committed, stream: name }: LaneStatus, stream: StreamFacts | undefined): Finding {
  const about = { area: "lanes", name: `${name} adds up` } as const;
  if (committed === undefined || !stream)
    return { ...about, status: "unknown", sentence: "It is not known: NATS and ClickHouse must both be asked." };
  if (checkpointed > committed) {
    const sentence = `ClickHouse knows ${plural(checkpointed - committed, "sequence")} less than were committed: it was restored, or lost data.`;
    return { ...about, status: "fail", sentence, fix: "restart its worker: what is lacking is read again; then hydrograph verify" };
  }
  if (stream.lastSeq < committed) {
    const sentence = `The stream ends at ${showNumber(stream.lastSeq)}, and ${showNumber(committed)} was ingested: NATS was restored, or lost acknowledged messages, and uses their sequences again.`;
    return { ...about, status: "fail", sentence, fix: 'stop the producers, and see "The stream lost its end" in docs/operations.md' };
  }
  if (stream.firstSeq > committed + 1) {
    const sentence = `The stream begins at ${showNumber(stream.firstSeq)}, and ingest stands at ${showNumber(committed)}: ${plural(stream.firstSeq - committed - 1, "message")} left it before being read.`;
    return { ...about, status: "fail", sentence, fix: "see what deletes from the stream; the ledger will count them as missing" };
  }
  return {
    ...about,
    status: "ok",
    sentence: `Stream, checkpoint and ledger agree: ${showNumber(committed)} of ${showNumber(stream.lastSeq)} are in.`,
  };
}
