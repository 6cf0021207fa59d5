import type { ReactNode } from "react";
import { NumberDraft, parseDraft, toJson, type Draft } from "../schema/draft";
import type { Shape } from "../schema/schema";

interface ScalarControlProps {
  readonly id: string;
  readonly label: string;
  readonly shape: Shape;
  readonly value: Draft;
  readonly onChange: (value: Draft) => void;
}

/** The control of a value without members. */
export function ScalarControl({
  id,
  shape,
  value,
  onChange,
}: ScalarControlProps): ReactNode {
  switch (shape.kind) {
    case "text": {
      const text = typeof value === "string" ? value : "";
      return shape.long ? (
        <textarea
          id={id}
          rows={4}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <input
          id={id}
          type="text"
          value={text}
          placeholder={example(shape.format)}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    }
    case "number":
      return (
        <input
          id={id}
          type="text"
          inputMode={shape.isInteger ? "numeric" : "decimal"}
          value={value instanceof NumberDraft ? value.text : ""}
          onChange={(event) =>
            onChange(new NumberDraft(event.target.value.trim()))
          }
        />
      );
    case "boolean":
      return (
        <select
          id={id}
          value={String(value === true)}
          onChange={(event) => onChange(event.target.value === "true")}
        >
          <option>false</option>
          <option>true</option>
        </select>
      );
    case "choice":
      return (
        <select
          id={id}
          value={toJson(value)}
          onChange={(event) => onChange(parseDraft(event.target.value))}
        >
          {shape.values.map((option) => {
            const json = JSON.stringify(option);
            return (
              <option key={json} value={json}>
                {typeof option === "string" ? option : json}
              </option>
            );
          })}
        </select>
      );
    case "file":
      return (
        <output id={id} className="hint">
          Files cannot be sent from here. Send them with curl as
          multipart/form-data.
        </output>
      );
    case "null":
      return <output id={id}>null</output>;
    default:
      return <JsonControl id={id} value={value} onChange={onChange} />;
  }
}

type JsonControlProps = Pick<ScalarControlProps, "id" | "value" | "onChange">;

/** A text area for JSON. It changes the value when the text is valid. */
function JsonControl({ id, value, onChange }: JsonControlProps): ReactNode {
  return (
    <textarea
      id={id}
      className="code"
      rows={4}
      spellCheck={false}
      defaultValue={toJson(value)}
      onChange={(event) => {
        try {
          onChange(parseDraft(event.target.value));
        } catch {
          // The developer is still typing.
        }
      }}
    />
  );
}

/** Returns a text that shows a format. */
function example(format: string | undefined): string | undefined {
  switch (format) {
    case "date-time":
      return "2026-01-31T09:30:00Z";
    case "date":
      return "2026-01-31";
    case "time":
      return "09:30:00";
    case "email":
      return "name@example.com";
    case "uuid":
      return "123e4567-e89b-12d3-a456-426614174000";
    default:
      return undefined;
  }
}
