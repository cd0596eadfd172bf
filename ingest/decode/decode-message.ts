import { isUtf8 } from "node:buffer";
import type { LogMessage } from "../../jetstream/index.ts";
import type { Enrichers, Project } from "../../model/index.ts";
import { hasKeyTwice, jsonFault } from "../json/json-fault.ts";
import { KIND, JsonTape, type JsonError } from "../json/json-tape.ts";
import { jsonText } from "../json/json-text.ts";
import { Layouts } from "../json/layouts.ts";
import { createCheckData, type CheckData } from "./check-data.ts";
import { binaryAttributes, isBinaryMode, parseHeaders } from "./cloud-event-headers.ts";
import { findMembers, MEMBER, type EventMembers } from "./event-members.ts";
import { isRefusal, NO_FIELDS, refuse, type DecodedEvent, type JsonObject, type Refusal } from "./outcome.ts";
import { attributeValue, readEnvelope, type Envelope } from "./read-envelope.ts";

/** What a message holds: an event or a refusal for each event it carries, at least one in all. Valid until the next message is decoded. */
export type DecodeMessage = (message: LogMessage) => readonly (DecodedEvent | Refusal)[];

/** What a document of our own mostly holds at most. */
const FEW_VALUES = 16;
const FAULTS = {
  "duplicate-keys": "an object has the same key or path twice",
  "number-out-of-range": "a number is infinite, or an integer that 64 bits cannot hold",
  "lone-surrogate": "a text contains half a surrogate pair",
  "paths-too-long": "the paths of its fields are too long together: a long key holds many others",
} as const;

/**
 * The decoder of a project: CloudEvents 1.0 over NATS, structured (one event, or an array of them) and binary.
 * @param enrichers of the project's events that have any
 * @throws Error if an event's enrichers are missing
 */
export function createDecoder(
  project: Pick<Project, "events" | "unknownEvents" | "limits">,
  enrichers: Enrichers = new Map(),
): DecodeMessage {
  const decoder = new Decoder(project.limits, createCheckData(project, enrichers));
  return (message) => decoder.decode(message);
}

class Decoder {
  readonly #limits: Project["limits"];
  readonly #checkData: CheckData;
  /** The message's payload; of a binary-mode event its headers are read first. */
  readonly #tape: JsonTape;
  readonly #headers: JsonTape;

  constructor(limits: Project["limits"], checkData: CheckData) {
    const layouts = new Layouts();
    this.#limits = limits;
    this.#checkData = checkData;
    this.#tape = new JsonTape(undefined, layouts);
    this.#headers = new JsonTape(FEW_VALUES, layouts);
  }

