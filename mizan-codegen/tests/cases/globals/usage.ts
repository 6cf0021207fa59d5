/** Types of the application that have the names of global types. */
import { api } from "./expected/client";
import type { Date, File, UploadInput } from "./expected/types";

const picked = new globalThis.File([], "picture.png");
const input: UploadInput = { file: picked, all: [picked], dates: [{ id: 1 }] };

export async function upload(): Promise<string> {
  const file: File = await api.upload(input);
  return file.name;
}

// @ts-expect-error An uploaded file is a file of the browser, not the application's type.
export const wrong: UploadInput["file"] = { name: "picture.png" };

export const date: Date = { id: 1 };
