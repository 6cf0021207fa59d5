import { useId, type ReactNode } from "react";
import {
  initialDraft,
  isList,
  isObject,
  type Draft,
  type ObjectDraft,
} from "../schema/draft";
import {
  isNullable,
  resolve,
  shapeOf,
  typeName,
  type Definitions,
  type Member,
  type Schema,
} from "../schema/schema";
import { ScalarControl } from "./ScalarControl";
import { InlineText } from "./Text";

/** Props of the control of a value. */
export interface FieldProps {
  /** The name of the value; empty for the whole input. */
  readonly label: string;
  readonly schema: Schema;
  readonly definitions: Definitions;
  readonly value: Draft;
  readonly onChange: (value: Draft) => void;
  /** Removes an optional member or an item of a list. */
  readonly onRemove?: (() => void) | undefined;
}

/** The controls of a value, drawn from its schema. */
export function SchemaField(props: FieldProps): ReactNode {
  const { label, schema, definitions, value, onChange } = props;
  const shape = shapeOf(schema, definitions);
  if (
    value === null &&
    isNullable(schema, definitions) &&
    shape.kind !== "file"
  )
    return (
      <Row {...props}>
        {() => (
          <button
            type="button"
            className="quiet"
            aria-label={`Set a value for ${label || "the input"}`}
            onClick={() =>
              onChange(
                initialDraft(withoutNull(schema, definitions), definitions),
              )
            }
          >
            null: set a value
          </button>
        )}
      </Row>
    );
  switch (shape.kind) {
    case "object":
      return <ObjectField {...props} members={shape.members} />;
    case "list":
      return <ListField {...props} item={shape.item} />;
    case "union":
      return <UnionField {...props} options={shape.options} />;
    default:
      return (
        <Row {...props}>
          {(id) => (
            <ScalarControl
              id={id}
              label={label}
              shape={shape}
              value={value}
              onChange={onChange}
            />
          )}
        </Row>
      );
  }
}

/** Returns a schema of which the initial value is not `null`. */
function withoutNull(schema: Schema, definitions: Definitions): Schema {
  const { type, anyOf, default: _, ...rest } = resolve(schema, definitions);
  return {
    ...rest,
    ...(type !== undefined && {
      type: [type].flat().filter((it) => it !== "null"),
    }),
    ...(anyOf && { anyOf: anyOf.filter((it) => it.type !== "null") }),
  };
}

interface RowProps extends FieldProps {
  readonly children: (id: string) => ReactNode;
}

/** A labelled control with its type, its description and the button that removes it. */
function Row({
  label,
  schema,
  definitions,
  value,
  onChange,
  onRemove,
  children,
}: RowProps): ReactNode {
  const id = useId();
  const { description } = resolve(schema, definitions);
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>{label || "Value"}</label>
        <span className="type">{typeName(schema, definitions)}</span>
        {value !== null && isNullable(schema, definitions) && (
          <button
            type="button"
            className="link"
            aria-label={`Set ${label || "the value"} to null`}
            onClick={() => onChange(null)}
          >
            null
          </button>
        )}
        <RemoveButton label={label} onRemove={onRemove} />
      </div>
      {children(id)}
      {description && (
        <p className="hint">
          <InlineText>{description}</InlineText>
        </p>
      )}
    </div>
  );
}

interface RemoveButtonProps {
  readonly label: string;
  readonly onRemove: (() => void) | undefined;
}

function RemoveButton({ label, onRemove }: RemoveButtonProps): ReactNode {
  if (!onRemove) return null;
  return (
    <button
      type="button"
      className="link"
      aria-label={`Remove ${label}`}
      onClick={onRemove}
    >
      remove
    </button>
  );
}

interface GroupProps extends Pick<FieldProps, "label" | "onRemove"> {
  readonly children: ReactNode;
}

/** The controls of an object or a list. The whole input needs no frame of its own. */
function Group({ label, onRemove, children }: GroupProps): ReactNode {
  if (!label) return <div className="group-whole">{children}</div>;
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      <RemoveButton label={label} onRemove={onRemove} />
      {children}
    </fieldset>
  );
}

interface ObjectFieldProps extends FieldProps {
  readonly members: readonly Member[];
}

