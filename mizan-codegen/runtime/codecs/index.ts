export { decodeBytes, encodeBytes } from "./bytes";
export { decodeDate, encodeDate } from "./dates";
export {
  decodeBigInt,
  encodeInt128,
  encodeInt64,
  encodeUint128,
  encodeUint64,
  isNumber,
} from "./integers";
export { hasMember, isList, isObject, tagOf } from "./unions";
export { decodeIntegers as decodeUnknown } from "../transport/json";
