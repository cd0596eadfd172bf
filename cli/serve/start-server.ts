import { serve as listen } from "@hono/node-server";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Hono } from "hono";
import { CommandFailure } from "../errors.ts";

/** Where to listen. */
export interface Address {
  readonly host: string;
  /** 0 = a free one. */
  readonly port: number;
  /** The flag that chooses the port, for the sentence that says it is taken. */
  readonly flag: "--port" | "--page-port";
}

/** A server that listens. */
export interface ListeningServer {
  /** e.g. "http://127.0.0.1:8080". */
  readonly url: string;
  /** Ends it, and the connections that are open. */
  stop(): Promise<void>;
}

/** Listens at an address. @throws CommandFailure, one sentence, if that is not to be had */
export async function startServer(app: Hono, address: Address): Promise<ListeningServer> {
  const { host, port } = address;
  const server = listen({ fetch: app.fetch, hostname: host, port });
  await once(server, "listening").catch((error: unknown) => {
    throw cannotListen(error, address);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}

/** Listens at an address, or where its port is taken at a free one of the same host. */
export async function startServerNear(app: Hono, address: Address): Promise<ListeningServer> {
  return startServer(app, address).catch((error: unknown) => {
    if (!(error instanceof CommandFailure)) throw error;
    return startServer(app, { ...address, port: 0 });
  });
}

function cannotListen(error: unknown, { flag, host, port }: Address): CommandFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === "EADDRINUSE" ? `port ${port} is already in use: choose another with ${flag}, or 0 for a free one` : message;
  return new CommandFailure(`Cannot listen on ${host}: ${reason}.`, { cause: error });
}
