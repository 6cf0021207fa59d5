import type {} from "temporal-polyfill/types/global";
import { expectTypeOf } from "vitest";
import { api } from "./expected/client";
import type { NoteFormTypes } from "./expected/forms";
import type { Note, Times } from "./expected/types";

type Optional<T> = T | null | undefined;

export async function usage(): Promise<void> {
  expectTypeOf<Times["moment"]>().toEqualTypeOf<Temporal.Instant>();
  expectTypeOf<Times["zoned"]>().toEqualTypeOf<Temporal.ZonedDateTime>();
  expectTypeOf<Times["date"]>().toEqualTypeOf<Temporal.PlainDate>();
  expectTypeOf<Times["length"]>().toEqualTypeOf<Temporal.Duration>();

  type Values = NoteFormTypes["input"];
  expectTypeOf<Values["moment"]>().toEqualTypeOf<Optional<Temporal.Instant>>();
  const note = await api.forms.note.submit({
    moment: Temporal.Now.instant(),
    day: Temporal.Now.plainDateISO(),
  });
  expectTypeOf(note).toEqualTypeOf<Note>();
  // @ts-expect-error A `Date` is not a class of `Temporal`.
  await api.forms.note.submit({ moment: new Date() });
}
