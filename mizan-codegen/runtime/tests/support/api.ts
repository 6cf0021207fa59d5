import {
  createTransport,
  mutation,
  pagedQuery,
  query,
  transportOf,
  type ApiOptions,
  type ClientCode,
  type Connected,
  type Failure,
  type Mutation,
  type PagedQuery,
  type Query,
} from "../../transport";

/** Hand-written counterpart of a generated client. */
export interface Api extends Connected {
  readonly rename: Mutation<RenameInput, Post, RenameError>;
  readonly signOut: Mutation<void, null, CommonError>;
  readonly posts: PagedQuery<PostsInput, Posts, CommonError, "after">;
  readonly post: Query<PostInput, Post, PostError>;
  readonly currentUser: Query<void, User | null, CommonError>;
  readonly settings: Query<void, Settings, CommonError>;
  readonly greet: Query<GreetInput, Greeting, CommonError>;
}

export type CommonCode =
  "unauthenticated" | "forbidden" | "internal" | ClientCode;
export type CommonError = Failure<CommonCode>;
export type RenameError =
  Failure<"taken", { by: string }> | Failure<"locked"> | CommonError;
export type PostError = Failure<"no_such_post"> | CommonError;
export interface RenameInput {
  id: string;
  title: string;
}
export interface PostInput {
  id: string;
}
export interface Post {
  id: string;
  title: string;
}
export interface PostsInput {
  tag: string;
  after?: number | null;
}
export interface Posts {
  titles: string[];
  next: number | null;
}
export interface User {
  name: string;
}
export interface Settings {
  theme: string;
}
export interface GreetInput {
  name: string;
}
export interface Greeting {
  greeting: string;
}

export function createApi(options?: ApiOptions): Api {
  const transport = createTransport({}, options);
  return {
    [transportOf]: transport,
    rename: mutation(transport, "rename"),
    signOut: mutation(transport, "sign_out"),
    posts: pagedQuery(transport, "posts", { cursor: "after", next: "next" }),
    post: query(transport, "post"),
    currentUser: query(transport, "current_user", { batch: true }),
    settings: query(transport, "settings", { batch: true }),
    greet: query(transport, "greet"),
  };
}
