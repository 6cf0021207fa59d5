declare const brand: unique symbol;

/**
 * A type with a name: a `PostId` is not a `UserId`, although both are numbers.
 *
 * Values without a name are assignable, so literals and route parameters need no conversion.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]?: Name };

/** A UUID with hyphens, such as `67e55044-10b1-426f-9247-bb680e5fe0c8`. */
export type Uuid = Brand<string, "Uuid">;
/** A URL of the WHATWG URL standard. */
export type Url = Brand<string, "Url">;
/** An IPv4 or IPv6 address. */
export type IpAddr = Brand<string, "IpAddr">;
/** An IPv4 address, such as `192.0.2.1`. */
export type Ipv4Addr = Brand<string, "Ipv4Addr">;
/** An IPv6 address, such as `2001:db8::1`. */
export type Ipv6Addr = Brand<string, "Ipv6Addr">;
/** An exact decimal number, such as `12.50`. */
export type Decimal = Brand<string, "Decimal">;
/** A version of Semantic Versioning, such as `1.2.3-beta.1`. */
export type Version = Brand<string, "Version">;

/** A moment, such as `2026-01-31T18:30:00Z`. */
export type Instant = Brand<string, "Instant">;
/** A calendar date, such as `2026-01-31`. */
export type PlainDate = Brand<string, "PlainDate">;
/** A time of day, such as `18:30:00`. */
export type PlainTime = Brand<string, "PlainTime">;
/** A date and a time without a time zone, such as `2026-01-31T18:30:00`. */
export type PlainDateTime = Brand<string, "PlainDateTime">;
/** A moment in a time zone, such as `2026-01-31T19:30:00+01:00[Europe/Berlin]`. */
export type ZonedDateTime = Brand<string, "ZonedDateTime">;
/** A span of time in the format of ISO 8601, such as `P1DT2H`. */
export type Duration = Brand<string, "Duration">;
