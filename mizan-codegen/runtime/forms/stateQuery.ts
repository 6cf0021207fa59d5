import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { hydrateQueryCache } from "../react/hydration";
import { query, type Query } from "../transport/functions";
import { transportOf, type Transport } from "../transport/transport";
import type { FormDefinition, FormState } from "./definition";
import { controlText, type FieldValues } from "./values";
import { encodeUntyped } from "../codecs/untyped";
import { hasBigInts } from "./wire";

/** The `state` function of a form. Its input consists of the params of the form, if there are any. */
export type StateQuery = Query<FieldValues | undefined, FormState, Error>;

/** Creates the query for the state of a form. */
export function createStateQuery(
  transport: Transport,
  { name, fields }: FormDefinition,
): StateQuery {
  return query(transport, `${name}.state`, {
    encode: encodeUntyped,
    // The fields decode their values.
    ...(hasBigInts(fields) && { exact: true, decode: (json) => json }),
  });
}

/** Returns the options of the query for the state with these params. */
export function stateOptions(
  stateQuery: StateQuery,
  params: FieldValues,
): ReturnType<StateQuery["queryOptions"]> {
  const hasNone = Object.keys(params).length === 0;
  return stateQuery.queryOptions(hasNone ? undefined : params);
}

/** Reads the state of a form from the page, or loads it from the server. */
export function useStateQuery(
  stateQuery: StateQuery,
  params: FieldValues,
): FormState {
  // The provider does not know the query before its form is created.
  hydrateQueryCache(useQueryClient(), stateQuery[transportOf]);
  const { data } = useSuspenseQuery({
    ...stateOptions(stateQuery, params),
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return data;
}

/** Returns whether params are equal to others. Params are texts, numbers and other single values. */
export function hasParams(params: FieldValues, others: FieldValues): boolean {
  const names = new Set([...Object.keys(params), ...Object.keys(others)]);
  return [...names].every(
    (name) => controlText(params[name]) === controlText(others[name]),
  );
}
