import {
  createContext,
  useContext,
  useRef,
  type ComponentType,
  type ReactNode,
} from "react";
import {
  get,
  useFieldArray,
  useFormState,
  type Control,
} from "react-hook-form";
import { fieldAt, type ItemDefinition } from "./definition";
import { useRenderedField } from "./renderedFields";
import { messagesOf, root } from "./errors";
import { FormField, type FieldOverrides } from "./field";
import { elementId, type FormController } from "./controller";
import { minRows, rowValues } from "./values";

/** Props of the `Array` part of a form. */
export interface ListProps<L extends string, N extends string> {
  readonly name: L;
  readonly label?: ReactNode;
  readonly help?: ReactNode;
  /** Content of the button that adds a row: `Add` by default. */
  readonly add?: ReactNode;
  /** Content of the buttons that remove a row: `Remove` by default. */
  readonly remove?: ReactNode;
  /** Renders a row. By default a row contains all of its fields. */
  readonly children?: (row: Row<L, N>) => ReactNode;
}

/** A row of a list. */
export interface Row<L extends string, N extends string> {
  readonly index: number;
  /** Path of the row, such as `phones.1`. */
  readonly path: `${L}.${number}`;
  /** Renders a field of the row. */
  readonly Field: ComponentType<{ readonly name: N } & FieldOverrides>;
  remove(): void;
  /** Moves the row to another index of the list. */
  move(to: number): void;
}

/** Path of the row that contains the component. */
const RowPath = createContext("");

/** Creates the `Array` part of a form. */
export function createList(
  form: FormController,
): (props: ListProps<string, string>) => ReactNode {
  const RowField: Row<string, string>["Field"] = ({ name, ...overrides }) => (
    <FormField
      form={form}
      path={`${useContext(RowPath)}.${name}`}
      overrides={overrides}
    />
  );
  return function Array({ name, label, help, children, ...buttons }) {
    const field = fieldAt(form.definition.fields, name);
    if (!field?.list)
      throw new Error(`the form ${form.definition.name} has no list ${name}`);
    return (
      <FormList
        form={form}
        path={name}
        field={field}
        overrides={{ label, help }}
        {...buttons}
      >
        {children && ((row) => children({ ...row, Field: RowField }))}
      </FormList>
    );
  };
}

interface FormListProps {
  readonly form: FormController;
  readonly path: string;
  readonly field: ItemDefinition;
  readonly overrides: FieldOverrides;
  readonly add?: ReactNode;
  readonly remove?: ReactNode;
  readonly children?: RenderRow | undefined;
}

type RowProps = Omit<Row<string, string>, "Field">;
type RenderRow = (row: RowProps) => ReactNode;

/** Renders the list at a path, with its rows and their buttons. */
export function FormList(props: FormListProps): ReactNode {
  const { form, path, field, overrides } = props;
  const { add = "Add", remove = "Remove", children } = props;
  const min = minRows(field);
  const { max = Infinity } = field.list ?? {};
  const { label = field.label, help = field.help } = overrides;
  const control = form.control as unknown as Control;
  const list = useFieldArray({
    control,
    name: path,
    keyName: "__key",
  });
  const { errors } = useFormState({ control: form.control });
  const messages = messagesOf(get(errors, `${path}.${root}`));
  useRenderedField(form.rendered, `${path}.${root}`);
  const addButton = useRef<HTMLButtonElement>(null);
  const id = elementId(form, path, "error");
  const RowElement = field.item ? "div" : "fieldset";

  function removeRow(index: number): void {
    list.remove(index);
    // The focused button was removed together with its row.
    setTimeout(() => addButton.current?.focus());
  }

  return (
    <fieldset
      data-field={path}
      data-widget="list"
      data-invalid={messages.length > 0 ? "" : undefined}
      aria-describedby={messages.length > 0 ? id : undefined}
    >
      <legend>{label}</legend>
      {help && <p>{help}</p>}
      {messages.length > 0 && (
        <div id={id}>
          {messages.map((message) => (
            <p key={message}>{message}</p>
          ))}
        </div>
      )}
      {list.fields.map(({ __key: key }, index) => (
        <RowElement key={key} data-row="">
          {!field.item && (
            <legend>
              {label} {index + 1}
            </legend>
          )}
          <RowPath.Provider value={`${path}.${index}`}>
            <RowContent
              row={{
                index,
                path: `${path}.${index}`,
                remove: () => removeRow(index),
                move: (to) => list.move(index, to),
              }}
              render={children}
            >
              <DefaultRow
                form={form}
                path={`${path}.${index}`}
                list={field}
                label={
                  <>
                    {label} {index + 1}
                  </>
                }
              />
            </RowContent>
          </RowPath.Provider>
          {list.fields.length > min && (
            <button
              type="submit"
              name="__remove"
              value={`${path}.${index}`}
              formNoValidate
              onClick={(event) => {
                event.preventDefault();
                removeRow(index);
              }}
            >
              {remove}
            </button>
          )}
        </RowElement>
      ))}
      {list.fields.length < max && (
        <button
          ref={addButton}
          type="submit"
          name="__add"
          value={path}
          formNoValidate
          onClick={(event) => {
            event.preventDefault();
            list.append(rowValues(field));
          }}
        >
          {add}
        </button>
      )}
    </fieldset>
  );
}

/** Renders a row with the application's function, or with the default content. */
function RowContent({
  row,
  render,
  children,
}: {
  readonly row: RowProps;
  readonly render: RenderRow | undefined;
  readonly children: ReactNode;
}): ReactNode {
  return render?.(row) ?? children;
}

/** Renders all fields of a row in the order of their definition. */
function DefaultRow(props: {
  readonly form: FormController;
  readonly path: string;
  readonly list: ItemDefinition;
  readonly label: ReactNode;
}): ReactNode {
  const { form, path, list, label } = props;
  if (list.item)
    return <FormField form={form} path={path} overrides={{ label }} />;
  return list.fields?.map(({ name }) => (
    <FormField key={name} form={form} path={`${path}.${name}`} />
  ));
}
