import type {
  FlatEnum,
  FlatExternalEnum,
  FlatMap,
  FlatOptionalEnum,
  FlatTwoEnums,
} from "./expected";

export function narrows(value: FlatEnum | FlatOptionalEnum): number {
  if (value.kind === "circle") return value.radius;
  if (value.kind === "square") return value.side;
  return value.id;
}

export const values: FlatEnum[] = [
  { id: 1, kind: "circle", radius: 2 },
  { id: 1, kind: "point" },
];

export const optional: FlatOptionalEnum = { id: 1 };
export const open: FlatExternalEnum = { id: 1, Open: null };
export const two: FlatTwoEnums = { id: 1, kind: "point", Only: ["a"] };
export const scores: FlatMap = { name: "a", first: 1 };

// @ts-expect-error A circle has a radius.
export const circle: FlatOptionalEnum = { id: 1, kind: "circle" };
