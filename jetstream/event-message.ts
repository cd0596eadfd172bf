import type { CloudEvent, Project } from "../model/index.ts";
import type { OutgoingMessage } from "./publish.ts";
import { covers } from "./subjects.ts";

/**
 * An event as a NATS message: structured CloudEvents JSON, with an id that JetStream deduplicates by.
 * The subject is the event's type where a stream of the project stores such subjects ("git.commit" in "git.>"), else the type below
 * the first stream's first subject ("order.placed" -> "shop.order.placed" in "shop.>").
 */
export function eventMessage(project: Project, event: CloudEvent): OutgoingMessage {
  return {
    subject: eventSubject(project, event.type),
    payload: Buffer.from(JSON.stringify(event)),
    messageId: `${encoded(event.source)} ${encoded(event.id)}`,
    contentType: "application/cloudevents+json",
  };
}

/** Text as a header may hold it. Half a surrogate pair, which no encoding has, becomes "\ufffd": ingest will say what is wrong with it. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Subjects by project and type: a project has few types, and matching patterns costs 2 µs. */
const subjects = new WeakMap<Project, Map<string, string>>();

function eventSubject(project: Project, type: string): string {
  const known = subjects.get(project) ?? new Map<string, string>();
  subjects.set(project, known);
  const subject = known.get(type) ?? chooseSubject(project, type);
  if (known.size < 10_000) known.set(type, subject);
  return subject;
}

function chooseSubject(project: Project, type: string): string {
  const tokens = type.split(".").map((token) => token.replace(/[\s*>]/g, "_") || "_");
  const patterns = project.streams.flatMap((stream) => stream.subjects);
  if (patterns.some((pattern) => covers(pattern, tokens.join(".")))) return tokens.join(".");
  const pattern = patterns[0] ?? ">";
  if (pattern === ">") return tokens.join(".");
  if (pattern.endsWith(".>")) return `${pattern.slice(0, -2).replaceAll("*", "_")}.${tokens.join(".")}`;
  return pattern.replaceAll("*", tokens.join("-"));
}
