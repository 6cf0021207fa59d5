import { useId, useState, type ReactNode } from "react";
import { GreetProvider, useGreet } from "../mizan";
import { rust } from "../rust";
import typescript from "../snippets/greet.tsx?raw";
import { Live } from "./Live";
import { Panel } from "./Panel";
import { Success } from "./Success";
import { useDebouncedValue } from "../useDebouncedValue";

/** `greet`: a local context, whose provider sets the input. */
export function GreetPanel(): ReactNode {
  return (
    <Panel
      name="greet"
      kind="local context"
      about="All components below its provider read the same data. The old greeting stays until the new one arrives."
      rust={rust("pub async fn greet")}
      typescript={typescript}
      wide
    >
      <Greet />
    </Panel>
  );
}

function Greet(): ReactNode {
  const [name, setName] = useState("World");
  const greeted = useDebouncedValue(name, 250);
  const id = useId();
  return (
    <>
      <div className="form">
        <label htmlFor={id}>Name</label>
        <input
          id={id}
          value={name}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <Live resetKeys={[greeted]}>
        <GreetProvider name={greeted}>
          <Greeting />
        </GreetProvider>
      </Live>
    </>
  );
}

function Greeting(): ReactNode {
  const { greeting } = useGreet();
  return (
    <Success>
      <p className="answer">{greeting}</p>
    </Success>
  );
}