  decode(message: LogMessage): readonly (DecodedEvent | Refusal)[] {
    const { headerBytes, payload, storedAt } = message;
    const { maxPayload } = this.#limits;
    if (payload.length > maxPayload) {
      return [refuse(0, "payload-too-large", `the payload has ${payload.length} bytes, more than the limit of ${maxPayload}`)];
    }
    if (!isUtf8(payload)) return [refuse(0, "invalid-utf8", "the payload is no valid UTF-8")];
    if (headerBytes && isBinaryMode(headerBytes)) return [this.#binary(message, headerBytes)];
    const error = this.#tape.read(payload, this.#limits.maxDepth);
    if (error !== undefined) return [this.#refuseJson(error)];
    if (this.#tape.kind(0) !== KIND.array) return [this.#structured(0, 0, storedAt)];
    return this.#batch(storedAt);
  }

  #batch(storedAt: number): readonly (DecodedEvent | Refusal)[] {
    const outcomes: (DecodedEvent | Refusal)[] = [];
    const end = this.#tape.next(0);
    for (let place = 1; place < end; place = this.#tape.next(place)) outcomes.push(this.#structured(place, outcomes.length, storedAt));
    return outcomes.length === 0 ? [refuse(0, "empty-batch", "the batch has no events")] : outcomes;
  }

  /** The event that an object of the payload is. */
  #structured(place: number, idx: number, storedAt: number): DecodedEvent | Refusal {
    const tape = this.#tape;
    if (tape.kind(place) !== KIND.object) {
      return refuse(idx, "not-a-cloudevent", "the JSON is no object with the attributes of a CloudEvent");
    }
    const members = findMembers(tape, place);
    const envelope = readEnvelope(tape, members, idx, storedAt);
    if (isRefusal(envelope)) return envelope;
    if (hasKeyTwice(tape, place)) return refuse(idx, "duplicate-keys", FAULTS["duplicate-keys"]);
    const base64 = attributeValue(tape, members, MEMBER.data_base64);
    if (base64 !== undefined) return this.#base64(envelope, members, base64);
    return this.#withData(envelope, tape, members.placeOf(MEMBER.data));
  }

  /** ClickHouse's JSON holds no bytes: base64 is stored as it is, as `{"base64": …}`. */
  #base64(envelope: Envelope, members: EventMembers, base64: unknown): DecodedEvent | Refusal {
    if (attributeValue(this.#tape, members, MEMBER.data) !== undefined) {
      return refuse(envelope.idx, "invalid-attribute", "there is both data and data_base64");
    }
    if (typeof base64 !== "string" || /[^\w+/=-]/.test(base64)) {
      return refuse(envelope.idx, "invalid-attribute", "attribute data_base64 is no base64");
    }
    return this.#checkData(envelope, documentOf(JSON.stringify({ base64 })));
  }

  #binary({ payload, storedAt }: LogMessage, headerBytes: Buffer): DecodedEvent | Refusal {
    if (!isUtf8(headerBytes)) return refuse(0, "invalid-utf8", "the headers are no valid UTF-8");
    this.#headers.read(Buffer.from(JSON.stringify(binaryAttributes(parseHeaders(headerBytes)))), 1);
    const members = findMembers(this.#headers, 0);
    const envelope = readEnvelope(this.#headers, members, 0, storedAt);
    if (isRefusal(envelope)) return envelope;
    const contentType = attributeValue(this.#headers, members, MEMBER.datacontenttype);
    if (typeof contentType === "string" && !/^[^;]*[/+]json\s*(;|$)/i.test(contentType)) {
      return refuse(0, "unsupported-content-type", "the content type of the data is not JSON");
    }
    if (payload.length === 0) return this.#checkData(envelope, NO_FIELDS);
    const error = this.#tape.read(payload, this.#limits.maxDepth);
    return error === undefined ? this.#withData(envelope, this.#tape, 0) : this.#refuseJson(error);
  }

  /** ClickHouse's JSON type holds objects: other values are stored as `{"value": …}`, absent and null data as `{}`. */
  #withData(envelope: Envelope, tape: JsonTape, place: number): DecodedEvent | Refusal {
    if (place < 0 || tape.kind(place) === KIND.null) return this.#checkData(envelope, NO_FIELDS);
    const fault = jsonFault(tape, place, this.#limits.maxPayload);
    if (fault !== undefined) return refuse(envelope.idx, fault, FAULTS[fault]);
    if (tape.kind(place) === KIND.object) return this.#checkData(envelope, { tape, place });
    return this.#checkData(envelope, documentOf(`{"value":${jsonText(tape, place)}}`));
  }

  #refuseJson(error: JsonError): Refusal {
    if (error === "invalid-json") return refuse(0, "invalid-json", "the payload is no JSON");
    return refuse(0, "too-deep", `the JSON is nested deeper than the limit of ${this.#limits.maxDepth}`);
  }
}

/** A document of its own, of a text that is an object for sure. */
function documentOf(text: string): JsonObject {
  const tape = new JsonTape(FEW_VALUES);
  tape.read(Buffer.from(text), Infinity);
  return { tape, place: 0 };
}
