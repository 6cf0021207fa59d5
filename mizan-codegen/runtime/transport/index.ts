export {
  CallError,
  type CallErrorInit,
  type ClientCode,
  type Failure,
} from "./error";
export {
  mutation,
  query,
  type CallOptions,
  type FunctionKey,
  type Mutation,
  type MutationOptions,
  type Query,
  type QueryOptions,
  type Result,
} from "./functions";
export {
  createTransport,
  transportOf,
  type AffectsListener,
  type ApiOptions,
  type Connected,
  type Contracts,
  type Transport,
} from "./transport";
