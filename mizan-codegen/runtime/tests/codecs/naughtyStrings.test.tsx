import { renderToString } from "react-dom/server";
import type { ReactNode } from "react";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { linesChannel } from "../../../tests/cases/values_server/expected/channels";
import {
  createApi,
  type Api,
} from "../../../tests/cases/values_server/expected/client";
import {
  MizanProvider,
  TextProvider,
  useText,
} from "../../../tests/cases/values_server/expected/react";
import { subscribe } from "../../channels";
import { createQueryClient } from "../../react";
import { WebSocket } from "../support/liveServer.mjs";
import {
  naughtyStrings,
  program,
  startValuesServer,
  type ValuesServer,
} from "../support/valuesServer.mjs";

describe.skipIf(!program)("strings that often cause bugs", () => {
  let server: ValuesServer;
  let api: Api;
  beforeAll(async () => {
    server = await startValuesServer();
    api = createApi(server);
  });
  afterAll(() => server.close());

  /** Compares what `echo` returns for each string. */
  async function expectUnchanged(
    echo: (text: string) => Promise<unknown>,
    strings = naughtyStrings,
  ): Promise<void> {
    for (const text of strings) expect(await echo(text)).toBe(text);
  }

  it("come back from a function", () =>
    expectUnchanged((text) => api.echo({ text })));

  it("come back from a context", () =>
    expectUnchanged(async (text) => {
      const queryClient = createQueryClient();
      await queryClient.fetchQuery(api.text.queryOptions({ text }));
      let received: string | undefined;
      function Text(): ReactNode {
        received = useText();
        return received;
      }
      renderToString(
        <MizanProvider api={api} queryClient={queryClient}>
          <TextProvider text={text}>
            <Text />
          </TextProvider>
        </MizanProvider>,
      );
      return received;
    }));

  it("come back from a form", () =>
    expectUnchanged(
      async (text) => (await api.forms.note.submit({ text })).text,
    ));

  it("come back from a channel, as params, messages and replies", async () => {
    vi.stubGlobal("WebSocket", WebSocket);
    const atOnce = { interval: 1, timeout: 5_000 };
    let current = api;
    let count = 0;
    await expectUnchanged(async (text) => {
      // A connection has at most 100 subscriptions, and keeps those that were closed for a moment.
      if (count++ % 50 === 0) current = createApi(server);
      const lines = subscribe(current, linesChannel, { name: text });
      try {
        const reply = await lines.send(text);
        const message = await vi.waitFor(() => {
          const [received] = lines.state.messages;
          if (!received) throw new Error("the message is missing");
          return received.data;
        }, atOnce);
        expect(message).toEqual({ name: text, text });
        return reply;
      } finally {
        lines.close();
      }
    });
  });
});
