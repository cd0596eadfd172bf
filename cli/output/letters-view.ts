import { isUtf8 } from "node:buffer";
import type { DeadLetter, DeadLetterGroup, ReplayReport, SetAsideMessage, StillRefused } from "../../ingest/index.ts";
import { plural, showBytes, showNumber } from "./numbers.ts";
import { printable, table } from "./table.ts";

const right = "right" as const;

/** Dead letters for reading: first how many there are of each kind, then the newest. */
export function lettersView(groups: readonly DeadLetterGroup[], letters: readonly DeadLetter[]): string {
  const [first] = letters;
  if (!first) return groups.length === 0 ? "No dead letters.\n" : groupsView(groups);
  const columns = [{ title: "stream" }, { title: "seq", align: right }, { title: "idx", align: right }];
  const titles = [...columns, ...["stored (UTC)", "subject", "reason", "state"].map((title) => ({ title }))];
  const rows = letters.map((letter) => [
    printable(letter.stream),
    String(letter.seq),
    String(letter.idx),
    letter.stored_at,
    printable(letter.subject),
    letter.reason,
    letter.state,
  ]);
  const show = `hydrograph dlq show ${first.seq} --stream ${printable(first.stream)}`;
  return `${groupsView(groups)}\nNewest:\n${table(titles, rows)}\nSee one with its bytes: ${show}\nAfter mending the schema: hydrograph dlq replay --dry-run\n`;
}

/** Dead letters by what is wrong with them. */
export function groupsView(groups: readonly DeadLetterGroup[]): string {
  if (groups.length === 0) return "No dead letters.\n";
  const titles = [
    { title: "letters", align: right },
    { title: "stream" },
    { title: "reason" },
    { title: "state" },
    { title: "newest seq", align: right },
    { title: "newest stored (UTC)" },
    { title: "detail" },
  ];
  return table(
    titles,
    groups.map((group) => [
      showNumber(group.letters),
      printable(group.stream),
      group.reason,
      group.state,
      String(group.newest_seq),
      group.last_stored.slice(0, 19),
      printable(group.detail),
    ]),
  );
}

/** One message with everything that is kept of it. */
export function letterView({ epoch, headers, letters, payload, seq, stream }: SetAsideMessage): string {
  const [first] = letters;
  const lines = [
    `${printable(stream)} ${seq}, stored ${first?.stored_at ?? ""} UTC on ${printable(first?.subject ?? "")} (epoch ${epoch})`,
    ...letters.map(({ code, detail, idx, reason, stage, state }) => {
      return `event ${idx}: ${state}; ${stage}: ${reason}: ${printable(detail)} (config ${printable(code)})`;
    }),
    ...Object.entries(headers).map(([name, value]) => `header ${printable(name)}: ${printable(value)}`),
    `payload, ${showBytes(payload.length)}${isUtf8(payload) ? "" : ", in hexadecimal"}:`,
    ...(isUtf8(payload) ? payload.toString("utf8").split("\n").map(printable) : hexLines(payload)),
  ];
  return `${lines.join("\n")}\n`;
}

/** The same as one JSON object: the payload as text where it is UTF-8, else in base64. */
export function letterJson({ payload, ...message }: SetAsideMessage): string {
  const bytes = isUtf8(payload) ? { payload: payload.toString("utf8") } : { payload_base64: payload.toString("base64") };
  return `${JSON.stringify({ ...message, bytes: payload.length, ...bytes })}\n`;
}

const BYTES_A_LINE = 32;

function hexLines(bytes: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_A_LINE) lines.push(bytes.subarray(at, at + BYTES_A_LINE).toString("hex"));
  return lines;
}

/** What a replay did, or would do. */
export function replayView(report: ReplayReport, dryRun: boolean): string {
  const { duplicates, eventRows, fromLetter, refused, replayed, settled, unreadable } = report;
  const stay = refused.reduce((sum, { letters }) => sum + letters, 0) + unreadable;
  const done = dryRun ? "would be replayed" : "replayed";
  const remarks = [
    ...(settled > 0 ? [`${showNumber(settled)} of them were left by a replay that broke off`] : []),
    ...(fromLetter > 0 ? [`${showNumber(fromLetter)} from the bytes kept with the letter, as the log no longer has them`] : []),
    ...(duplicates > 0
      ? [`${plural(duplicates, "other letter")} ${dryRun ? "would be discarded" : "discarded"}: their events are in from other messages`]
      : []),
    ...(unreadable > 0 ? [`${showNumber(unreadable)} cannot be read any more, neither from the log nor from the letter`] : []),
  ];
  const verdict = `${plural(replayed, "letter")} ${done}: ${plural(eventRows, "event")}; ${plural(stay, "letter")} ${stay === 1 ? "stays" : "stay"} open.`;
  return (
    [verdict, ...remarks.map((remark) => `  ${remark}`), ...(refused.length > 0 ? [refusedTable(refused)] : [])].join("\n").trimEnd() + "\n"
  );
}

function refusedTable(refused: readonly StillRefused[]): string {
  const titles = [
    { title: "still refused", align: right },
    { title: "stream" },
    { title: "reason" },
    { title: "newest seq", align: right },
    { title: "detail" },
  ];
  return table(
    titles,
    refused.map((group) => [
      showNumber(group.letters),
      printable(group.stream),
      group.reason,
      String(group.newest_seq),
      printable(group.detail),
    ]),
  );
}
