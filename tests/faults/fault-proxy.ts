import { once } from "node:events";
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * What a proxy does to every connection for as long as it is set:
 * - `refuse`: new connections are reset;
 * - `blackhole`: nothing gets through, in either direction, not even a close; all of it once the fault is taken away, as after a partition;
 * - `delay`: each piece waits; `bandwidth`: at most so many bytes a second, of each direction of each connection;
 * - `answer`: requests do not get through: the proxy answers them with this HTTP status itself.
 */
export type Fault =
  | { readonly kind: "refuse" }
  | { readonly kind: "blackhole" }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "bandwidth"; readonly bytesPerSecond: number }
  | { readonly kind: "answer"; readonly status: number };

/** A point in a conversation at which something happens once. */
export interface Strike {
  /** Tested on the first bytes of each piece that a client sends. */
  readonly match: RegExp;
  /** Which match counts. Default 1, the first. */
  readonly nth?: number;
  /** How many bytes still get through, from the matching piece on; or "reply": all of the request, and nothing of what is answered after it. */
  readonly at: number | "reply";
  /** What happens. The connection is reset in any case. */
  readonly act?: () => void;
}

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Bytes that still get through to the server; undefined = no strike has begun. */
  left?: number;
  /** The next reply is not to get through. */
  holdsReply?: boolean;
}

/** A strike under way, and whom to tell when it has come. */
interface ArmedStrike {
  readonly strike: Strike;
  matches: number;
  readonly struck: () => void;
}

/** How much of a piece is looked at: the head of an HTTP request, or a line of NATS. */
const LOOKED_AT = 1_024;

/** Passes TCP connections on to a server on this machine, and does harm on demand. */
export class FaultProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #links = new Set<Link>();
  #fault: Fault | undefined;
  #changed: () => void = () => undefined;
  #change: Promise<void> = Promise.resolve();
  #armed: ArmedStrike | undefined;
  #turnedAway = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    this.set(undefined);
  }

  /** Listens on a free port of 127.0.0.1. @param url where the server is, e.g. "http://127.0.0.1:8123" */
  static async before(url: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(Number(new URL(url).port));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections were refused and requests answered by the proxy itself so far. */
  get turnedAway(): number {
    return this.#turnedAway;
  }

  /** Sets the fault; undefined heals. */
  set(fault: Fault | undefined): void {
    this.#fault = fault;
    this.#changed();
    this.#change = new Promise((resolve) => {
      this.#changed = resolve;
    });
  }

  /** Resets every connection. */
  cut(): void {
    for (const link of this.#links) this.#reset(link);
  }

  /** Strikes once at a point that is still to come. Takes the place of a strike that has not come. */
  strike(strike: Strike): Promise<void> {
    return new Promise((resolve) => {
      this.#armed = { strike, matches: 0, struck: resolve };
    });
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.set(undefined);
    this.cut();
    await closed;
  }

  #accept(client: Socket): void {
    client.on("error", () => undefined);
    if (this.#fault?.kind === "refuse") {
      this.#turnedAway += 1;
      client.resetAndDestroy();
      return;
    }
    const upstream = createConnection({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true });
    const link: Link = { client, upstream };
    this.#links.add(link);
    for (const socket of [client, upstream]) socket.setNoDelay(true).on("error", () => this.#reset(link));
    void this.#carry(link, client, upstream, (chunk) => this.#request(link, chunk));
    void this.#carry(link, upstream, client, (chunk) => this.#reply(link, chunk));
  }

  /** Carries one direction until it ends; what is waited for here holds up the sender, as TCP does. */
  async #carry(link: Link, from: Socket, to: Socket, passed: (chunk: Buffer) => Buffer | undefined): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.#obstacle(chunk.length);
        const rest = passed(chunk);
        if (rest && !to.write(rest)) await once(to, "drain");
      }
      await this.#obstacle(0);
      to.end();
    } catch {
      this.#reset(link);
    }
    if (link.client.closed && link.upstream.closed) this.#links.delete(link);
  }

  async #obstacle(bytes: number): Promise<void> {
    while (this.#fault?.kind === "blackhole") await this.#change;
    const fault = this.#fault;
    if (fault?.kind === "delay") await sleep(fault.ms);
    if (fault?.kind === "bandwidth") await sleep((bytes / fault.bytesPerSecond) * 1_000);
  }

  /** @returns what of a piece from the client gets through */
  #request(link: Link, chunk: Buffer): Buffer | undefined {
    if (this.#fault?.kind === "answer") return this.#answer(link, this.#fault.status);
    const armed = this.#armed;
    if (armed && link.left === undefined && !link.holdsReply && armed.strike.match.test(chunk.toString("latin1", 0, LOOKED_AT))) {
      armed.matches += 1;
      if (armed.matches === (armed.strike.nth ?? 1)) {
        if (armed.strike.at === "reply") link.holdsReply = true;
        else link.left = armed.strike.at;
      }
    }
    if (link.left === undefined) return chunk;
    if (chunk.length < link.left) {
      link.left -= chunk.length;
      return chunk;
    }
    const last = chunk.subarray(0, link.left);
    // What is passed must have left before the connection is reset.
    if (last.length > 0) link.upstream.write(last, () => this.#strikeNow(link));
    else this.#strikeNow(link);
    return undefined;
  }

  #reply(link: Link, chunk: Buffer): Buffer | undefined {
    if (!link.holdsReply) return chunk;
    this.#strikeNow(link);
    return undefined;
  }

  #strikeNow(link: Link): void {
    const armed = this.#armed;
    this.#armed = undefined;
    armed?.strike.act?.();
    this.#reset(link);
    armed?.struck();
  }

  #answer({ client, upstream }: Link, status: number): undefined {
    this.#turnedAway += 1;
    upstream.destroy();
    if (client.writable)
      client.end(`HTTP/1.1 ${status} Fault\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot today`);
  }

  #reset(link: Link): void {
    this.#links.delete(link);
    for (const socket of [link.client, link.upstream]) if (!socket.destroyed) socket.resetAndDestroy();
  }
}
