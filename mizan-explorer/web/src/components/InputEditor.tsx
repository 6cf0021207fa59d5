import { useId, useState, type ReactNode } from "react";
import { initialDraft, parseDraft, toJson, type Draft } from "../schema/draft";
import type { Definitions, Schema } from "../schema/schema";
import { SchemaField } from "./SchemaField";

/** An input that is being edited. */
export interface Input {
  readonly draft: Draft;
  /** The input as JSON, which the server receives. It is not valid JSON while the developer types some. */
  readonly json: string;
}

/** Returns the input with which an editor begins. */
export function initialInput(schema: Schema, definitions: Definitions): Input {
  return ofDraft(initialDraft(schema, definitions));
}

interface InputEditorProps {
  readonly legend: string;
  readonly schema: Schema;
  readonly definitions: Definitions;
  readonly input: Input;
  readonly onChange: (input: Input) => void;
}

/** An editor of a value: a form that is drawn from the schema, or the JSON itself. */
export function InputEditor(props: InputEditorProps): ReactNode {
  const { legend, schema, definitions, input, onChange } = props;
  const [isText, setIsText] = useState(false);
  const id = useId();
  const isValid = isValidJson(input.json);
  return (
    <fieldset className="editor">
      <legend>{legend}</legend>
      <div className="switch" role="group" aria-label={`Editor of ${legend}`}>
        <button
          type="button"
          aria-pressed={!isText}
          disabled={!isValid}
          onClick={() => setIsText(false)}
        >
          Form
        </button>
        <button
          type="button"
          aria-pressed={isText}
          onClick={() => setIsText(true)}
        >
          JSON
        </button>
      </div>
      {isText ? (
        <div className="field">
          <label htmlFor={id}>{legend} as JSON</label>
          <textarea
            id={id}
            className="code"
            rows={Math.min(20, input.json.split("\n").length + 1)}
            spellCheck={false}
            value={input.json}
            aria-describedby={isValid ? undefined : `${id}-error`}
            onChange={(event) =>
              onChange(ofJson(event.target.value, input.draft))
            }
          />
          {!isValid && (
            <p className="hint warning" id={`${id}-error`}>
              This is not valid JSON. The server refuses it when it decodes the
              input.
            </p>
          )}
        </div>
      ) : (
        <SchemaField
          label=""
          schema={schema}
          definitions={definitions}
          value={input.draft}
          onChange={(draft) => onChange(ofDraft(draft))}
        />
      )}
    </fieldset>
  );
}

function ofDraft(draft: Draft): Input {
  return { draft, json: toJson(draft) };
}

function ofJson(json: string, before: Draft): Input {
  return { draft: parsed(json) ?? before, json };
}

/** Returns whether a text is valid JSON. */
export function isValidJson(json: string): boolean {
  return parsed(json) !== undefined;
}

/** Returns the value of a JSON text; `undefined` if it is not valid. */
function parsed(json: string): Draft | undefined {
  try {
    return parseDraft(json);
  } catch {
    return undefined;
  }
}
