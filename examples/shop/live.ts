// Runs the shop: publishes what happened since it last ran, then each event in its moment, until it is stopped: node dist/examples/shop/live.js --days 7 --rate 1
import { parseArgs } from "node:util";
import { connectJetStream, eventMessage, type JetStream } from "hydrograph";
import project from "./hydrograph.config.ts";
import { liveShopEvents } from "./shop-events.ts";

const HELP = `Runs a made-up web shop: publishes CloudEvents to NATS as they happen, until it is stopped.
A shop that starts anew has a history of some days; one that was stopped goes on with what happened meanwhile, and publishes nothing twice.

  node dist/examples/shop/live.js [--days 7] [--rate 1] [--seed 1]

  --days  length of the history (default 7)
  --rate  events a second, on average over a week (default 1); another rate is another shop
  --seed  another whole number is another shop (default 1)

NATS is where HYDROGRAPH_NATS_URL says (default nats://127.0.0.1:4222), with HYDROGRAPH_NATS_USER and HYDROGRAPH_NATS_PASSWORD.
`;
const DAY_MS = 86_400_000;
/** Messages at the end of the log among which the youngest event is looked for: behind it come at most the late and the repeated ones of a moment. */
const LAST_MESSAGES = 1_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      days: { type: "string", default: "7" },
      rate: { type: "string", default: "1" },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [days, rate, seed] = [Number(values.days), Number(values.rate), Number(values.seed)];
  if (!(days > 0)) throw new RangeError("--days must be above zero.");
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const jetstream = await connectJetStream(natsAddress());
  try {
    await jetstream.ensureStreams(project.streams);
    const last = await lastPublished(jetstream, stop.signal);
    const from = last === undefined ? new Date(Date.now() - days * DAY_MS) : new Date(last + 1);
    process.stdout.write(`The shop ${last === undefined ? "begins on" : "goes on from"} ${from.toISOString()}.\n`);
    const messages = async function* (): AsyncGenerator<ReturnType<typeof eventMessage>> {
      for await (const event of liveShopEvents({ seed, rate, from, signal: stop.signal })) yield eventMessage(project, event);
    };
    const { failed, firstFailure, published } = await jetstream.publish(messages());
    process.stdout.write(`Published ${published} events.\n`);
    if (failed > 0) throw new Error(firstFailure ?? `${failed} events could not be published.`);
  } finally {
    await jetstream.close();
  }
}

function natsAddress(): Parameters<typeof connectJetStream>[0] {
  const {
    HYDROGRAPH_NATS_PASSWORD: password,
    HYDROGRAPH_NATS_URL: url = "nats://127.0.0.1:4222",
    HYDROGRAPH_NATS_USER: user,
  } = process.env;
  return { url, ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
}

/** When the shop last published, in milliseconds since 1970; undefined if its stream is empty. An event bears the moment of its first publication. */
async function lastPublished(jetstream: JetStream, signal: AbortSignal): Promise<number | undefined> {
  const [stream] = project.streams;
  const state = stream && (await jetstream.streamState(stream.name));
  if (!state || state.lastSeq === 0) return undefined;
  let last: number | undefined;
  await jetstream.readRange({
    stream: stream.name,
    epoch: state.epoch,
    first: Math.max(1, state.lastSeq - LAST_MESSAGES + 1),
    last: state.lastSeq,
    onMessage: ({ payload }) => {
      const { recordedtime } = JSON.parse(payload.toString()) as { readonly recordedtime: string };
      last = Math.max(last ?? 0, Date.parse(recordedtime));
    },
    signal,
  });
  return last;
}

main().catch((error: unknown) => {
  console.error(`shop: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
