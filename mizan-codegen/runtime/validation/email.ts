/** Local part: the characters that HTML allows, without quoted strings. */
const local = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+$/;
const domain =
  /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
/** Address literal at the end (RFC 5321, section 4.1.3). */
const literal = /\[([a-fA-F0-9:.]+)\]$/;

/** Returns whether a text is an email address, by the same rules as the Rust crate `validator`. */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 0) return false;
  const user = text.slice(0, at);
  const host = text.slice(at + 1);
  if (Array.from(user).length > 64 || Array.from(host).length > 255)
    return false;
  return local.test(user) && (isHost(host) || isHost(toAscii(host) ?? ""));
}

function isHost(host: string): boolean {
  if (domain.test(host)) return true;
  const address = literal.exec(host)?.[1];
  return address !== undefined && (isIpv4(address) || isIpv6(address));
}

/** Converts a domain to ASCII (UTS #46), as browsers do for URLs. Returns `undefined` if that is not possible. */
function toAscii(host: string): string | undefined {
  // In a URL these characters would end the host or be decoded. They are also invalid in domains.
  if (/^[\0-\x7f]*$|[\0-,/:-@[-`{-\x7f]/.test(host)) return undefined;
  try {
    // A final label of letters prevents the URL parser from reading numbers as an IPv4 address.
    const { hostname } = new URL(`http://${host}.a`);
    return hostname.slice(0, -".a".length);
  } catch {
    return undefined;
  }
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return (
    parts.length === 4 &&
    parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && +part < 256)
  );
}

function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half, index) =>
    half === "" ? [] : groupsOf(half, index === halves.length - 1),
  );
  if (groups.includes(undefined)) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

/** Returns the 16-bit groups of a half, with `undefined` for invalid ones. IPv4 at the end counts as two. */
function groupsOf(half: string, isLast: boolean): (string | undefined)[] {
  const parts = half.split(":");
  return parts.flatMap((part, index) => {
    if (isLast && index === parts.length - 1 && isIpv4(part)) return ["", ""];
    return [/^[0-9a-fA-F]{1,4}$/.test(part) ? part : undefined];
  });
}
