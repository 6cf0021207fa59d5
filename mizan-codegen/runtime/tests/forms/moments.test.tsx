// @vitest-environment happy-dom
import { act, cleanup, fireEvent } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AutoForm } from "../../../tests/cases/forms/expected/forms";
import type { FieldDefinition, FormDefinition } from "../../forms/definition";
import {
  formatMoment,
  formatMomentInUtc,
  parseMoment,
} from "../../forms/moments";
import { ServerErrors } from "../../forms/serverErrors";
import { parseControlValue } from "../../forms/values";
import { encodeUntyped } from "../../codecs/untyped";
import { decodeValue } from "../../forms/wire";
import { parseJson, stringifyJson } from "../../transport/json";
import {
  control,
  createFormServer,
  errorOf,
  fillIn,
  press,
  show,
  type FormServer,
} from "../support/formPage";

/** Runs a test in a time zone. Node.js reads the variable for each `Date`. */
function inZone(zone: string, test: () => void | Promise<void>) {
  return async () => {
    vi.stubEnv("TZ", zone);
    try {
      await test();
    } finally {
      vi.unstubAllEnvs();
    }
  };
}

describe("a moment in a control", () => {
  it(
    "is in the zone of the user",
    inZone("Europe/Berlin", () => {
      const winter = new Date("2026-01-31T17:30:00Z");
      expect(formatMoment(winter)).toBe("2026-01-31T18:30");
      expect(formatMomentInUtc(winter)).toBe("2026-01-31T17:30");
      expect(parseMoment("2026-01-31T18:30")).toEqual(winter);
      expect(parseMoment("2026-07-31T18:30")?.toISOString()).toBe(
        "2026-07-31T16:30:00.000Z",
      );
    }),
  );

  it(
    "keeps seconds and milliseconds",
    inZone("Asia/Kathmandu", () => {
      const date = new Date("2026-01-31T17:30:15.120Z");
      expect(formatMoment(date)).toBe("2026-01-31T23:15:15.120");
      expect(parseMoment("2026-01-31T23:15:15.12")).toEqual(date);
      expect(parseMoment("2026-01-31T23:15:00")?.getSeconds()).toBe(0);
    }),
  );

  it(
    "does not exist while the clocks are moved forward",
    inZone("Europe/Berlin", () => {
      expect(parseMoment("2026-03-29T01:59")).toBeDefined();
      expect(parseMoment("2026-03-29T02:30")).toBeUndefined();
      expect(parseMoment("2026-03-29T03:00")).toBeDefined();
    }),
  );

  it(
    "is the earlier one of a time that occurs twice",
    inZone("Europe/Berlin", () => {
      expect(parseMoment("2026-10-25T02:30")?.toISOString()).toBe(
        "2026-10-25T00:30:00.000Z",
      );
    }),
  );

  it(
    "does not exist on a day that the zone skipped",
    inZone("Pacific/Apia", () => {
      expect(parseMoment("2011-12-30T12:00")).toBeUndefined();
      expect(parseMoment("2011-12-31T12:00")).toBeDefined();
    }),
  );

  it(
    "is exact for every hour of several years",
    inZone("America/New_York", () => {
      const start = Date.UTC(2024, 0, 1);
      for (let hour = 0; hour < 26_000; hour += 1) {
        const date = new Date(start + hour * 3_600_000);
        const parsed = parseMoment(formatMoment(date));
        const earlier = new Date(date.getTime() - 3_600_000);
        expect([date.getTime(), earlier.getTime()]).toContain(
          parsed?.getTime(),
        );
      }
    }),
  );

  it.each(["", "now", "2026-02-30T10:00", "2026-01-31", "12345-01-31T10:00"])(
    "is none for %j",
    (text) => {
      expect(parseMoment(text)).toBeUndefined();
    },
  );

  it("has years of four digits", () => {
    expect(parseMoment("0012-01-31T10:00")?.getFullYear()).toBe(12);
  });
});

let server: FormServer;

beforeEach(() => {
  server = createFormServer();
});
afterEach(cleanup);

/** Returns a form whose schema accepts values of a class. */
function formOf(
  field: Omit<FieldDefinition, "name" | "label">,
  accepts: (value: unknown) => boolean,
): FormDefinition {
  return {
    name: "contact",
    fields: [{ name: "value", label: "Value", ...field }],
    schema: {
      "~standard": {
        validate: (values) =>
          accepts((values as { readonly value?: unknown }).value)
            ? { value: values as object }
            : { issues: [{ message: "Must be date.", path: ["value"] }] },
      },
    },
  };
}

