import { isUtf8 } from "node:buffer";
import type { LogMessage } from "../../jetstream/index.ts";
import type { Project } from "../../model/index.ts";
import { createCheckData, type CheckData } from "./check-data.ts";
import { binaryAttributes, isBinaryMode, parseHeaders, type Attributes } from "./cloud-event-headers.ts";
import { jsonFault } from "./inspect-json.ts";
import { isRefusal, refuse, type DecodedEvent, type Refusal } from "./outcome.ts";
import { ESCAPED, scanJson, type JsonScan } from "./scan-json.ts";
import { toEnvelope, type Envelope } from "./to-event.ts";

/** What a message holds: an event or a refusal for each event it carries, at least one in all. */
export type DecodeMessage = (message: LogMessage) => readonly (DecodedEvent | Refusal)[];

const FAULTS = {
  "duplicate-keys": "an object has the same key or path twice",
  "number-out-of-range": "a number is infinite, or an integer that 64 bits cannot hold",
  "lone-surrogate": "a text contains half a surrogate pair",
} as const;

const EMPTY_DATA = Buffer.from("{}");

/** The decoder of a project: CloudEvents 1.0 over NATS, structured (one event, or an array of them) and binary. */
export function createDecoder(project: Pick<Project, "events" | "unknownEvents" | "limits">): DecodeMessage {
  const checkData = createCheckData(project);
  const { maxPayload, maxDepth } = project.limits;
  return function decodeMessage(message) {
    const { payload, headerBytes } = message;
    if (payload.length > maxPayload) {
      return [refuse(0, "payload-too-large", `the payload has ${payload.length} bytes, more than the limit of ${maxPayload}`)];
    }
    if (!isUtf8(payload)) return [refuse(0, "invalid-utf8", "the payload is no valid UTF-8")];
    if (headerBytes && isBinaryMode(headerBytes)) return [decodeBinary(message, headerBytes, maxDepth, checkData)];
    return decodeStructured(message, maxDepth, checkData);
  };
}

function decodeStructured(message: LogMessage, maxDepth: number, checkData: CheckData): (DecodedEvent | Refusal)[] {
  const { payload, storedAt } = message;
  const parsed = parseJson(payload, maxDepth);
  if (isFault(parsed)) return [{ idx: 0, ...parsed }];
  const { value, scan } = parsed;
  if (!Array.isArray(value)) return [decodeObject(payload, value, scan, 0, storedAt, checkData)];
  if (value.length === 0) return [refuse(0, "empty-batch", "the batch has no events")];
  return value.map((item: unknown, idx) => {
    const start = scan.elements[2 * idx] ?? 0;
    const end = scan.elements[2 * idx + 1] ?? 0;
    return decodeObject(payload, item, scanJson(payload, start, end), idx, storedAt, checkData);
  });
}

function decodeObject(
  payload: Buffer,
  value: unknown,
  scan: JsonScan,
  idx: number,
  storedAt: number,
  checkData: CheckData,
): DecodedEvent | Refusal {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(idx, "not-a-cloudevent", "the JSON is no object with the attributes of a CloudEvent");
  }
  const attributes = value as Attributes;
  const envelope = toEnvelope(attributes, idx, storedAt, (scan.hazards & ESCAPED) !== 0);
  if (isRefusal(envelope)) return envelope;
  if (countMembers(attributes) !== scan.outerKeys) return refuse(idx, "duplicate-keys", FAULTS["duplicate-keys"]);
  if (attributes["data_base64"] !== undefined && attributes["data_base64"] !== null) return decodeBase64(envelope, attributes, checkData);
  const bytes = scan.dataStart < 0 ? undefined : payload.subarray(scan.dataStart, scan.dataEnd);
  return withData(envelope, attributes["data"], bytes, scan.dataKeys, scan.hazards, checkData);
}

/** Members of an object that `JSON.parse` made: all are its own. */
function countMembers(object: object): number {
  let members = 0;
  for (const _name in object) members += 1;
  return members;
}

/** ClickHouse's JSON holds no bytes: base64 is stored as it is, as `{"base64": …}`. */
function decodeBase64(envelope: Envelope, attributes: Attributes, checkData: CheckData): DecodedEvent | Refusal {
  const { data, data_base64: base64 } = attributes;
  if (data !== undefined && data !== null) return refuse(envelope.idx, "invalid-attribute", "there is both data and data_base64");
  if (typeof base64 !== "string" || /[^\w+/=-]/.test(base64)) {
    return refuse(envelope.idx, "invalid-attribute", "attribute data_base64 is no base64");
  }
  return checkData(envelope, { base64 }, JSON.stringify({ base64 }));
}

function decodeBinary(message: LogMessage, headerBytes: Buffer, maxDepth: number, checkData: CheckData): DecodedEvent | Refusal {
  const { payload, storedAt } = message;
  if (!isUtf8(headerBytes)) return refuse(0, "invalid-utf8", "the headers are no valid UTF-8");
  const attributes = binaryAttributes(parseHeaders(headerBytes));
  const envelope = toEnvelope(attributes, 0, storedAt, true);
  if (isRefusal(envelope)) return envelope;
  const contentType = attributes["datacontenttype"];
  if (typeof contentType === "string" && !/^[^;]*[/+]json\s*(;|$)/i.test(contentType)) {
    return refuse(0, "unsupported-content-type", "the content type of the data is not JSON");
  }
  if (payload.length === 0) return checkData(envelope, {}, EMPTY_DATA);
  const parsed = parseJson(payload, maxDepth);
  if (isFault(parsed)) return { idx: 0, ...parsed };
  return withData(envelope, parsed.value, payload, parsed.scan.keys, parsed.scan.hazards, checkData);
}

/** ClickHouse's JSON type holds objects: other values are stored as `{"value": …}`, absent and null data as `{}`. */
function withData(
  envelope: Envelope,
  data: unknown,
  bytes: Buffer | undefined,
  keys: number,
  hazards: number,
  checkData: CheckData,
): DecodedEvent | Refusal {
  if (bytes === undefined || data === null) return checkData(envelope, {}, EMPTY_DATA);
  const fault = jsonFault(data, keys, hazards, bytes);
  if (fault !== undefined) return refuse(envelope.idx, fault, FAULTS[fault]);
  if (typeof data === "object" && !Array.isArray(data)) return checkData(envelope, data, bytes);
  return checkData(envelope, { value: data }, `{"value":${bytes.toString("utf8")}}`);
}

interface ParsedJson {
  readonly value: unknown;
  readonly scan: JsonScan;
}

type ParseFault = Pick<Refusal, "stage" | "reason" | "detail">;

function parseJson(bytes: Buffer, maxDepth: number): ParsedJson | ParseFault {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    return { stage: "decode", reason: "invalid-json", detail: "the payload is no JSON" };
  }
  const scan = scanJson(bytes, 0, bytes.length);
  if (scan.depth > maxDepth) {
    return { stage: "decode", reason: "too-deep", detail: `the JSON is nested ${scan.depth} deep, more than the limit of ${maxDepth}` };
  }
  return { value, scan };
}

function isFault(parsed: ParsedJson | ParseFault): parsed is ParseFault {
  return "reason" in parsed;
}
