import type { ReactNode } from "react";
import { expectTypeOf } from "vitest";
import {
  api,
  createApi,
  useCheckout,
  useLatest,
  type Api,
  type CheckoutError,
  type CheckoutInput,
  type CommonError,
  type Redirect,
  type RedirectMutation,
  type RedirectQuery,
} from "./expected";
import { useSignOutForm } from "./expected/forms";
import { createMockApi, mockError } from "./expected/mock";

export async function pay(order: bigint): Promise<string> {
  const redirect = await api.checkout(
    { order },
    { idempotencyKey: crypto.randomUUID() },
  );
  expectTypeOf(redirect).toEqualTypeOf<Redirect>();
  expectTypeOf(redirect.follow).returns.toEqualTypeOf<void>();
  const result = await api.checkout.safe({ order });
  if (!result.ok) expectTypeOf(result.error).toEqualTypeOf<CheckoutError>();
  return redirect.location;
}

export function Links(): ReactNode {
  const checkout = useCheckout({
    onSuccess: (redirect) => expectTypeOf(redirect).toEqualTypeOf<Redirect>(),
    onError: (error) => expectTypeOf(error).toEqualTypeOf<CheckoutError>(),
  });
  const latest = useLatest();
  const form = useSignOutForm({
    onSuccess: (redirect) => {
      expectTypeOf(redirect).toEqualTypeOf<Redirect>();
      redirect.follow();
    },
  });
  expectTypeOf(checkout.mutate).parameter(0).toEqualTypeOf<CheckoutInput>();
  // @ts-expect-error Only a query has a URL.
  api.checkout.url?.({ order: 1n });
  // @ts-expect-error A redirect is not kept in the cache of queries.
  api.latest.queryOptions?.();
  return (
    <>
      <a href={api.latest.url()}>The newest product</a>
      <button onClick={() => latest.mutate()}>The newest product</button>
      <button onClick={() => checkout.mutate({ order: 1n })}>Pay</button>
      <form.Form />
    </>
  );
}

expectTypeOf(createApi().checkout).toEqualTypeOf<
  RedirectMutation<CheckoutInput, CheckoutError>
>();
expectTypeOf(api.latest).toEqualTypeOf<RedirectQuery<void, CommonError>>();
expectTypeOf(api.prices).returns.resolves.toEqualTypeOf<number[]>();

export const mocks: Api = createMockApi({
  checkout: ({ order }) => ({ location: `/orders/${order}` }),
  latest: mockError("not_found"),
});
