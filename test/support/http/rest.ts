import type { TestGateway } from '../gateway/test-gateway.ts';

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: any;
}

/** Calls a REST operation under `/api/v2/experiments/`; a string body is sent unchanged. */
export async function callRest(
  { fetch, key }: TestGateway,
  method: string,
  path: string,
  body?: unknown,
  options: { key?: string | null; headers?: Record<string, string> } = {},
): Promise<RestAnswer> {
  const used = options.key === undefined ? key : options.key;
  const response = await fetch(`/api/v2/experiments/${path}`, {
    method,
    headers: {
      ...(used !== null && { authorization: `Bearer ${used}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === '' ? undefined : JSON.parse(text) };
}
