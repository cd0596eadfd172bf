import { writeFile } from "node:fs/promises";
import { shopEvents, type ShopEvent, type ShopOptions } from "../../examples/shop/index.ts";
import { eventMessage, type JetStream, type OutgoingMessage, type PublishSummary } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";

/** What the demo publishes, and the labels it gathers on the way. */
export interface DemoHistory {
  readonly project: Project;
  readonly jetstream: JetStream;
  readonly shop: ShopOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** An order, and whether a payment for it failed: a label row. */
interface Label {
  readonly entity: string;
  readonly time: string;
  failed: boolean;
}

/** Publishes the shop's history. @returns what became of it, and the labels: will a payment for this order fail? */
export async function publishHistory(history: DemoHistory): Promise<PublishSummary & { readonly labels: ReadonlyMap<string, Label> }> {
  const { jetstream, onProgress, project, shop, signal } = history;
  const labels = new Map<string, Label>();
  const messages = function* (): Generator<OutgoingMessage> {
    for (const event of shopEvents(shop)) {
      if (signal.aborted) return;
      note(labels, event);
      yield eventMessage(project, event);
    }
  };
  const summary = await jetstream.publish(messages(), {
    onProgress: ({ published, duplicates, failed }) => onProgress(published + duplicates + failed),
  });
  return { ...summary, labels };
}

function note(labels: Map<string, Label>, event: ShopEvent): void {
  if (event.type === "order.placed" && event.data)
    labels.set(event.data.orderId, { entity: event.subject ?? "", time: event.time ?? "", failed: false });
  const order = event.type === "payment.failed" && event.data ? labels.get(event.data.orderId) : undefined;
  if (order) order.failed = true;
}

/** Writes the labels as a spine: entity, time, then what is carried through. */
export async function writeLabels(path: string, labels: ReadonlyMap<string, Label>): Promise<void> {
  const rows = [...labels].map(([order, { entity, failed, time }]) => `${entity},${time},${order},${failed}`);
  await writeFile(path, `${["entity,time,order_id,payment_failed", ...rows].join("\n")}\n`);
}
