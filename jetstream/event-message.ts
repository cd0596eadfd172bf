import { binaryParts } from "./binary-mode.ts";
import { partitionOf, partitionSubject, type CloudEvent, type Project } from "../model/index.ts";
import type { OutgoingMessage } from "./publish.ts";
import { covers } from "./subjects.ts";

/** How an event becomes a message. */
export interface EventMessageOptions {
  /** The CloudEvents mode: the whole event as JSON (default), or its attributes as headers and its data as the payload. */
  readonly mode?: "structured" | "binary";
  /** The event as JSON text, and its data, where they are at hand: made anew from the values, integers beyond 2^53 would lose digits. */
  readonly json?: Uint8Array;
  readonly dataJson?: Uint8Array;
}

/**
 * An event as a NATS message, with an id that JetStream deduplicates by. Every event has one: what is wrong with its attributes is for ingest to say.
 * The subject is the event's type where a stream of the project stores such subjects ("git.commit" in "git.>"), else the type below
 * the first stream's first subject ("order.placed" -> "shop.order.placed" in "shop.>"); of a type longer than 1,000 bytes it holds the beginning.
 * In a stream with partitions, that of the event's `subject` stands before it ("p.2.shop.order.placed").
 * An event that binary mode cannot hold as ingest would read it (data that is no JSON, attributes whose names or values are no CloudEvents') is sent structured.
 */
export function eventMessage(project: Project, event: CloudEvent, options: EventMessageOptions = {}): OutgoingMessage {
  const subject = eventSubject(project, event);
  const messageId = `${encoded(event.source)} ${encoded(event.id)}`;
  const binary = options.mode === "binary" ? binaryParts(event, options.dataJson) : undefined;
  if (binary) return { subject, messageId, ...binary };
  return { subject, messageId, payload: options.json ?? Buffer.from(JSON.stringify(event)), contentType: "application/cloudevents+json" };
}

/** Text as a header may hold it. Half a surrogate pair, which no encoding has, becomes "\ufffd": ingest will say what is wrong with it. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Where events of a type go. */
interface Destination {
  readonly subject: string;
  readonly partitions: number | undefined;
}

/** Destinations by project and type: a project has few types, and matching patterns costs 2 µs. */
const destinations = new WeakMap<Project, Map<string, Destination>>();

function eventSubject(project: Project, event: CloudEvent): string {
  const known = destinations.get(project) ?? new Map<string, Destination>();
  destinations.set(project, known);
  const destination = known.get(event.type) ?? chooseDestination(project, event.type);
  if (known.size < 10_000) known.set(event.type, destination);
  const { partitions, subject } = destination;
  // What is wrong with a subject is for ingest to say: it has to lie somewhere.
  const entity = typeof event.subject === "string" ? event.subject : "";
  return partitions === undefined ? subject : partitionSubject(partitionOf(entity, partitions), subject);
}

function chooseDestination({ streams }: Project, type: string): Destination {
  const tokens = shortened(type)
    .split(".")
    .map((token) => token.replace(/[\s\p{Cc}*>]/gu, "_") || "_");
  const own = streams.find(({ subjects }) => subjects.some((pattern) => covers(pattern, tokens.join("."))));
  if (own) return { subject: tokens.join("."), partitions: own.partitions };
  const [first] = streams;
  return { subject: below(first?.subjects[0] ?? ">", tokens), partitions: first?.partitions };
}

/** A subject that a pattern covers, with the tokens at its end. */
function below(pattern: string, tokens: readonly string[]): string {
  if (pattern === ">") return tokens.join(".");
  if (pattern.endsWith(".>")) return `${pattern.slice(0, -2).replaceAll("*", "_")}.${tokens.join(".")}`;
  return pattern.replaceAll("*", tokens.join("-"));
}

/** A subject has to fit the 4 KiB of a control line, beside others; a type may have 4,096 characters. */
const LONGEST_TYPE = 1_000;

function shortened(type: string): string {
  const bytes = Buffer.from(type);
  if (bytes.length <= LONGEST_TYPE) return type;
  // A character that is cut in two leaves a replacement character, which goes too.
  return bytes
    .subarray(0, LONGEST_TYPE)
    .toString("utf8")
    .replace(/\ufffd$/, "");
}
