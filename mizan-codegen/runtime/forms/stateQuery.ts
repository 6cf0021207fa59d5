import { useSuspenseQuery } from "@tanstack/react-query";
import { usePageData } from "../react/hooks";
import type { Query } from "../transport/functions";
import type { FormState } from "./definition";
import { controlText, type FieldValues } from "./values";

/** The `state` function of a form. Its input consists of the params of the form, if there are any. */
export type StateQuery = Query<FieldValues | undefined, FormState, Error>;

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
  usePageData([]);
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