function ObjectField({ members, ...props }: ObjectFieldProps): ReactNode {
  const { label, definitions, onChange, onRemove } = props;
  const value: ObjectDraft = isObject(props.value) ? props.value : {};
  const shown = members.filter(({ name }) => Object.hasOwn(value, name));
  const others = members.filter(({ name }) => !Object.hasOwn(value, name));
  return (
    <Group label={label} onRemove={onRemove}>
      {shown.map(({ name, schema, isRequired }) => (
        <SchemaField
          key={name}
          label={name}
          schema={schema}
          definitions={definitions}
          value={value[name] ?? null}
          onChange={(member) => onChange({ ...value, [name]: member })}
          onRemove={
            isRequired
              ? undefined
              : () => {
                  const { [name]: _, ...rest } = value;
                  onChange(rest);
                }
          }
        />
      ))}
      {others.length > 0 && (
        <p className="optional">
          {others.map(({ name, schema }) => (
            <button
              key={name}
              type="button"
              className="quiet"
              onClick={() =>
                onChange({
                  ...value,
                  [name]: initialDraft(
                    withoutNull(schema, definitions),
                    definitions,
                  ),
                })
              }
            >
              Add {name}
            </button>
          ))}
        </p>
      )}
      {members.length === 0 && (
        <p className="hint">An object without members.</p>
      )}
    </Group>
  );
}

interface ListFieldProps extends FieldProps {
  readonly item: Schema;
}

function ListField({ item, ...props }: ListFieldProps): ReactNode {
  const { label, definitions, onChange, onRemove } = props;
  const items: readonly Draft[] = isList(props.value) ? props.value : [];
  return (
    <Group label={label || "List"} onRemove={onRemove}>
      {items.map((value, index) => (
        <SchemaField
          key={index}
          label={`${label}[${index}]`}
          schema={item}
          definitions={definitions}
          value={value}
          onChange={(changed) => onChange(items.with(index, changed))}
          onRemove={() => onChange(items.toSpliced(index, 1))}
        />
      ))}
      <p className="optional">
        <button
          type="button"
          className="quiet"
          onClick={() => onChange([...items, initialDraft(item, definitions)])}
        >
          Add an item{label && ` to ${label}`}
        </button>
      </p>
    </Group>
  );
}

interface UnionFieldProps extends FieldProps {
  readonly options: readonly Schema[];
}

function UnionField({ options, ...props }: UnionFieldProps): ReactNode {
  const { label, definitions, value, onChange, onRemove } = props;
  const id = useId();
  const selected = Math.max(
    0,
    options.findIndex((option) => fits(value, option, definitions)),
  );
  const option = options[selected] ?? {};
  return (
    <Group label={label || "Variant"} onRemove={onRemove}>
      <div className="field">
        <label htmlFor={id}>Variant</label>
        <select
          id={id}
          value={selected}
          onChange={(event) =>
            onChange(
              initialDraft(
                options[Number(event.target.value)] ?? {},
                definitions,
              ),
            )
          }
        >
          {options.map((it, index) => (
            <option key={index} value={index}>
              {variantName(it, definitions)}
            </option>
          ))}
        </select>
      </div>
      <SchemaField
        key={selected}
        label=""
        schema={option}
        definitions={definitions}
        value={value}
        onChange={onChange}
      />
    </Group>
  );
}

/** Returns whether a value looks like one of an option: the constants of the option are equal. */
function fits(value: Draft, option: Schema, definitions: Definitions): boolean {
  const shape = shapeOf(option, definitions);
  switch (shape.kind) {
    case "object":
      return (
        isObject(value) &&
        shape.members.every(({ name, schema, isRequired }) => {
          const member = value[name];
          if (member === undefined) return !isRequired;
          const wanted = shapeOf(schema, definitions);
          return wanted.kind !== "choice" || wanted.values.includes(member);
        })
      );
    case "list":
      return isList(value);
    case "choice":
      return shape.values.includes(value);
    case "text":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    default:
      return false;
  }
}

/** Returns the name of a variant: the values of its constants, or its type. */
function variantName(option: Schema, definitions: Definitions): string {
  const shape = shapeOf(option, definitions);
  if (shape.kind !== "object") return typeName(option, definitions);
  const constants = shape.members.flatMap(({ schema }) => {
    const member = shapeOf(schema, definitions);
    return member.kind === "choice" && member.values.length === 1
      ? [String(member.values[0])]
      : [];
  });
  if (constants.length > 0) return constants.join(", ");
  return option.$ref
    ? typeName(option, definitions)
    : shape.members.map(({ name }) => name).join(", ");
}
