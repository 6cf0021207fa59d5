import type { ReactNode } from "react";
import { EchoPanel } from "./EchoPanel";
import { GreetPanel } from "./GreetPanel";
import { Section } from "./Section";

/** The panels of simple calls. */
export default function CallsSection(): ReactNode {
  return (
    <Section
      title="Calls"
      lead="A mutation, and a context that follows its input as you type."
    >
      <EchoPanel />
      <GreetPanel />
    </Section>
  );
}
