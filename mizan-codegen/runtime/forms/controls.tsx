import type { ReactNode } from "react";
import type { FieldComponents, FieldProps } from "./fieldProps";

/** Default components: plain HTML elements without styles. */
export const defaultComponents: FieldComponents = {
  text: Input,
  email: Input,
  password: Input,
  url: Input,
  tel: Input,
  search: Input,
  number: Input,
  range: Input,
  decimal: Input,
  date: Input,
  time: Input,
  "datetime-local": Input,
  color: Input,
  file: Input,
  image: Input,
  textarea: Textarea,
  checkbox: Checkbox,
  select: Select,
  "multi-select": Select,
  radio: Choices,
  checkboxes: Choices,
  hidden: Hidden,
};

function Input(props: FieldProps): ReactNode {
  return (
    <Labelled {...props}>
      <input {...props.inputProps} />
    </Labelled>
  );
}

function Textarea(props: FieldProps): ReactNode {
  return (
    <Labelled {...props}>
      <textarea {...props.inputProps} />
    </Labelled>
  );
}

function Select(props: FieldProps): ReactNode {
  const { field, choices, inputProps, value } = props;
  const canBeEmpty =
    field.widget === "select" && !(field.required && value !== null);
  return (
    <Labelled {...props}>
      <select {...inputProps}>
        {canBeEmpty && <option value="">{field.placeholder ?? ""}</option>}
        {choices.map(({ value, label }) => (
          <option key={String(value)} value={String(value)}>
            {label}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

function Checkbox(props: FieldProps): ReactNode {
  const { field, inputProps, label, labelProps } = props;
  return (
    <div data-field={props.path} data-widget={field.widget}>
      <input {...inputProps} />
      <label {...labelProps}>{label}</label>
      <Notes {...props} />
    </div>
  );
}

function Choices(props: FieldProps): ReactNode {
  const { field, choices, inputProps, label, optionProps } = props;
  const isRadio = field.widget === "radio";
  const { "aria-invalid": invalid, "aria-required": required } = inputProps;
  return (
    <fieldset
      data-field={props.path}
      data-widget={field.widget}
      aria-describedby={inputProps["aria-describedby"]}
      {...(isRadio && {
        role: "radiogroup",
        "aria-invalid": invalid,
        "aria-required": required,
      })}
    >
      <legend>{label}</legend>
      {choices.map((choice) => {
        const option = optionProps(choice);
        return (
          <div key={option.id}>
            <input {...option} />
            <label htmlFor={option.id}>{choice.label}</label>
          </div>
        );
      })}
      <Notes {...props} />
    </fieldset>
  );
}

function Hidden({ inputProps: { name, ref, value } }: FieldProps): ReactNode {
  return <input type="hidden" name={name} ref={ref} value={value} />;
}

function Labelled(
  props: FieldProps & { readonly children: ReactNode },
): ReactNode {
  return (
    <div data-field={props.path} data-widget={props.field.widget}>
      <label {...props.labelProps}>{props.label}</label>
      {props.children}
      <Notes {...props} />
    </div>
  );
}

function Notes({ help, helpProps, errors, errorProps }: FieldProps): ReactNode {
  return (
    <>
      {help && <p {...helpProps}>{help}</p>}
      {errors.length > 0 && (
        <div {...errorProps}>
          {errors.map((message) => (
            <p key={message}>{message}</p>
          ))}
        </div>
      )}
    </>
  );
}
