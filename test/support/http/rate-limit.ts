/** What the `RateLimit` header of an answer says is left; undefined without one. */
export function readRemaining({ headers }: { readonly headers: Headers }): number | undefined {
  const [, remaining] = /^"default";r=(\d+);t=\d+$/.exec(headers.get('ratelimit') ?? '') ?? [];
  return remaining === undefined ? undefined : Number(remaining);
}
