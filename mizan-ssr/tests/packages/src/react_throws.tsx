export default function Throws(): never {
  throw new RangeError("out of <range>");
}
