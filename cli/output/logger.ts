import pino, { type Logger, type LoggerOptions } from "pino";
import type { Terminal } from "./terminal.ts";

/** A log for long-running commands: short lines where somebody watches, JSON (one object a line) where a program collects. Both on stderr. */
export function createLogger(terminal: Terminal, level: "debug" | "info" | "warn"): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, { write: (line) => terminal.note(terminal.interactive ? shortLine(line, terminal) : line.trimEnd()) });
}

const STYLES = { warn: "yellow", error: "red" } as const;

function shortLine(line: string, terminal: Terminal): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const tag = level === "warn" || level === "error" ? `${terminal.paint(STYLES[level], level)} ` : "";
  const extras = Object.entries(fields).map(([key, value]) => `  ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return `${terminal.paint("dim", String(time).slice(11, 19))} ${tag}${String(msg)}${terminal.paint("dim", extras.join(""))}`;
}
