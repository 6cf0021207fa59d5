import type { ReactNode } from "react";
import { expectTypeOf } from "vitest";
import type { ContactError, Sent } from "./expected";
import {
  AutoForm,
  FormComponents,
  contactForm,
  editProjectForm,
  useContactForm,
  useEditProjectForm,
  useEverythingForm,
  type FieldProps,
} from "./expected/forms";

export function Contact(): ReactNode {
  const form = useContactForm({
    onSuccess: (sent) => expectTypeOf(sent).toEqualTypeOf<Sent>(),
    onError: (error) => {
      expectTypeOf(error).toEqualTypeOf<ContactError>();
      if (error.code === "blocked")
        expectTypeOf(error.by).toEqualTypeOf<string>();
    },
  });
  const values = form.rhf.getValues();
  expectTypeOf(values.email).toEqualTypeOf<string>();
  expectTypeOf(values.image).toEqualTypeOf<File | null | undefined>();
  expectTypeOf(form.progress).toEqualTypeOf<number | undefined>();
  return (
    <form.Form className="contact">
      <form.Errors />
      <form.Field name="email" label="Mail" />
      <form.Field name="phones.0.number" />
      {/* @ts-expect-error There is no such field. */}
      <form.Field name="nickname" />
      {/* @ts-expect-error A row has no such field. */}
      <form.Field name="phones.0.nickname" />
      <form.Array name="phones">
        {(row) => (
          <>
            <row.Field name="kind" />
            {/* @ts-expect-error That is no field of a row. */}
            <row.Field name="email" />
            <form.Field name={`${row.path}.number`} />
          </>
        )}
      </form.Array>
      {/* @ts-expect-error That is no list. */}
      <form.Array name="email" />
      <form.Submit disabled={form.isSubmitting}>Send</form.Submit>
    </form.Form>
  );
}

export function Teams(): ReactNode {
  const form = useEverythingForm();
  return (
    <form.Array name="teams">
      {(team) => (
        <form.Array name={`teams.${team.index}.members`}>
          {(member) => <member.Field name="name" />}
        </form.Array>
      )}
    </form.Array>
  );
}

export function EditProject({ id }: { readonly id: bigint }): ReactNode {
  const form = useEditProjectForm({ id }, { next: "/projects/" });
  // @ts-expect-error The form needs to know its project.
  useEditProjectForm();
  // @ts-expect-error The project has no such param.
  useEditProjectForm({ id, page: 1 });
  // @ts-expect-error The form has no params.
  useContactForm({ id });
  return (
    <form.Form>
      <form.Field name="title" />
      {/* @ts-expect-error The page sets the param. */}
      <form.Field name="id" />
      <AutoForm of={editProjectForm} params={{ id }} />
      {/* @ts-expect-error The form needs to know its project. */}
      <AutoForm of={editProjectForm} />
      {/* @ts-expect-error The form has no params. */}
      <AutoForm of={contactForm} params={{ id }} />
    </form.Form>
  );
}

function Mine({ inputProps, label, error }: FieldProps): ReactNode {
  return (
    <label>
      {label} <input {...inputProps} /> {error}
    </label>
  );
}

export function App(): ReactNode {
  return (
    <FormComponents.Provider value={{ text: Mine }}>
      <AutoForm
        of={contactForm}
        onSuccess={({ sent }) => expectTypeOf(sent).toEqualTypeOf<boolean>()}
      />
      {/* @ts-expect-error That is no definition of a form. */}
      <AutoForm of={Contact} />
    </FormComponents.Provider>
  );
}