const momentForm = formOf(
  { widget: "datetime-local", type: "date", required: true },
  (value) => value instanceof Date,
);

const idForm = formOf(
  { widget: "number", type: "bigint" },
  (value) => typeof value === "bigint",
);

async function submitted(): Promise<unknown> {
  await press("Submit");
  await vi.waitFor(() =>
    expect(server.calls("contact.submit")).toHaveLength(1),
  );
  return server.calls("contact.submit")[0]?.body;
}

describe("a form with a moment", () => {
  it(
    "shows a stored moment, and sends the chosen one",
    inZone("Europe/Berlin", async () => {
      server.state = { values: { value: "2026-01-31T17:30:00Z" } };
      await show(server, <AutoForm of={momentForm} />);
      expect(control("Value").value).toBe("2026-01-31T18:30");
      await fillIn("Value", "2026-02-01T09:00");
      expect(await submitted()).toEqual({ value: "2026-02-01T08:00:00.000Z" });
    }),
  );

  it(
    "keeps a stored moment that occurs twice",
    inZone("Europe/Berlin", async () => {
      server.state = { values: { value: "2026-10-25T01:30:00Z" } };
      await show(server, <AutoForm of={momentForm} />);
      expect(control("Value").value).toBe("2026-10-25T02:30");
      expect(await submitted()).toEqual({ value: "2026-10-25T01:30:00.000Z" });
    }),
  );

  it(
    "explains that a time does not exist",
    inZone("Europe/Berlin", async () => {
      await show(server, <AutoForm of={momentForm} />);
      await fillIn("Value", "2026-03-29T02:30");
      expect(errorOf("Value")).toContain("This time does not exist");
      await press("Submit");
      expect(server.calls("contact.submit")).toEqual([]);
    }),
  );
});

describe("a form with an integer of 64 bits", () => {
  it("shows and sends it exactly", async () => {
    server.stateText = (json) =>
      json.replace('"values":{}', '"values":{"value":9007199254740993}');
    await show(server, <AutoForm of={idForm} />);
    expect(control("Value").value).toBe("9007199254740993");
    await press("Submit");
    await vi.waitFor(() =>
      expect(server.texts("contact.submit")).toEqual([
        '{"value":9007199254740993}',
      ]),
    );
  });

  it("sends the digits that the user enters", async () => {
    await show(server, <AutoForm of={idForm} />);
    await act(async () => {
      fireEvent.change(control("Value"), {
        target: { value: "18446744073709551615" },
      });
    });
    await press("Submit");
    await vi.waitFor(() =>
      expect(server.texts("contact.submit")).toEqual([
        '{"value":18446744073709551615}',
      ]),
    );
  });
});

describe("values on the wire", () => {
  const field = (type: "bigint" | "date") =>
    ({ widget: "text", type }) as const;

  it("round-trip exactly", () => {
    for (const integer of [
      0n,
      7n,
      9_007_199_254_740_993n,
      -9_223_372_036_854_775_808n,
      18_446_744_073_709_551_615n,
    ]) {
      const json = stringifyJson(encodeUntyped({ id: integer })) ?? "";
      expect(json).toBe(`{"id":${integer}}`);
      const { id } = parseJson(json) as { readonly id: unknown };
      expect(decodeValue(field("bigint"), id)).toBe(integer);
    }
  });

  it("keep text that is not valid", () => {
    expect(decodeValue(field("bigint"), "seven")).toBe("seven");
    expect(decodeValue(field("date"), "now")).toBe("now");
    expect(decodeValue(field("date"), null)).toBeNull();
  });

  it.each([
    ["7", 7n],
    ["05", 5n],
    ["1.0", 1n],
    ["1e1", 10n],
    ["-0", 0n],
    ["9007199254740993", 9_007_199_254_740_993n],
    ["9007199254740993.0", 9_007_199_254_740_993n],
    ["1.5", "1.5"],
    ["x", "x"],
    ["", null],
  ])("are parsed from %j", (text, value) => {
    expect(parseControlValue({ widget: "number", type: "bigint" }, text)).toBe(
      value,
    );
  });

  it("that are equal dates have the same errors of the server", () => {
    const errors = new ServerErrors();
    errors.recordCheck("at", { at: new Date(1) }, ["is taken"]);
    expect(errors.messagesFor({ at: new Date(1) })).toEqual({
      at: ["is taken"],
    });
    expect(errors.messagesFor({ at: new Date(2) })).toEqual({});
  });
});
