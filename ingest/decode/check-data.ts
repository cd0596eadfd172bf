import type { EventDefinition, Project } from "../../model/index.ts";
import { jsonFault } from "./inspect-json.ts";
import { numbersIn, scanJson } from "./scan-json.ts";
import { refuse, type DecodedEvent, type Refusal } from "./outcome.ts";
import type { Envelope } from "./to-event.ts";

/** Decides what an event's data is stored as: checks it against the event's declaration, upcasts old versions. */
export type CheckData = (envelope: Envelope, data: unknown, bytes: Uint8Array | string) => DecodedEvent | Refusal;

/**
 * The check of a project. An event that says no schema version has version 1 if its type is declared. Data that needs no upcast is stored as
 * it was sent, whatever the schema would have made of it (defaults, stripped keys).
 */
export function createCheckData(project: Pick<Project, "events" | "unknownEvents">): CheckData {
  const definitions = new Map(project.events.map((event) => [event.type, event]));
  return function checkData(envelope, data, bytes) {
    const definition = definitions.get(envelope.type);
    if (!definition) {
      if (project.unknownEvents === "accept") return { ...envelope, data: bytes };
      return refuseData(envelope, "unknown-type", "the project does not declare events of this type");
    }
    const version = envelope.version === 0 ? 1 : envelope.version;
    if (version > definition.version) {
      return refuseData(envelope, "unknown-version", `schema version ${version} is newer than the declared ${definition.version}`);
    }
    if (version === definition.version) return validate(definition, { ...envelope, version, data: bytes }, data);
    if (losesDigits(bytes)) {
      return refuseData(envelope, "upcast-failed", "the data has integers beyond 2^53, whose digits an upcast would lose");
    }
    const upcast = upcastFrom(definition, version, data);
    if (upcast === undefined) return refuseData(envelope, "upcast-failed", `the upcast from version ${version} failed`);
    return validate(definition, { ...envelope, version: definition.version, data: upcast.text }, upcast.data);
  };
}

function refuseData(envelope: Pick<Envelope, "idx">, reason: Refusal["reason"], detail: string): Refusal {
  return { ...refuse(envelope.idx, reason, detail), stage: "validate" };
}

function validate(definition: EventDefinition, event: DecodedEvent, data: unknown): DecodedEvent | Refusal {
  const parsed = parse(definition, data);
  if (parsed?.success === true) return event;
  const [issue] = parsed?.error.issues ?? [];
  if (!issue) return refuseData(event, "schema-mismatch", `the schema of ${definition.type} cannot check the data: it throws`);
  // The path and the kind of the first fault, never the value: it goes to logs and dashboards.
  const path = ["data", ...issue.path.map((key) => (typeof key === "number" ? "[]" : String(key).slice(0, 64)))].join(".");
  return refuseData(event, "schema-mismatch", `${path} does not fit the schema of ${definition.type} (${issue.code})`);
}

/** The user's own checks may throw, or be asynchronous: for one event that is a refusal, for the lane it would be the end. */
function parse(definition: EventDefinition, data: unknown): ReturnType<EventDefinition["data"]["safeParse"]> | undefined {
  try {
    return definition.data.safeParse(data);
  } catch {
    return undefined;
  }
}

/** Whether JavaScript's numbers cannot hold an integer of a JSON text. */
function losesDigits(text: Uint8Array | string): boolean {
  const bytes = typeof text === "string" ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  for (const number of numbersIn(bytes)) {
    if (number.length >= 16 && !/[.eE]/.test(number) && !Number.isSafeInteger(Number(number))) return true;
  }
  return false;
}

function upcastFrom(definition: EventDefinition, version: number, data: unknown): { data: unknown; text: string } | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  try {
    let current = data as Record<string, unknown>;
    for (let from = version; from < definition.version; from += 1) {
      const step = definition.upcast[from];
      if (!step) return undefined;
      current = step(current);
    }
    const text = JSON.stringify(current);
    if (typeof text !== "string" || !text.startsWith("{")) return undefined;
    const bytes = Buffer.from(text);
    const { keys, hazards } = scanJson(bytes, 0, bytes.length);
    return jsonFault(JSON.parse(text), keys, hazards, bytes) === undefined ? { data: current, text } : undefined;
  } catch {
    return undefined;
  }
}
