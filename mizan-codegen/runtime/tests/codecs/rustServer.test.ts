import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApi } from "../../../tests/cases/values_server/expected/client";
import type { GenerateInput } from "../../../tests/cases/values_server/expected/types";
import { createApi as createTemporalApi } from "../../../tests/cases/temporal/expected/client";
import {
  manifestOfServer,
  program,
  startValuesServer,
  type ValuesServer,
} from "../support/valuesServer.mjs";

interface Received<T> {
  seed: number;
  nanoseconds: boolean;
  values: T[];
}

describe.skipIf(!program)("values of a server in Rust", () => {
  let server: ValuesServer;
  beforeAll(async () => {
    server = await startValuesServer();
  });
  afterAll(() => server.close());

  // `npx vitest run -u` updates the manifest. The golden cases are generated from it.
  it("have types that are described by the manifest", async () => {
    await expect(manifestOfServer()).toMatchFileSnapshot(
      "../../../tests/cases/values_server/manifest.json",
    );
  });

  /** Returns what the server noticed, for values of several seeds. */
  async function roundTrips<T>(
    generate: (input: GenerateInput) => Promise<T[]>,
    difference: (input: Received<T>) => Promise<string | null>,
    nanoseconds: boolean,
  ): Promise<(string | null)[]> {
    const seeds = Array.from({ length: 10 }, async (_, seed) => {
      // Each value contains all types, most of them several times.
      const values = await generate({ seed, count: 300, nanoseconds });
      expect(values).toHaveLength(300);
      return difference({ seed, nanoseconds, values });
    });
    return Promise.all(seeds);
  }

  const patient = { timeout: 60_000 };

  it("survive the way to a client and back", patient, async () => {
    const { generate, difference } = createApi(server);
    const found = await roundTrips(generate, difference, false);
    expect(found.filter((text) => text !== null)).toEqual([]);
  });

  it("survive the way to a client with `Temporal`", patient, async () => {
    const { generate, difference } = createTemporalApi(server);
    const found = await roundTrips(generate, difference, true);
    expect(found.filter((text) => text !== null)).toEqual([]);
  });

  it("that are changed are noticed", async () => {
    const api = createApi(server);
    const options = { seed: 1, nanoseconds: false };
    const values = await api.generate({ ...options, count: 2 });
    values[1]!.numbers.int64 += 1n;
    expect(await api.difference({ ...options, values })).toMatch(
      /^int64: .* instead of int64: /,
    );
  });
});
