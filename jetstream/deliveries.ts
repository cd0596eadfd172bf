import type { NatsConnection } from "nats";
import { DeliverySplitter, type ProtocolParser } from "./delivery-splitter.ts";
import type { LogMessage } from "./log-message.ts";

/** A connection through which consumers deliver. */
export interface Deliveries {
  /** Hands over what comes for a subscription, until `end`; statuses still go to its callback. @param sid the subscription's id */
  start(sid: number, handler: (message: LogMessage) => void): void;
  end(sid: number): void;
}

/** What version 2.29 of the NATS client, which package.json names exactly, has behind a connection: the parser that is made anew for each connect. */
interface ClientInternals {
  readonly protocol?: { parser?: ProtocolParser };
}

/**
 * Puts a {@link DeliverySplitter} in front of a connection's parser, and of each that a reconnect makes.
 * @throws Error if the client is another version, that has no parser there
 */
export function attachDeliveries(connection: NatsConnection): Deliveries {
  const { protocol } = connection as unknown as ClientInternals;
  if (typeof protocol?.parser?.parse !== "function")
    throw new Error('hydrograph reads through version 2.29 of the package "nats": install that.');
  const handlers = new Map<number, (message: LogMessage) => void>();
  let splitter = new DeliverySplitter(protocol.parser, handlers);
  Object.defineProperty(protocol, "parser", {
    get: () => splitter,
    set: (parser: ProtocolParser) => {
      splitter = new DeliverySplitter(parser, handlers);
    },
  });
  return { start: (sid, handler) => void handlers.set(sid, handler), end: (sid) => void handlers.delete(sid) };
}
