import type { RunConfig } from '../../run-config.ts';

/** How long a gateway may take to answer, in milliseconds. */
const answerTimeout = 10_000;

/** What the gateway said to a step. */
export type Answer =
  | { readonly kind: 'done'; readonly attempt: number }
  | ({ readonly kind: 'refused'; readonly message: string } & Conflict)
  /** The gateway cannot be reached, or cannot serve the step now. */
  | { readonly kind: 'unavailable'; readonly message: string };

interface Conflict {
  readonly reason?: string;
  readonly current?: { readonly status: string; readonly attempt: number } | null;
}

const refusal = '... on MutationError { message } ... on ConflictError { reason current { status attempt } }';

/** A mutation of one experiment: its other arguments, with their types. */
const toMutation = (name: string, types: Readonly<Record<string, string>>) => {
  const success = `${name.charAt(0).toUpperCase()}${name.slice(1)}Success`;
  const declared = Object.entries(types).map(([argument, type]) => `, $${argument}: ${type}`);
  const passed = Object.keys(types).map((argument) => `, ${argument}: $${argument}`);
  return `mutation ($id: ID!${declared.join('')}) {
    result: ${name}(id: $id${passed.join('')}) { __typename ... on ${success} { experiment { attempt } } ${refusal} }
  }`;
};

const mutations = {
  start: toMutation('startExperiment', { leaseSeconds: 'Int' }),
  report: toMutation('reportExperimentProgress', { attempt: 'Int!', progress: 'Float!' }),
  complete: toMutation('completeExperiment', { attempt: 'Int!' }),
  fail: toMutation('failExperiment', { attempt: 'Int!', errorMessage: 'String!' }),
};

export type TakeStep = (name: keyof typeof mutations, variables: Readonly<Record<string, unknown>>) => Promise<Answer>;

/** A function that takes a step of an experiment over HTTP. It never rejects. */
export function createSteps({ url, key }: RunConfig, id: string): TakeStep {
  return async (name, variables) => {
    try {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query: mutations[name], variables: { id, ...variables } }),
        // A redirected POST would become a GET.
        redirect: 'manual',
        signal: AbortSignal.timeout(answerTimeout),
      });
      return readAnswer(url, await response.text());
    } catch (error) {
      return { kind: 'unavailable', message: `cannot reach ${url}: ${describeFailure(error)}` };
    }
  };
}

interface Body {
  readonly data?: {
    readonly result?:
      | ({
          readonly __typename: string;
          readonly message?: string;
          readonly experiment?: { readonly attempt: number };
        } & Conflict)
      | null;
  } | null;
  readonly errors?: readonly { readonly message?: string }[];
}

function readAnswer(url: string, text: string): Answer {
  const body = parseBody(text);
  const result = body?.data?.result;
  if (result?.experiment) return { kind: 'done', attempt: result.experiment.attempt };
  if (result?.message !== undefined) return { ...result, kind: 'refused', message: result.message };
  const message = body?.errors?.[0]?.message ?? `${url} did not answer like a gateway: ${text.slice(0, 300)}`;
  return { kind: 'unavailable', message };
}

function parseBody(text: string): Body | null {
  try {
    return JSON.parse(text) as Body | null;
  } catch {
    return null;
  }
}

/** `fetch` says only that it failed; the reason is in its cause, which has no message where a name has several addresses. */
function describeFailure(error: unknown): string {
  const { message, cause } = error as { message: string; cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message;
}
