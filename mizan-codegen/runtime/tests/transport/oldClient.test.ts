import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApi } from "../../../tests/cases/versions_old/expected/client";
import type { RenameError } from "../../../tests/cases/versions_old/expected/types";
import {
  oldManifest,
  program,
  startVersionsServer,
  type VersionsServer,
} from "../support/versionsServer.mjs";

const signatures = {
  "image/png": [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  "image/jpeg": [0xff, 0xd8, 0xff, 0xe0],
};

/** Returns a file that begins like an image. */
function image(
  bytes: number,
  type: keyof typeof signatures = "image/png",
): File {
  const content = new Uint8Array(bytes);
  content.set(signatures[type]);
  return new File([content], "image", { type });
}

describe.skipIf(!program)("a client of the version before", () => {
  // `npx vitest run -u` updates the manifest. The golden case is generated from it.
  it("is described by its manifest", async () => {
    await expect(oldManifest()).toMatchFileSnapshot(
      "../../../tests/cases/versions_old/manifest.json",
    );
  });

  describe.each(["old", "new"] as const)("with the %s server", (version) => {
    let server: VersionsServer;
    beforeAll(async () => {
      server = await startVersionsServer(version);
    });
    afterAll(() => server.close());

    it("calls a function with compatible changes", async () => {
      const found = await createApi(server).search({ text: "Ada" });
      expect(found).toMatchObject([{ title: "Ada" }]);
    });

    it("calls an earlier version, which replies in the old shape", async () => {
      const { rename } = createApi(server);
      expect(await rename({ id: 2n ** 60n, name: "One" })).toEqual({
        id: 2n ** 60n,
        name: "One",
      });
      const failed = await rename.safe({ id: 1n, name: "taken" });
      expect(failed.ok).toBe(false);
      const error: RenameError | undefined = failed.ok
        ? undefined
        : failed.error;
      expect(error).toMatchObject({
        code: "name_taken",
        status: 409,
        wanted: "taken",
        outdated: false,
      });
    });

    it("sends a file whose field has another name now", async () => {
      const { submit } = createApi(server).forms.attach;
      const file = image(70);
      expect(await submit({ title: "A file", file })).toEqual({
        name: "A file",
        bytes: 70,
      });
      // The limits are those of the version before.
      for (const refused of [image(200), image(10, "image/jpeg")]) {
        const result = await submit.safe({ title: "A file", file: refused });
        expect(result).toMatchObject({
          ok: false,
          error: { code: "invalid", fields: { file: [expect.any(String)] } },
        });
      }
    });
  });

  describe("with the new server", () => {
    let server: VersionsServer;
    beforeAll(async () => {
      server = await startVersionsServer("new");
    });
    afterAll(() => server.close());

    it("receives a typed error from a function that refuses it", async () => {
      const result = await createApi(server).price.safe();
      expect(result).toMatchObject({
        ok: false,
        error: { code: "outdated_client", outdated: true },
      });
      if (result.ok) return;
      // The code is a part of the type of the error.
      const code: typeof result.error.code = "outdated_client";
      expect(result.error.code).toBe(code);
    });

    it("learns that it is outdated if its input is refused", async () => {
      const { archive, rename } = createApi(server);
      const { ok, error } = (await archive.safe({ id: 1n })) as {
        readonly ok: false;
        readonly error: object;
      };
      expect(ok).toBe(false);
      expect(error).toMatchObject({
        code: "invalid",
        outdated: true,
        fields: { reason: ["This field is required."] },
      });
      // Other functions work as before.
      expect((await rename.safe({ id: 1n, name: "One" })).ok).toBe(true);
    });
  });
});
