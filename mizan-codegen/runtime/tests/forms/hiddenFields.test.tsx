// @vitest-environment happy-dom
import { cleanup } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  AutoForm,
  everythingForm,
} from "../../../tests/cases/forms/expected/forms";
import {
  createFormServer,
  press,
  show,
  type FormServer,
} from "../support/formPage";

let server: FormServer;

beforeEach(() => {
  server = createFormServer();
});
afterEach(cleanup);

describe("a hidden field", () => {
  it("shows its error at the top when the form is submitted", async () => {
    server.state = {
      values: {
        password: "correct horse",
        tel: "+49 30",
        number: 5,
        decimal: "1.50",
        date: "2026-01-31",
        plan: "free",
        level: 1,
        days: [1],
        address: { street: "Main", city: "Town" },
        teams: [{ title: "T" }],
        secret: "two\nlines",
      },
    };
    await show(server, <AutoForm of={everythingForm} />);
    await press("Submit");
    await vi.waitFor(() =>
      expect(document.querySelector("[role=alert]")?.textContent).toBe(
        "Secret: Must be one line without control characters.",
      ),
    );
    expect(server.calls("everything.submit")).toEqual([]);
  });
});
