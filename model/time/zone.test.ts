import { describe, expect, it } from "vitest";
import { isTimeZone } from "./zone.ts";

describe("isTimeZone", () => {
  it.each(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "Australia/Lord_Howe", "Etc/GMT+5"])(
    "%s",
    (name) => {
      expect(isTimeZone(name)).toBe(true);
    },
  );

  it.each(["", "+02:00", "-0500", "Europe/Atlantis", "Berlin", "UTC+1", " UTC", "UTC\n", "../etc/passwd", "CEST?"])(
    "%j is none",
    (name) => {
      expect(isTimeZone(name)).toBe(false);
    },
  );
});
