// @vitest-environment happy-dom
import { cleanup } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  AutoForm,
  everythingForm,
} from "../../../tests/cases/forms/expected/forms";
import { useApi } from "../../../tests/cases/forms/expected/react";
import type { FormDefinition } from "../../forms/definition";
import { useFormOf } from "../../forms/useForm";
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

/** A form with a hidden field whose value is invalid. */
const tokenForm: FormDefinition = {
  name: "contact",
  fields: [
    { name: "token", label: "Token", widget: "hidden", required: true },
    { name: "text", label: "Text", widget: "text" },
  ],
  schema: {
    "~standard": {
      validate: () => ({
        issues: [{ message: "This field is required.", path: ["token"] }],
      }),
    },
  },
};

function summaries(): (string | null)[] {
  return [...document.querySelectorAll("[role=alert]")].map(
    ({ textContent }) => textContent,
  );
}

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
      expect(summaries()).toEqual([
        "Secret: Must be one line without control characters.",
      ]),
    );
    expect(server.calls("everything.submit")).toEqual([]);
  });

  function WithoutSummary(): ReactNode {
    const form = useFormOf(tokenForm, useApi());
    return (
      <form.Form>
        <form.Field name="token" />
        <form.Submit>Submit</form.Submit>
      </form.Form>
    );
  }

  function WithoutField(): ReactNode {
    const form = useFormOf(tokenForm, useApi());
    return (
      <form.Form>
        <form.Errors />
        <form.Field name="text" />
        <form.Submit>Submit</form.Submit>
      </form.Form>
    );
  }

  it.each([
    ["a form of all fields", <AutoForm of={tokenForm} key="all" />],
    ["a form without a summary", <WithoutSummary key="own" />],
    ["a form without the field", <WithoutField key="short" />],
  ])("that is required and empty shows its error in %s", async (_, page) => {
    await show(server, page);
    await press("Submit");
    await vi.waitFor(() =>
      expect(summaries().join("")).toBe("Token: This field is required."),
    );
    expect(server.calls("contact.submit")).toEqual([]);
  });
});
