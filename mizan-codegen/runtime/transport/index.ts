export { type ContentOptions, type Download } from "./download";
export {
  downloadMutation,
  downloadQuery,
  type DownloadMutation,
  type DownloadOptions,
  type DownloadQuery,
} from "./downloads";
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
  type MutationCallOptions,
  type MutationOptions,
  type Query,
  type QueryOptions,
  type RequestOptions,
  type Result,
} from "./functions";
export {
  pagedQuery,
  type Cursors,
  type InfiniteQueryOptions,
  type PagedQuery,
} from "./pages";
export { type Redirect } from "./redirect";
export {
  redirectMutation,
  redirectQuery,
  type RedirectMutation,
  type RedirectQuery,
} from "./redirects";
export { retry, type RetryOptions, type RetryPolicy } from "./retry";
export {
  stream,
  type PartStream,
  type StreamFunction,
  type StreamOptions,
} from "./streams";
export {
  createTransport,
  transportOf,
  type AffectsListener,
  type ApiOptions,
  type Connected,
  type Contracts,
  type Transport,
} from "./transport";
