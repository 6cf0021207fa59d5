import { GreetProvider, useGreet } from "../mizan";

function Greeting() {
  return <p>{useGreet().greeting}</p>;
}

export function Greet({ name }: { name: string }) {
  return (
    <GreetProvider name={name} fallback="…">
      <Greeting />
    </GreetProvider>
  );
}
