import { expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { refuseBinaryOnTerminal } from "./formats.ts";

it.each(["parquet", "arrow"] as const)("sends %s to no terminal", (format) => {
  const sentence = `--format ${format} is binary and wants a file: add "> rows.${format}".`;
  expect(() => refuseBinaryOnTerminal({ answersShown: true }, format)).toThrow(new UsageError(sentence));
  expect(() => refuseBinaryOnTerminal({ answersShown: false }, format)).not.toThrow();
  expect(() => refuseBinaryOnTerminal({ answersShown: true }, "csv")).not.toThrow();
});
