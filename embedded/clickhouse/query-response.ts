import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { createBrotliCompress, createDeflate, createGzip } from "node:zlib";
import { contentType } from "./content-type.ts";
import type { EngineFacts } from "./engine.ts";
import { httpStatus } from "./engine-error.ts";
import type { EngineError } from "./engine-error.ts";
import { header, isTrue } from "./request.ts";
import type { EndpointRequest } from "./request.ts";

/** Counters of `X-ClickHouse-Summary`; absent ones are sent as 0. */
export interface Summary {
  readonly readRows?: number;
  readonly readBytes?: number;
  readonly writtenRows?: number;
  readonly writtenBytes?: number;
  readonly resultRows?: number;
  readonly resultBytes?: number;
}

/** Up to here a result waits for the end of its query, so that an error still becomes an HTTP status: the size of a ClickHouse server's buffer. */
const heldBytes = 1024 * 1024;

/**
 * A client that is told of an error in the body gets this long to read it before the connection breaks and takes its unread input away: one that unpacks gzip loses all that it has not
 * unpacked yet, and on a busy machine took more than 10 s. Who knows where to look for the error closes the connection at once; others (curl) wait.
 */
const graceMs = 15_000;

/** The response to one query, in the protocol of a ClickHouse server (26.x): headers, summary, compression, errors before and after the first byte. */
export class QueryResponse {
  readonly #response: ServerResponse;
  readonly #facts: EngineFacts;
  readonly #encoding: "gzip" | "br" | "deflate" | undefined;
  readonly #level: number;
  /** The client looks for it in the body of a result that broke off (ClickHouse 25.11 and newer). */
  readonly #exceptionTag = randomBytes(8).toString("hex");
  readonly #startedAt = process.hrtime.bigint();
  #held: Uint8Array[] = [];
  #heldLength = 0;
  #sink: Writable | undefined;

  constructor(response: ServerResponse, message: IncomingMessage, request: EndpointRequest, facts: EngineFacts) {
    this.#response = response;
    this.#facts = facts;
    this.#encoding = isTrue(request.settings.get("enable_http_compression")) ? acceptedEncoding(message) : undefined;
    this.#level = Number(request.settings.get("http_zlib_compression_level") ?? 3);
    response.setHeader("X-ClickHouse-Query-Id", request.queryId);
    response.setHeader("X-ClickHouse-Server-Display-Name", facts.displayName);
    response.setHeader("X-ClickHouse-Timezone", facts.timezone);
  }

