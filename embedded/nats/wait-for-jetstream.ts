import { createConnection } from "node:net";
import type { Socket } from "node:net";

/**
 * Resolves when the JetStream API of a NATS server answers, which a server with an open port and a full or broken disk never does.
 * Speaks the few lines of the NATS protocol that one request needs (https://docs.nats.io/reference/reference-protocols/nats-protocol).
 *
 * @throws Error if it has not answered when `signal` aborts
 */
export async function waitForJetStream(host: string, port: number, signal: AbortSignal): Promise<void> {
  let last = "no answer";
  while (!signal.aborted) {
    const outcome = await askOnce(host, port);
    if (outcome === "ready") return;
    last = outcome;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`The JetStream API of the NATS server at ${host}:${port} did not answer in time (${last}).`);
}

/** One request to `$JS.API.INFO` on a connection of its own: "ready", or why not. */
function askOnce(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const settle = (outcome: string): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(2000, () => settle("the request timed out"));
    socket.on("error", (error) => settle(error.message));
    socket.on("close", () => settle("the connection was closed"));
    converse(socket, settle);
  });
}

function converse(socket: Socket, settle: (outcome: string) => void): void {
  let received = "";
  let asked = false;
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    received += text;
    if (!asked && received.startsWith("INFO ")) {
      asked = true;
      socket.write(
        'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB hydrograph.ready 1\r\nPUB $JS.API.INFO hydrograph.ready 0\r\n\r\n',
      );
    }
    if (received.includes("jetstream.api.v1.account_info_response"))
      settle(received.includes('"error":') ? "JetStream is not enabled" : "ready");
    else if (received.includes("NATS/1.0 503")) settle("JetStream is not up yet");
  });
}
