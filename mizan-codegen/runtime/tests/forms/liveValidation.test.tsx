// @vitest-environment happy-dom
import { act, cleanup, fireEvent, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  AutoForm,
  contactForm,
} from "../../../tests/cases/forms/expected/forms";
import {
  control,
  createFormServer,
  errorOf,
  fillIn,
  leave,
  press,
  show,
  type FormServer,
  type Validation,
} from "../support/formPage";
import { json, problem } from "../support/server";

let server: FormServer;

beforeEach(() => {
  server = createFormServer();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function page(): ReactNode {
  return <AutoForm of={contactForm} onSuccess={() => undefined} />;
}

async function showAndStopTime(): Promise<void> {
  await show(server, page());
  // Loads the schema, because loading takes real time.
  await contactForm.schema["~standard"].validate({});
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
}

async function wait(milliseconds: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(milliseconds));
}

async function type(label: string, value: string): Promise<void> {
  await act(async () => {
    fireEvent.change(control(label), { target: { value } });
  });
}

function questions(): readonly (readonly [unknown, unknown])[] {
  return server.calls("contact.validate").map(({ body }) => {
    const { values, fields } = body as Validation;
    return [fields, values["email"]] as const;
  });
}

describe("live validation by the server", () => {
  it("validates a field after its first blur and a pause, in the body of a POST", async () => {
    server.validate = () => json({ errors: { email: ["is taken"] } });
    await showAndStopTime();
    await type("Email", "ada@example.com");
    await wait(1_000);
    expect(questions()).toEqual([]);
    await leave("Email");
    await wait(299);
    expect(questions()).toEqual([]);
    await wait(1);
    expect(questions()).toEqual([[["email"], "ada@example.com"]]);
    expect(server.calls("contact.validate")[0]).toMatchObject({
      method: "POST",
      url: "/api/mizan/call/contact.validate",
    });
    expect(errorOf("Email")).toBe("is taken");
    await leave("Email");
    await wait(1_000);
    expect(errorOf("Email")).toBe("is taken");
    expect(questions()).toHaveLength(1);
  });

  it("does not validate invalid or unchanged values on the server", async () => {
    await showAndStopTime();
    await fillIn("Email", "ada.example");
    await leave("Your name");
    await wait(1_000);
    expect(questions()).toEqual([]);
    await type("Email", "ada@example.com");
    await wait(300);
    expect(questions()).toEqual([[["email"], "ada@example.com"]]);
  });

  it("cancels an outdated request and ignores its reply", async () => {
    const answers: ((errors: object) => void)[] = [];
    server.validate = () =>
      new Promise((resolve) =>
        answers.push((errors) => resolve(json({ errors }))),
      );
    await showAndStopTime();
    await fillIn("Email", "a@example.com");
    await wait(300);
    await type("Email", "b@example.com");
    expect(server.calls("contact.validate")[0]?.signal?.aborted).toBe(true);
    await type("Email", "c@example.com");
    await wait(300);
    expect(questions().map(([, email]) => email)).toEqual([
      "a@example.com",
      "c@example.com",
    ]);
    await act(async () => answers[1]?.({}));
    await act(async () => answers[0]?.({ email: ["is taken"] }));
    await wait(0);
    expect(errorOf("Email")).toBeNull();
  });

  it("includes the fields of a cancelled request in the next one", async () => {
    server.validate = () => new Promise(() => undefined);
    await showAndStopTime();
    await fillIn("Email", "a@example.com");
    await wait(300);
    await fillIn("Your name", "Ada");
    await wait(300);
    expect(questions().map(([fields]) => fields)).toEqual([
      ["email"],
      ["email", "name"],
    ]);
  });

  it("validates a field in a row and shows the error there", async () => {
    server.validate = ({ fields }) =>
      json({ errors: { [fields[0] ?? ""]: ["is not connected"] } });
    await showAndStopTime();
    await press("Add");
    await fillIn("Number", "123");
    await wait(300);
    expect(questions().map(([fields]) => fields)).toEqual([
      ["phones.0.number"],
    ]);
    expect(errorOf("Number")).toBe("is not connected");
  });

  it("shows no error if the server fails", async () => {
    server.validate = () => problem(503, "unavailable");
    await showAndStopTime();
    await fillIn("Email", "a@example.com");
    await wait(300);
    expect(questions()).toHaveLength(1);
    expect(errorOf("Email")).toBeNull();
  });

  it("stops for a submission, which an earlier error does not block", async () => {
    server.validate = () => json({ errors: { email: ["is taken"] } });
    await showAndStopTime();
    await fillIn("Your name", "Ada");
    await fillIn("Message", "Hello");
    await fillIn("Email", "ada@example.com");
    await wait(300);
    expect(errorOf("Email")).toBe("is taken");
    await type("Your name", "Bo");
    await press("Submit");
    await wait(1_000);
    expect(server.calls("contact.submit")).toHaveLength(1);
    expect(server.calls("contact.validate")).toHaveLength(1);
  });

  it("validates a submitted value again after a success", async () => {
    await showAndStopTime();
    await fillIn("Your name", "Ada");
    await fillIn("Message", "Hello");
    await type("Email", "ada@example.com");
    await press("Submit");
    await wait(1_000);
    expect(server.calls("contact.submit")).toHaveLength(1);
    expect(control("Email").value).toBe("");
    const before = questions().length;
    server.validate = () => json({ errors: { email: ["is taken"] } });
    await fillIn("Email", "ada@example.com");
    await wait(1_000);
    expect(questions()).toHaveLength(before + 1);
    expect(errorOf("Email")).toBe("is taken");
  });

  it("never replaces the errors of a submission, even if a click defers it", async () => {
    const refused = { email: ["is not the address of your account"] };
    server.submit = () => problem(422, "invalid", { fields: refused });
    await showAndStopTime();
    await fillIn("Your name", "Ada");
    await fillIn("Message", "Hello");
    await type("Email", "ada@example.com");
    const button = screen.getByRole("button", { name: "Submit" });
    fireEvent.pointerDown(button);
    await leave("Email");
    await wait(110);
    fireEvent.pointerUp(button);
    await press("Submit");
    await wait(1_000);
    expect(server.calls("contact.submit")).toHaveLength(1);
    expect(questions()).toEqual([]);
    expect(errorOf("Email")).toBe("is not the address of your account");
    await leave("Email");
    await wait(1_000);
    expect(errorOf("Email")).toBe("is not the address of your account");
    // Another value is validated again, and the old one is still rejected afterwards.
    await type("Email", "bob@example.com");
    await wait(1_000);
    expect(questions()).toEqual([[["email"], "bob@example.com"]]);
    expect(errorOf("Email")).toBeNull();
    await type("Email", "ada@example.com");
    await wait(1_000);
    expect(questions()).toHaveLength(1);
    expect(errorOf("Email")).toBe("is not the address of your account");
  });

  it("shows the errors of changed values at the top, with their label", async () => {
    let refuse = (): void => undefined;
    server.submit = () =>
      new Promise((resolve) => {
        const fields = { email: ["is taken"] };
        refuse = () => resolve(problem(422, "invalid", { fields }));
      });
    await showAndStopTime();
    await fillIn("Your name", "Ada");
    await fillIn("Message", "Hello");
    await fillIn("Email", "ada@example.com");
    await press("Submit");
    await type("Email", "bob@example.com");
    await act(async () => refuse());
    await wait(1_000);
    expect(errorOf("Email")).toBeNull();
    expect(screen.getByRole("alert").textContent).toBe("Email: is taken");
  });
});
