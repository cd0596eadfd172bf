/** What has become of a dead letter since it was set aside. */
export type DeadLetterState = "open" | "replayed" | "discarded";

/** Which dead letters are meant; what is not said does not narrow. */
export interface DeadLetterFilter {
  readonly stream?: string;
  /** Incarnation of the stream, microseconds since 1970. */
  readonly epoch?: number;
  /** Sequences of messages, both ends included. */
  readonly seq?: { readonly from: number; readonly to: number };
  readonly reason?: string;
  readonly stage?: string;
  /** A NATS subject; "*" stands for one token, ">" for the rest. */
  readonly subject?: string;
  /** Store time, half-open, microseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
  /** Default "open". */
  readonly state?: DeadLetterState | "any";
}

/** A condition over `dead_letters`, and the values that it binds. */
export interface Condition {
  readonly sql: string;
  readonly params: Readonly<Record<string, string>>;
}

const resolvedAs = (resolution: string): string =>
  `(stream, epoch, seq, idx) IN (SELECT stream, epoch, seq, idx FROM dead_letter_resolutions WHERE resolution = '${resolution}')`;

/** A letter's state over the columns of `dead_letters`. What was replayed is replayed, whatever was decided about it before or after. */
export const STATE_SQL = `multiIf(${resolvedAs("replayed")}, 'replayed', ${resolvedAs("discarded")}, 'discarded', 'open')`;

/** The condition of a filter; `true` if it leaves nothing out. Its values are named `f_…`. */
export function filterCondition(filter: DeadLetterFilter): Condition {
  const { epoch, reason, seq, since, stage, state = "open", stream, subject, until } = filter;
  const parts: (readonly [sql: string, params: Record<string, string>])[] = [
    ...(stream === undefined ? [] : [["stream = {f_stream:String}", { f_stream: stream }] as const]),
    ...(epoch === undefined ? [] : [["epoch = {f_epoch:UInt64}", { f_epoch: String(epoch) }] as const]),
    ...(seq === undefined
      ? []
      : [["seq BETWEEN {f_first:UInt64} AND {f_last:UInt64}", { f_first: String(seq.from), f_last: String(seq.to) }] as const]),
    ...(reason === undefined ? [] : [["reason = {f_reason:String}", { f_reason: reason }] as const]),
    ...(stage === undefined ? [] : [["stage = {f_stage:String}", { f_stage: stage }] as const]),
    ...(subject === undefined ? [] : [["match(nats_subject, {f_subject:String})", { f_subject: subjectPattern(subject) }] as const]),
    ...(since === undefined ? [] : [["stored_at >= fromUnixTimestamp64Micro({f_since:Int64})", { f_since: String(since) }] as const]),
    ...(until === undefined ? [] : [["stored_at < fromUnixTimestamp64Micro({f_until:Int64})", { f_until: String(until) }] as const]),
    ...(state === "any" ? [] : [[`${STATE_SQL} = {f_state:String}`, { f_state: state }] as const]),
  ];
  return {
    sql: parts.length === 0 ? "true" : parts.map(([sql]) => `(${sql})`).join(" AND "),
    params: Object.assign({}, ...parts.map(([, params]) => params)) as Record<string, string>,
  };
}

/** A NATS subject with wildcards as a regular expression. */
function subjectPattern(subject: string): string {
  const tokens = subject.split(".").map((token) => {
    if (token === "*") return "[^.]+";
    return token === ">" ? ".+" : token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  return `^${tokens.join("\\.")}$`;
}
