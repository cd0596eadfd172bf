import { storedStreams } from "../../model/index.ts";
import type { StreamFacts } from "../../jetstream/index.ts";
import { showSeconds } from "../output/numbers.ts";
import { isAtLeast } from "./checks/servers.ts";
import type { Facts } from "./facts.ts";
import type { Known } from "./known.ts";

/** What is in force for one stream, in sentences: not what the settings say, but what follows from them for a message. */
export interface Guarantee {
  readonly stream: string;
  readonly exactlyOnce: "yes" | "no" | "unknown";
  readonly sentences: readonly string[];
}

/** Says for each stream what is promised of its messages as things are now. */
export function guaranteesOf(facts: Facts): readonly Guarantee[] {
  return storedStreams(facts.project.streams).map(({ name }, index) => {
    const stream: Known<StreamFacts | undefined> = "value" in facts.nats ? { value: facts.nats.value.streams[index] } : facts.nats;
    const { exactlyOnce, sentence } = delivery(stream, facts);
    return { stream: name, exactlyOnce, sentences: [sentence, ...survival(stream, facts), ...rows(facts), ...repetitions(stream)] };
  });
}

function delivery(stream: Known<StreamFacts | undefined>, facts: Facts): Pick<Guarantee, "exactlyOnce"> & { sentence: string } {
  const broken = [...brokenByStream(stream), ...brokenByTables(facts)];
  if (broken.length > 0) return { exactlyOnce: "no", sentence: `Not exactly once: ${broken.join("; ")}.` };
  const unseen = [stream, facts.tables, facts.inserts].some((fact) => !("value" in fact)) ? ["not every server could be asked"] : [];
  const opaque = tablesOf(facts).filter(({ window }) => !window);
  const doubts = [...unseen, ...opaque.map(({ name }) => `nobody can see whether ${name} drops a repeated insert`)];
  if (doubts.length > 0) return { exactlyOnce: "unknown", sentence: `Not known to be exactly once: ${doubts.join("; ")}.` };
  return {
    exactlyOnce: "yes",
    sentence: "Exactly once from JetStream to ClickHouse: into the tables, and through every view behind them.",
  };
}

function brokenByStream(stream: Known<StreamFacts | undefined>): string[] {
  if (!("value" in stream)) return [];
  const { value } = stream;
  if (!value) return ["there is no such stream"];
  return [
    ...(value.keepsAll ? [] : ["the stream deletes what is acknowledged"]),
    ...(value.dropping.length > 0 ? ["the stream may drop messages before they are read"] : []),
    ...(value.reading.ok ? [] : ["the stream cannot be read"]),
  ];
}

function brokenByTables(facts: Facts): string[] {
  const refused = "value" in facts.inserts ? facts.inserts.value.filter(({ failure }) => failure) : [];
  return [
    ...tablesOf(facts).flatMap(({ name, window }) => (window?.inserts === 0 ? [`${name} takes a repeated insert twice`] : [])),
    ...refused.map(({ table }) => `inserts into ${table} are refused`),
  ];
}

function tablesOf({ tables }: Facts): Extract<Facts["tables"], { value: unknown }>["value"] {
  return "value" in tables ? tables.value : [];
}

const POWER = "because NATS acknowledges a message when it is written and has the disk keep it later";

function survival(stream: Known<StreamFacts | undefined>, { nats }: Facts): string[] {
  if (!("value" in stream)) return ["What an acknowledged message survives is not known, as NATS could not be asked."];
  if (!stream.value || !("value" in nats)) return [];
  const { replicas, storage } = stream.value;
  if (storage === "memory") return ["An acknowledged message does not survive a restart of NATS, because the stream is held in memory."];
  const alone = "An acknowledged message survives a crash of the NATS process";
  if (replicas > 1)
    return [
      `${alone}, and the loss of ${Math.floor((replicas - 1) / 2)} of its ${replicas} servers; not a power loss of most of them at once, ${POWER}.`,
    ];
  if (isAtLeast(nats.value.server.version, [2, 10]))
    return [`${alone}; a power loss of its machine only if its sync_interval is "always", which NATS tells no client.`];
  return [`${alone}, not a power loss of its machine, ${POWER} (every 2 minutes).`];
}

function rows(facts: Facts): string[] {
  const bases = tablesOf(facts).filter(({ views }) => views.length === 0);
  if (bases.length === 0) return [];
  const alone = "A row survives a crash of ClickHouse";
  return bases.every(({ fsync }) => fsync)
    ? [`${alone}, and a power loss of its machine.`]
    : [
        `${alone}, not a power loss of its machine, because fsync_after_insert is 0; "hydrograph verify" finds what is lost, and the log still has it.`,
      ];
}

function repetitions(stream: Known<StreamFacts | undefined>): string[] {
  if (!("value" in stream) || !stream.value) return [];
  const { duplicateWindowMs } = stream.value;
  return [
    duplicateWindowMs > 0
      ? `What a producer sends again with the same id within ${showSeconds(duplicateWindowMs / 1_000)} is refused; later it is another message.`
      : "What a producer sends again is another message.",
  ];
}
