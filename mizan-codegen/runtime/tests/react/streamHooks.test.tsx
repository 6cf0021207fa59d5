// @vitest-environment happy-dom
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, describe, expect, it } from "vitest";
import {
  createApi,
  type Api,
} from "../../../tests/cases/streams/expected/client";
import { useStreamOf, type StreamResult } from "../../react";
import type { CallError } from "../../transport";
import { eventStream, type EventStreamResponse } from "../support/eventStreams";
import { fakeServer } from "../support/server";

afterEach(cleanup);

function setUp(): {
  readonly api: Api;
  readonly streams: EventStreamResponse[];
  readonly latest: () => EventStreamResponse;
} {
  const streams: EventStreamResponse[] = [];
  const { fetch } = fakeServer(() => {
    const stream = eventStream();
    streams.push(stream);
    return stream.response;
  });
  return {
    api: createApi({ fetch }),
    streams,
    latest: () => streams[streams.length - 1]!,
  };
}

interface Props {
  readonly api: Api;
  readonly enabled?: boolean;
  readonly onResult?: (result: StreamResult<string, CallError>) => void;
}

function Lines({ api, enabled, onResult }: Props): ReactNode {
  const result = useStreamOf<void, string, CallError, string>(
    api.lines,
    undefined,
    { enabled, initial: "", reduce: (text, line) => text + line },
  );
  onResult?.(result);
  const { data, status, error } = result;
  return <p role="status">{`${status} ${data} ${error?.code ?? ""}`}</p>;
}

const shown = (): string => screen.getByRole("status").innerHTML.trim();

describe("useStreamOf", () => {
  it("shows the parts as they arrive, and the end", async () => {
    const { api, streams, latest } = setUp();
    render(
      <StrictMode>
        <Lines api={api} />
      </StrictMode>,
    );
    expect(shown()).toBe("idle");
    await waitFor(() => expect(shown()).toBe("pending"));
    await waitFor(() => expect(streams).toHaveLength(1));
    latest().write('data: "a"\n\n');
    await waitFor(() => expect(shown()).toBe("streaming a"));
    latest().write('data: "b"\n\ndata: "c"\n\n');
    await waitFor(() => expect(shown()).toBe("streaming abc"));
    latest().write("event: end\ndata: {}\n\n");
    await waitFor(() => expect(shown()).toBe("done abc"));
    // The strict mode mounts a component twice.
    expect(streams).toHaveLength(1);
  });

  it("keeps the data when an error ends the stream", async () => {
    const { api, streams, latest } = setUp();
    render(<Lines api={api} />);
    await waitFor(() => expect(streams).toHaveLength(1));
    latest().write(
      'data: "a"\n\nevent: problem\ndata: {"code":"conflict","status":409}\n\n',
    );
    await waitFor(() => expect(shown()).toBe("error a conflict"));
  });

  it("ends the stream when the component is unmounted", async () => {
    const { api, streams, latest } = setUp();
    const { unmount } = render(<Lines api={api} />);
    await waitFor(() => expect(streams).toHaveLength(1));
    latest().write('data: "a"\n\n');
    await waitFor(() => expect(shown()).toBe("streaming a"));
    unmount();
    await waitFor(() => expect(latest().isCancelled).toBe(true));
  });

  it("stops and starts again", async () => {
    const { api, streams, latest } = setUp();
    let result!: StreamResult<string, CallError>;
    render(<Lines api={api} onResult={(given) => (result = given)} />);
    await waitFor(() => expect(streams).toHaveLength(1));
    latest().write('data: "a"\n\n');
    await waitFor(() => expect(shown()).toBe("streaming a"));
    await act(() => result.stop());
    expect(shown()).toBe("stopped a");
    expect(latest().isCancelled).toBe(true);
    act(() => result.restart());
    expect(shown()).toBe("pending");
    await waitFor(() => expect(streams).toHaveLength(2));
    latest().write('data: "b"\n\nevent: end\ndata: {}\n\n');
    await waitFor(() => expect(shown()).toBe("done b"));
  });

  it("waits until it is enabled", async () => {
    const { api, streams } = setUp();
    const { rerender } = render(<Lines api={api} enabled={false} />);
    await act(() => new Promise((resolve) => setTimeout(resolve)));
    expect(shown()).toBe("idle");
    expect(streams).toEqual([]);
    rerender(<Lines api={api} enabled />);
    await waitFor(() => expect(streams).toHaveLength(1));
  });

  it("requests nothing during server rendering", () => {
    const { api, streams } = setUp();
    expect(renderToString(<Lines api={api} />)).toContain("idle");
    expect(streams).toEqual([]);
  });
});
