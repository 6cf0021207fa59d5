// @vitest-environment happy-dom
import { act, cleanup, fireEvent, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "../../../tests/cases/forms/expected/client";
import {
  useContactForm,
  type ContactFormTypes,
  type Form,
} from "../../../tests/cases/forms/expected/forms";
import {
  control,
  createFormServer,
  errorOf,
  fillIn,
  press,
  show,
  stateOf,
} from "../support/formPage";
import { fakeServer, json } from "../support/server";

let form: Form<ContactFormTypes>;

/** Fake of the browser's class that the tests control. */
class FakeRequest {
  static last: FakeRequest;
  upload: { onprogress?: (event: object) => void } = {};
  headers = new Headers();
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  responseType = "";
  status = 0;
  statusText = "";
  response = new ArrayBuffer(0);
  url = "";
  body: FormData | undefined;
  constructor() {
    FakeRequest.last = this;
  }
  open(_method: string, url: string): void {
    this.url = url;
  }
  setRequestHeader(name: string, value: string): void {
    this.headers.set(name, value);
  }
  getAllResponseHeaders(): string {
    return "content-type: application/json\r\nmizan-affects: posts\r\n";
  }
  send(body: FormData): void {
    this.body = body;
  }
  abort(): void {
    this.onabort?.();
  }
  answer(status: number, body: unknown): void {
    this.status = status;
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    this.response = Uint8Array.from(bytes).buffer;
    this.onload?.();
  }
}

function Contact(): ReactNode {
  form = useContactForm({ onSuccess: () => undefined });
  return (
    <form.Form>
      <form.Errors />
      <form.Field name="name" />
      <form.Field name="email" />
      <form.Field name="message" />
      <form.Field name="image" />
      <form.Submit>Send</form.Submit>
    </form.Form>
  );
}

async function choose(file: File): Promise<void> {
  await act(async () => {
    const input = control("Image");
    Object.defineProperty(input, "files", {
      configurable: true,
      value: [file],
    });
    fireEvent.change(input);
    fireEvent.blur(input);
  });
}

const image = new File(["png"], "me.png", { type: "image/png" });

async function fillInAll(): Promise<void> {
  await fillIn("Your name", "Ada");
  await fillIn("Email", "ada@example.com");
  await fillIn("Message", "Hello");
  await choose(image);
}

beforeEach(async () => {
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  const { fetch } = fakeServer(({ url }) =>
    json(url.includes(".state") ? stateOf({}, "token-1") : { errors: {} }),
  );
  vi.stubGlobal("fetch", fetch);
  const server = { ...createFormServer(), api: createApi() };
  await show(server, <Contact />);
});
afterEach(cleanup);

describe("a form with a file", () => {
  it("is sent as multipart with JSON and file, and reports its progress", async () => {
    await fillInAll();
    await press("Send");
    await waitFor(() => expect(form.progress).toBe(0));
    const request = FakeRequest.last;
    expect(request.url).toBe("/api/mizan/call/contact.submit");
    expect(request.headers.get("idempotency-key")).toBe("token-1");
    expect(request.headers.has("content-type")).toBe(false);
    expect([...(request.body?.keys() ?? [])]).toEqual(["input", "image"]);
    expect(JSON.parse(request.body?.get("input") as string)).toEqual({
      name: "Ada",
      email: "ada@example.com",
      message: "Hello",
      country: null,
      phones: [],
    });
    expect((request.body?.get("image") as File).name).toBe("me.png");
    await act(async () =>
      request.upload.onprogress?.({
        lengthComputable: true,
        loaded: 1,
        total: 4,
      }),
    );
    expect(form.progress).toBe(0.25);
    await act(async () => request.answer(200, { sent: true }));
    await waitFor(() => expect(form.sent).toBe(true));
    expect(form.progress).toBeUndefined();
    expect(form.rhf.getValues("image")).toBeNull();
  });

  it("shows the server's errors of the file at its field", async () => {
    await fillInAll();
    await press("Send");
    await waitFor(() => expect(form.progress).toBe(0));
    const refused = {
      code: "invalid",
      status: 422,
      fields: {
        image: ["The content of the file does not match its type, image/png."],
      },
    };
    await act(async () => FakeRequest.last.answer(422, refused));
    await waitFor(() =>
      expect(errorOf("Image")).toBe(
        "The content of the file does not match its type, image/png.",
      ),
    );
    expect(form.rhf.getValues("image")).toBe(image);
  });

  it("fails like another call if the upload is interrupted", async () => {
    await fillInAll();
    await press("Send");
    await waitFor(() => expect(form.progress).toBe(0));
    await act(async () => FakeRequest.last.onerror?.());
    await waitFor(() =>
      expect(document.querySelector("[role=alert]")?.textContent).toBe(
        "The server could not be reached.",
      ),
    );
    expect(form.progress).toBeUndefined();
  });

  it("rejects files that the field does not accept before sending", async () => {
    await choose(new File(["gif"], "me.gif", { type: "image/gif" }));
    await waitFor(() =>
      expect(errorOf("Image")).toBe(
        "Choose a file of type image/png, image/jpeg.",
      ),
    );
  });
});

describe("a call with a file", () => {
  it("does not need a form", async () => {
    const bodies: (BodyInit | null | undefined)[] = [];
    const api = createApi({
      fetch: async (_url, init) => {
        bodies.push(init?.body);
        return json({ sent: true });
      },
    });
    const values = { name: "Ada", email: "a@b.de", message: "Hi", phones: [] };
    await api.forms.contact.submit({ ...values, image });
    expect([...(bodies[0] as FormData).keys()]).toEqual(["input", "image"]);
    await expect(api.forms.contact.submit(values)).resolves.toEqual({
      sent: true,
    });
    expect(bodies[1]).toBe(JSON.stringify(values));
  });
});
