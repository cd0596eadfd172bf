import { InvalidArgumentError, Option } from "commander";
import { UsageError } from "../errors.ts";
import type { Terminal } from "./terminal.ts";

/** Formats that answers made of rows come in, and ClickHouse's name of each. */
export const ROW_FORMATS = { json: "JSONEachRow", csv: "CSVWithNames", arrow: "Arrow", parquet: "Parquet" } as const;

/** A format of rows; "text" is for reading. */
export type RowFormat = "text" | keyof typeof ROW_FORMATS;

/** `--format` of a command whose answer is rows. */
export function rowFormatOption(): Option {
  return new Option("--format <format>", "of the answer: binary formats want a file, as in > rows.parquet")
    .choices(["text", ...Object.keys(ROW_FORMATS)])
    .default("text");
}

/** @throws UsageError if a binary answer would go to a terminal */
export function refuseBinaryOnTerminal({ answersShown }: Pick<Terminal, "answersShown">, format: RowFormat): void {
  if (!answersShown || (format !== "parquet" && format !== "arrow")) return;
  throw new UsageError(`--format ${format} is binary and wants a file: add "> rows.${format}".`);
}

/** `--format` of a command whose answer is one object. */
export function reportFormatOption(): Option {
  return new Option("--format <format>", "of the answer").choices(["text", "json"]).default("text");
}

/** Parses a flag that takes a whole number of at least one. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("It must be a whole number from 1.");
  return value;
}

/** Parses a flag that takes a number above 0. */
export function aboveZero(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

/** Parses a flag that takes a TCP port. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("It must be a port from 0 to 65535.");
  return port;
}

/** Gathers a flag that may be given more than once. */
export function collect(text: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), text];
}
