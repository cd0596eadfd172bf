import { describe, expect, it } from "vitest";
import { destructiveGrants } from "./rights.ts";

describe("destructiveGrants", () => {
  it.each<[string, readonly string[], readonly string[] | undefined]>([
    ["a worker's own user", ["GRANT SELECT, INSERT, CREATE TABLE, CREATE VIEW ON shop.* TO hydrograph"], []],
    ["everything", ["GRANT ALL ON *.* TO admin WITH GRANT OPTION"], ["ALL"]],
    ["some", ["GRANT SELECT, ALTER DELETE, DROP TABLE, UNDROP TABLE ON shop.events TO u"], ["ALTER DELETE", "DROP TABLE"]],
    ["columns with commas", ["GRANT SELECT(a, b), DROP ON `shop`.* TO u"], ["DROP"]],
    ["another database", ["GRANT ALL ON other.* TO u"], []],
    ["an exception", ["GRANT SELECT, DROP ON *.* TO u", "REVOKE DROP ON shop.* FROM u"], []],
    ["roles, which may hold anything", ["GRANT writer TO u"], undefined],
    ["roles beside a right of its own", ["GRANT TRUNCATE ON shop.* TO u", "GRANT writer TO u"], ["TRUNCATE"]],
    ["rights that have no table", ["GRANT SET DEFINER ON * TO u", "GRANT SOURCES ON *.* TO u"], []],
  ])("reads %s", (_what, lines, rights) => {
    expect(destructiveGrants(lines, "shop")).toEqual(rights);
  });
});
