import type {
  Adjacent,
  External,
  Internal,
  Tagged,
  Untagged,
} from "./expected";

export function external(value: External): string | number {
  if (value === "Unit" || value === "Other") return value;
  if ("Newtype" in value) return value.Newtype;
  if ("Inner" in value) return value.Inner.radius;
  if ("Tuple" in value) return value.Tuple[1];
  if ("Struct" in value) return value.Struct.b?.radius ?? value.Struct.a;
  return Object.keys(value.Empty).length;
}

export function internal(value: Internal): number {
  switch (value.kind) {
    case "unit":
    case "nowhere":
      return 0;
    case "inner":
      return value.radius;
    case "denying":
      return value.side;
    case "struct":
      return value.a;
  }
}

export function adjacent(value: Adjacent): number {
  switch (value.type) {
    case "Unit":
      return 0;
    case "Newtype":
      return value.value;
    case "Inner":
      return value.value.radius;
    case "Tuple":
      return value.value[0];
    case "Struct":
      return value.value.a;
  }
}

export function untagged(value: Untagged): number {
  if (value === null) return 0;
  if (typeof value === "number") return value;
  if (Array.isArray(value)) return value[0];
  return "radius" in value ? value.radius : value.a;
}

export function tagged(value: Tagged): number {
  return value.kind === "Plain" ? value.x : value.y.map(tagged).length;
}
