import { expect, test } from "vitest";
import { EngineError, httpStatus, toEngineError } from "./engine-error.ts";

test.each([
  [
    "Code: 62. DB::Exception: Syntax error: failed at position 1. (SYNTAX_ERROR)",
    62,
    "SYNTAX_ERROR",
    "Syntax error: failed at position 1.",
  ],
  [
    "Code: 504. DB::Exception: Code: 504. DB::Exception: File x exists. (FILE_ALREADY_EXISTS) (version 26.7.2.1). (FILE_ALREADY_EXISTS)",
    504,
    "FILE_ALREADY_EXISTS",
    "File x exists.",
  ],
  [
    "Code: 27. DB::Exception: Code: 27. DB::Exception: Cannot parse: (at row 2)\n: (in file/uri /data/spool/1.spool): While executing File: data for INSERT was parsed from file. (CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version 26.7.2.1). (CANNOT_PARSE_INPUT_ASSERTION_FAILED)",
    27,
    "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
    "Cannot parse: (at row 2)\n: While executing File",
  ],
  ["something else", 1002, "UNKNOWN_EXCEPTION", "something else"],
])("%s", (text, code, codeName, message) => {
  expect(toEngineError(new Error(text))).toMatchObject({ code, codeName, message });
});

test("on the wire as a server writes it", () => {
  expect(new EngineError(60, "UNKNOWN_TABLE", "No such table").toWire("26.7.2.1")).toBe(
    "Code: 60. DB::Exception: No such table. (UNKNOWN_TABLE) (version 26.7.2.1 (official build))",
  );
});

test("statuses", () => {
  expect([60, 62, 516, 194, 48, 159, 395].map(httpStatus)).toEqual([404, 400, 403, 401, 501, 408, 500]);
});
