import { useId } from "react";

export default function Lazy({ name }: { name: string }) {
  return <b id={useId()}>{name}</b>;
}

export const Named = () => <u>named</u>;
