import { ClickHouseError } from "@clickhouse/client";
import { describe, expect, it } from "vitest";
import { toFailure, type FailureKind } from "./errors.ts";

/** Codes that no engine can be brought to answer in a test, with the names that ClickHouse 26.7 gives them (`errorCodeToName`). */
const CODES: readonly [FailureKind, readonly (readonly [number, string])[]][] = [
  [
    "retry",
    [
      [3, "UNEXPECTED_END_OF_FILE"],
      [40, "CHECKSUM_DOESNT_MATCH"],
      [107, "FILE_DOESNT_EXIST"],
      [198, "DNS_ERROR"],
      [209, "SOCKET_TIMEOUT"],
      [210, "NETWORK_ERROR"],
      [236, "ABORTED"],
      [242, "TABLE_IS_READ_ONLY"],
      [285, "TOO_FEW_LIVE_REPLICAS"],
      [319, "UNKNOWN_STATUS_OF_INSERT"],
      [394, "QUERY_WAS_CANCELLED"],
      [425, "SYSTEM_ERROR"],
      [999, "KEEPER_EXCEPTION"],
      [1000, "POCO_EXCEPTION"],
      [1001, "STD_EXCEPTION"],
      [123_456, "SOMETHING_NEW"],
    ],
  ],
  [
    "slow-down",
    [
      [201, "QUOTA_EXCEEDED"],
      [202, "TOO_MANY_SIMULTANEOUS_QUERIES"],
      [252, "TOO_MANY_PARTS"],
      [364, "RECEIVED_ERROR_TOO_MANY_REQUESTS"],
      [439, "CANNOT_SCHEDULE_TASK"],
      [745, "SERVER_OVERLOADED"],
    ],
  ],
  [
    "pause",
    [
      [164, "READONLY"],
      [243, "NOT_ENOUGH_SPACE"],
      [392, "QUERY_IS_PROHIBITED"],
      [452, "SETTING_CONSTRAINT_VIOLATION"],
      [472, "READONLY_SETTING"],
      [497, "ACCESS_DENIED"],
      [516, "AUTHENTICATION_FAILED"],
      [720, "USER_EXPIRED"],
      [774, "TABLE_IS_PERMANENTLY_READ_ONLY"],
    ],
  ],
  [
    "bad-data",
    [
      [25, "CANNOT_PARSE_ESCAPE_SEQUENCE"],
      [130, "CANNOT_READ_ARRAY_FROM_TEXT"],
      [376, "CANNOT_PARSE_UUID"],
      [645, "NUMBER_OF_DIMENSIONS_MISMATCHED"],
    ],
  ],
  [
    "bad-statement",
    [
      [49, "LOGICAL_ERROR"],
      [53, "TYPE_MISMATCH"],
    ],
  ],
];

describe("what a code of ClickHouse's means", () => {
  it.each(CODES.flatMap(([kind, codes]) => codes.map(([code, name]) => ({ code, name, kind }))))(
    "$name ($code): $kind",
    ({ code, kind, name }) => {
      const failure = toFailure(new ClickHouseError({ message: "violet-4711", code: String(code), type: name }), "Insert into events");
      expect(failure).toMatchObject({ kind, code });
      expect(failure.message).toMatch(new RegExp(`^Insert into events: ClickHouse answered ${name} \\(code ${code}\\)(: [^.]+)?\\.$`));
    },
  );
});
