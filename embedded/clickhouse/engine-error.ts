/** An error as ClickHouse reports it: a numeric code, its name and a sentence. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: number;
  readonly codeName: string;

  constructor(code: number, codeName: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.codeName = codeName;
  }

  /** The text of a failed HTTP response, as a ClickHouse server of this version writes it. */
  toWire(version: string): string {
    return `Code: ${this.code}. DB::Exception: ${this.message.replace(/\.?\s*$/, ".")} (${this.codeName}) (version ${version} (official build))`;
  }
}

/** Reads whatever the engine threw. Wrappers that repeat the code, and the path of a spool file, are taken off. */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const match = /^(?:Code: (\d+)\. DB::Exception: )+([\s\S]*?)\s*(?:\(([A-Z0-9_]+)\)\.?\s*)?(?:\(version [^)]*\)[\s\S]*)?$/.exec(text);
  if (!match) return new EngineError(1002, "UNKNOWN_EXCEPTION", text, { cause: error });
  const message = (match[2] ?? "").replace(/: \(in file\/uri [^)]*\)/, "").replace(/: data for INSERT was parsed from file\.?/, "");
  return new EngineError(Number(match[1]), match[3] ?? "UNKNOWN_EXCEPTION", message, { cause: error });
}

/** HTTP statuses and the error codes that get them; 500 for all others. Source: ClickHouse's src/Server/HTTP/exceptionCodeToHTTPStatus.cpp. */
const statuses: readonly (readonly [status: number, codes: readonly number[]])[] = [
  [401, [194]],
  [403, [192, 193, 497, 512, 516]],
  [400, [6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676]],
  [404, [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511]],
  [408, [159]],
  [411, [381]],
  [413, [229]],
  [415, [779]],
  [501, [48]],
  [503, [76, 209, 439]],
];

const statusOf = new Map(statuses.flatMap(([status, codes]) => codes.map((code) => [code, status] as const)));

/** The HTTP status that a ClickHouse server gives with an error code. */
export function httpStatus(code: number): number {
  return statusOf.get(code) ?? 500;
}
