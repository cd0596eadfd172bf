import { storedStreams, widestReplicas } from "../../../model/index.ts";
import type { StreamFacts } from "../../../jetstream/index.ts";
import { plural, showBytes, showSeconds } from "../../output/numbers.ts";
import type { Facts } from "../facts.ts";
import { given, type Finding } from "../finding.ts";
import { isAtLeast } from "./servers.ts";

/** Part of a stream's own limit from which on it is worth a word. */
const NEARLY_FULL = 0.8;

/** Whether each stream is the log that everything else relies on: it keeps all, on disk, and refuses what is sent twice. */
export function checkStreams({ nats, project }: Facts): readonly Finding[] {
  return given(nats, { area: "streams", name: "setup" }, ({ bucket, server, streams }) => {
    const declared = storedStreams(project.streams).map(({ name }) => name);
    const widest = widestReplicas(project);
    return [
      ...streams.flatMap((stream, index) =>
        stream
          ? [
              history(stream),
              setup(stream),
              durability(stream, server.version),
              repeats(stream),
              ...copies(stream, declared),
              ...room(stream),
            ]
          : [missing(declared[index] ?? "")],
      ),
      ...(bucket ? [checkpoints(bucket, widest)] : []),
    ];
  });
}

function missing(stream: string): Finding {
  const sentence = `There is no stream ${stream}: nothing can be published to it or read from it.`;
  return { area: "streams", name: `${stream} exists`, status: "fail", sentence, fix: "hydrograph migrate" };
}

function history({ dropping, keepsAll, name: stream }: StreamFacts): Finding {
  const about = { area: "streams", name: `${stream} keeps all` } as const;
  if (!keepsAll) {
    const sentence = `Stream ${stream} deletes messages once they are acknowledged: it is no log, and nothing can be replayed.`;
    return { ...about, status: "fail", sentence, fix: `make it anew with retention "limits": NATS changes that of no existing stream` };
  }
  if (dropping.length === 0) return { ...about, status: "ok", sentence: "It forgets nothing." };
  const sentence = `Stream ${stream} drops old messages (${dropping.join(", ")}): what is dropped can never be replayed, and is lost if it goes before it is read.`;
  return {
    ...about,
    status: "fail",
    sentence,
    fix: `nats stream edit ${stream} --discard=new --max-age=0 --max-msgs=-1 --max-bytes=-1 --max-msgs-per-subject=-1`,
  };
}

function setup({ lacking, name: stream }: StreamFacts): Finding {
  const about = { area: "streams", name: `${stream} setup` } as const;
  if (lacking.length === 0) return { ...about, status: "ok", sentence: "It is as the project says." };
  return { ...about, status: "warn", sentence: `It lacks ${lacking.join(" and ")}.`, fix: "hydrograph migrate" };
}

/** `sync_interval` came with nats-server 2.10; what it is set to is told to no client. */
const SYNC_SINCE = [2, 10] as const;

/** What an acknowledged message survives: a server acknowledges it when it is written, and tells the disk to keep it later. */
function durability({ name: stream, replicas, storage }: StreamFacts, version: string): Finding {
  const about = { area: "streams", name: `${stream} durability` } as const;
  if (storage === "memory") {
    const sentence = `It is held in memory${replicas > 1 ? " of several servers" : ""}: a restart of NATS loses it.`;
    return { ...about, status: "fail", sentence, fix: "make it anew with file storage: NATS changes that of no existing stream" };
  }
  if (replicas > 1)
    return { ...about, status: "ok", sentence: `It stands on ${replicas} servers: it survives the loss of a minority of them.` };
  const fix = `replicas: 3 for the stream in hydrograph.config.ts, in a NATS cluster; or nats-server 2.10 or newer with "sync_interval: always" in its jetstream block (some hundred messages/s)`;
  if (isAtLeast(version, SYNC_SINCE)) {
    const sentence =
      "One server holds it, and what its sync_interval is (2 minutes by default) NATS tells no client: a power loss may lose what it acknowledged since.";
    return { ...about, status: "unknown", sentence, fix };
  }
  const sentence = "One server holds it, and puts it safely on the disk every 2 minutes: a power loss may lose what it acknowledged since.";
  return { ...about, status: "warn", sentence, fix };
}

function repeats({ duplicateWindowMs, name: stream }: StreamFacts): Finding {
  const about = { area: "streams", name: `${stream} repetitions` } as const;
  if (duplicateWindowMs > 0)
    return { ...about, status: "ok", sentence: `An event sent again within ${showSeconds(duplicateWindowMs / 1_000)} is refused.` };
  const sentence = "It takes an event that is sent again a second time: a producer that did not hear the answer doubles it.";
  return {
    ...about,
    status: "warn",
    sentence,
    fix: `duplicateWindow: "2m" for the stream in hydrograph.config.ts, then hydrograph migrate`,
  };
}

function copies({ copies: others, name: stream }: StreamFacts, declared: readonly string[]): Finding[] {
  const twice = others.filter((other) => declared.includes(other));
  if (twice.length === 0) return [];
  const sentence = `It copies ${twice.join(" and ")}, which the project reads too: their events are counted twice.`;
  return [
    {
      area: "streams",
      name: `${stream} overlaps`,
      status: "fail",
      sentence,
      fix: `take ${stream} or ${twice.join(" and ")} out of "streams" in hydrograph.config.ts`,
    },
  ];
}

/** A log that is full refuses what is published. */
function room({ bytes, maxBytes, name: stream }: StreamFacts): Finding[] {
  if (maxBytes === undefined) return [];
  const about = { area: "streams", name: `${stream} room` } as const;
  const sentence = `It holds ${showBytes(bytes)} of the ${showBytes(maxBytes)} at which it refuses more.`;
  if (bytes < NEARLY_FULL * maxBytes) return [{ ...about, status: "ok", sentence }];
  return [{ ...about, status: "warn", sentence, fix: `nats stream edit ${stream} --max-bytes=-1` }];
}

function checkpoints({ name, replicas, storage }: { name: string; replicas: number; storage: string }, widest: number): Finding {
  const about = { area: "streams", name: "checkpoints" } as const;
  if (storage === "memory") {
    const sentence = `The bucket ${name} is held in memory: after a restart of NATS each lane goes on by its ledger, and two workers may meet for a moment.`;
    return {
      ...about,
      status: "warn",
      sentence,
      fix: `stop the workers, delete the bucket ("nats kv del ${name}"): the next worker makes it anew`,
    };
  }
  const standing = `The bucket ${name} stands on ${plural(replicas, "server")}`;
  if (replicas >= widest) return { ...about, status: "ok", sentence: `${standing}.` };
  return {
    ...about,
    status: "warn",
    sentence: `${standing}, the streams on ${widest}.`,
    fix: "restart a worker: it gives the bucket as many as the streams have",
  };
}
