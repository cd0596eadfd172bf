import { InvalidArgumentError, Option, type Command } from "commander";
import type { DeadLetterFilter, DeadLetterState } from "../../ingest/index.ts";
import { parseDuration } from "../../model/index.ts";
import { UsageError } from "../errors.ts";
import { wholeNumber } from "../output/formats.ts";
import { parseInstant } from "./range-flags.ts";

/** Flags that say which dead letters are meant. */
export interface LetterFlags {
  readonly stream?: string;
  readonly epoch?: number;
  readonly seq?: { readonly from: number; readonly to: number };
  readonly reason?: string;
  readonly stage?: string;
  readonly subject?: string;
  readonly since?: string;
  readonly until?: string;
  readonly state?: DeadLetterState | "any";
}

/** Adds these flags to a command, but for `--state`, whose choices differ. */
export function addLetterFlags(command: Command): Command {
  return command
    .option("--stream <name>", "of this stream")
    .option("--epoch <n>", "of this incarnation of the stream, as lists show it", wholeNumber)
    .option("--seq <n|from-to>", "of the message with this sequence, or of a range of them", sequenceRange)
    .option("--reason <code>", "with this reason, e.g. schema-mismatch")
    .addOption(new Option("--stage <stage>", "refused in this stage").choices(["decode", "validate", "insert"]))
    .option("--subject <subject>", 'published on this NATS subject; "*" is one token, ">" the rest')
    .option("--since <time>", "stored then or later: a moment (UTC unless it has a zone), or so long ago, e.g. 2h")
    .option("--until <time>", "stored before then");
}

/** `--state`, which letters are looked at. */
export function stateOption(choices: readonly string[], description: string): Option {
  return new Option("--state <state>", description).choices(choices).default("open");
}

/** Parses a sequence, or two with "-" in between. */
function sequenceRange(text: string): { from: number; to: number } {
  const [from = 0, to = from] = text.split("-").map(Number);
  if (!/^\d+(-\d+)?$/.test(text) || from < 1 || to < from || !Number.isSafeInteger(to))
    throw new InvalidArgumentError("It must be a sequence such as 17, or two such as 17-40.");
  return { from, to };
}

/** The filter that flags say. @throws UsageError if a time is none */
export function letterFilter(flags: LetterFlags, now: Date): DeadLetterFilter {
  const { epoch, reason, seq, since, stage, state, stream, subject, until } = flags;
  return {
    ...(stream === undefined ? {} : { stream }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(seq === undefined ? {} : { seq }),
    ...(reason === undefined ? {} : { reason }),
    ...(stage === undefined ? {} : { stage }),
    ...(subject === undefined ? {} : { subject }),
    ...(since === undefined ? {} : { since: timeOf(since, "--since", now) }),
    ...(until === undefined ? {} : { until: timeOf(until, "--until", now) }),
    ...(state === undefined ? {} : { state }),
  };
}

function timeOf(text: string, flag: string, now: Date): number {
  const ago = parseDuration(text);
  return ago ? (now.getTime() - ago) * 1_000 : parseInstant(text, "UTC", flag);
}

/** Refuses to take every letter for lack of a filter. @throws UsageError unless something narrows, or `all` is set */
export function requireFilter(filter: DeadLetterFilter, all: boolean): void {
  const { state: _any, ...narrowing } = filter;
  if (!all && Object.keys(narrowing).length === 0)
    throw new UsageError("Which letters? Name them, as in --reason invalid-json or --seq 17, or say --all.");
}
