/** The path of all experiments, without the last slash. */
export const collectionPath = '/api/v2/experiments';
const documentPath = '/api/v2/openapi.json';

const onePath = new RegExp(`^${collectionPath}/([^/]+)/?$`);
/** Below an experiment, and below the collection except for what may be the id of an experiment. */
const resultsPath = new RegExp(`^${collectionPath}/(?:[^/]+/(?:logs|histogram)(?:/.*)?|(?:logs|histogram)/.+)$`);

/** `results` is what the documented API keeps of a run, and this gateway does not. */
export type RouteKind = 'document' | 'collection' | 'list' | 'summary' | 'experiment' | 'results';
export interface Route {
  readonly kind: RouteKind;
  /** The id of an experiment; empty for any other route. */
  readonly id: string;
}

/** The route of a path; undefined for an unknown one. No experiment is at `list` and `summary` (R10). */
export function matchRoute(path: string): Route | undefined {
  if (path === documentPath) return { kind: 'document', id: '' };
  if (path === collectionPath || path === `${collectionPath}/`) return { kind: 'collection', id: '' };
  if (resultsPath.test(path)) return { kind: 'results', id: '' };
  const [, encoded] = onePath.exec(path) ?? [];
  const id = encoded === undefined ? undefined : decode(encoded);
  if (id === undefined) return undefined;
  return id === 'list' || id === 'summary' ? { kind: id, id: '' } : { kind: 'experiment', id };
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
