import { Temporal } from "temporal-polyfill";
import { expectTypeOf } from "vitest";
import { api } from "./expected/client";
import { noteForm, type NoteFormTypes } from "./expected/forms";
import type { Note, Times } from "./expected/types";

type Optional<T> = T | null | undefined;

export const form: { readonly name: string } = noteForm;

export async function usage(): Promise<void> {
  expectTypeOf<Times["moment"]>().toEqualTypeOf<Temporal.Instant>();
  expectTypeOf<Times["zoned"]>().toEqualTypeOf<Temporal.ZonedDateTime>();
  expectTypeOf<Times["date"]>().toEqualTypeOf<Temporal.PlainDate>();
  expectTypeOf<Times["time"]>().toEqualTypeOf<Temporal.PlainTime>();
  expectTypeOf<Times["date_time"]>().toEqualTypeOf<Temporal.PlainDateTime>();
  expectTypeOf<Times["span"]>().toEqualTypeOf<Temporal.Duration>();
  expectTypeOf<Times["length"]>().toEqualTypeOf<Temporal.Duration>();

  type Values = NoteFormTypes["input"];
  expectTypeOf<Values["moment"]>().toEqualTypeOf<Optional<Temporal.Instant>>();
  expectTypeOf<Values["day"]>().toEqualTypeOf<Optional<Temporal.PlainDate>>();
  const note = await api.forms.note.submit({
    moment: Temporal.Now.instant(),
    day: Temporal.Now.plainDateISO(),
  });
  expectTypeOf(note).toEqualTypeOf<Note>();
  // @ts-expect-error A `Date` is not a class of `Temporal`.
  await api.forms.note.submit({ moment: new Date() });
}
