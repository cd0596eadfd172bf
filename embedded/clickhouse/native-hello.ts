import type { EngineFacts } from "./engine.ts";
import type { EndpointRequest } from "./request.ts";

/** The query with which clickhouse-go, and so Grafana's ClickHouse plugin, opens a connection over HTTP. */
const hello = /^\s*SELECT\s+displayName\(\),\s*version\(\),\s*revision\(\),\s*timezone\(\)\s*;?\s*$/i;

/** Is this the first query of a clickhouse-go connection? */
export function isNativeHello(request: EndpointRequest, sql: Buffer): boolean {
  return request.clientProtocolVersion >= 54_454 && request.defaultFormat === "Native" && hello.test(sql.toString("latin1"));
}

/**
 * The answer to clickhouse-go's first query (https://github.com/ClickHouse/clickhouse-go, conn_http.go). It decodes this one as protocol revision 54460 and
 * everything after as the `revision()` it was told. The engine writes Native blocks of revision 0 only, so that is what it is told.
 */
export function nativeHello(facts: EngineFacts): Buffer {
  const blockInfo = Buffer.from([1, 0, 2, 255, 255, 255, 255, 0]);
  const columnsAndRows = Buffer.from([4, 1]);
  return Buffer.concat([
    blockInfo,
    columnsAndRows,
    column("displayName()", "String", text(facts.displayName)),
    column("version()", "String", text(facts.version)),
    column("revision()", "UInt32", Buffer.alloc(4)),
    column("timezone()", "String", text(facts.timezone)),
  ]);
}

function column(name: string, type: string, value: Buffer): Buffer {
  const noCustomSerialization = Buffer.from([0]);
  return Buffer.concat([text(name), text(type), noCustomSerialization, value]);
}

/** A length below 128, which is a varint of one byte, and the bytes. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8").subarray(0, 127);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
