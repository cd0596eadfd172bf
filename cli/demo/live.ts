import { liveShopEvents } from "../../examples/shop/index.ts";
import type { ClickHouse } from "../../clickhouse/index.ts";
import { eventMessage, type JetStream, type OutgoingMessage } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import { plural, showNumber } from "../output/numbers.ts";
import type { Terminal } from "../output/terminal.ts";
import { startWorker, type Worker } from "../worker.ts";

/** Events a second of the living shop. */
const RATE = 20;
const TERMINAL_MS = 500;
const LINE_MS = 10_000;

/** Keeps the shop alive: publishes events as they happen and ingests them, with a line of how it goes, until the signal. */
export async function runLive(options: {
  readonly project: Project;
  readonly jetstream: JetStream;
  readonly clickhouse: ClickHouse;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { jetstream, project, signal, terminal } = options;
  const worker = await startWorker({ ...options, logLevel: "warn" });
  let published = 0;
  const messages = async function* (): AsyncGenerator<OutgoingMessage> {
    for await (const event of liveShopEvents({ rate: RATE, signal })) {
      published += 1;
      yield eventMessage(project, event);
    }
  };
  const timer = setInterval(() => void showStatus(worker, published, terminal), terminal.interactive ? TERMINAL_MS : LINE_MS);
  try {
    await Promise.all([jetstream.publish(messages()), worker.done]);
  } finally {
    clearInterval(timer);
  }
}

async function showStatus(worker: Worker, published: number, terminal: Terminal): Promise<void> {
  const { rows, lag } = await worker.totals();
  const behind = lag === undefined ? "unknown" : showNumber(lag);
  const line = `live: ${plural(published, "event")} published, ${showNumber(rows)} ingested, ${behind} waiting. Ctrl-C ends the demo.`;
  if (terminal.interactive) terminal.redraw(line);
  else terminal.note(line);
}