  /** Calls back if the client goes away before the response is complete, or has gone. */
  onClientGone(callback: () => void): void {
    if (this.clientGone) return callback();
    this.#response.once("close", () => {
      if (!this.#response.writableFinished) callback();
    });
  }

  get clientGone(): boolean {
    return this.#response.destroyed;
  }

  /** Announces the format of the rows that follow. */
  setFormat(format: string): void {
    this.#response.setHeader("X-ClickHouse-Format", format);
    this.#response.setHeader("Content-Type", contentType(format));
  }

  /** Sends a part of the result; resolves when the client can take more, and at once when it has gone. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.clientGone) return;
    if (!this.#sink) {
      this.#held.push(chunk);
      this.#heldLength += chunk.length;
      if (this.#heldLength < heldBytes) return;
      this.#startStreaming();
      return this.#push(Buffer.concat(this.#held.splice(0)));
    }
    return this.#push(chunk);
  }

  /** Completes the response. */
  async finish(summary: Summary): Promise<void> {
    if (this.clientGone) return;
    const closed = once(this.#response, "close");
    if (this.#sink) {
      this.#sink.end();
      await closed;
      return;
    }
    this.#response.setHeader("X-ClickHouse-Summary", this.#summary(summary));
    this.#response.setHeader("X-ClickHouse-Exception-Tag", this.#exceptionTag);
    const body = Buffer.concat(this.#held.splice(0));
    if (this.#encoding && body.length > 0) {
      const compressor = this.#compressTo(this.#response, this.#encoding);
      compressor.end(body);
    } else this.#response.setHeader("Content-Length", body.length).end(body);
    await closed;
  }

  /** Reports an error: as the response if nothing has been sent, else at the end of the body, followed by a broken connection as from a server. */
  async fail(error: EngineError): Promise<void> {
    const text = error.toWire(this.#facts.version);
    if (this.clientGone) return;
    if (this.#sink) return this.#failInBody(text);
    this.#held = [];
    this.#response.statusCode = httpStatus(error.code);
    this.#response.setHeader("X-ClickHouse-Exception-Code", String(error.code));
    this.#response.setHeader("X-ClickHouse-Exception-Tag", this.#exceptionTag);
    this.#response.setHeader("Content-Type", "text/plain; charset=UTF-8");
    this.#response.end(`${text}\n`);
  }

  async #failInBody(text: string): Promise<void> {
    const line = `${text.replaceAll("\r", " ")}\n`;
    const tag = this.#exceptionTag;
    await this.#push(Buffer.from(`\r\n__exception__\r\n${tag}\r\n${line}${Buffer.byteLength(line)} ${tag}\r\n__exception__\r\n`));
    if (this.#sink && "flush" in this.#sink && typeof this.#sink.flush === "function") {
      const compressor = this.#sink as Writable & { flush(done: () => void): void };
      await new Promise<void>((resolve) => compressor.flush(resolve));
    }
    await this.#breakOff();
  }

  /** Without the last chunk of the body no client takes it for a whole one. One that reads the exception closes the connection itself, and gets the time to. */
  async #breakOff(): Promise<void> {
    const { socket } = this.#response;
    if (!socket || this.clientGone) return;
    const gone = once(this.#response, "close");
    await Promise.race([new Promise((resolve) => socket.write("", resolve)), gone]);
    const timer = setTimeout(() => socket.end(), graceMs);
    await gone;
    clearTimeout(timer);
  }

  #startStreaming(): void {
    this.#response.setHeader("X-ClickHouse-Summary", this.#summary({}));
    this.#response.setHeader("X-ClickHouse-Exception-Tag", this.#exceptionTag);
    this.#sink = this.#encoding ? this.#compressTo(this.#response, this.#encoding) : this.#response;
  }

  async #push(chunk: Uint8Array): Promise<void> {
    const sink = this.#sink;
    if (!sink || sink.write(chunk)) return;
    await Promise.race([once(sink, "drain"), once(this.#response, "close")]);
  }

  #compressTo(response: ServerResponse, encoding: "gzip" | "br" | "deflate"): Writable {
    response.setHeader("Content-Encoding", encoding);
    const level = this.#level;
    const compressor = encoding === "gzip" ? createGzip({ level }) : encoding === "br" ? createBrotliCompress() : createDeflate({ level });
    compressor.on("error", () => response.destroy());
    response.on("close", () => compressor.destroy());
    compressor.pipe(response);
    return compressor;
  }

  #summary(summary: Summary): string {
    return JSON.stringify({
      read_rows: count(summary.readRows),
      read_bytes: count(summary.readBytes),
      written_rows: count(summary.writtenRows),
      written_bytes: count(summary.writtenBytes),
      total_rows_to_read: "0",
      result_rows: count(summary.resultRows),
      result_bytes: count(summary.resultBytes),
      elapsed_ns: String(process.hrtime.bigint() - this.#startedAt),
    });
  }
}

function count(value: number | undefined): string {
  return String(value ?? 0);
}

function acceptedEncoding(message: IncomingMessage): "gzip" | "br" | "deflate" | undefined {
  const accepted = header(message, "accept-encoding") ?? "";
  return (["gzip", "br", "deflate"] as const).find((encoding) => new RegExp(`\\b${encoding}\\b`).test(accepted));
}
