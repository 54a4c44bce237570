import { type Actor, authorize } from '../domain/actor.ts';
import type { GatewayContext } from './context.ts';
import { toGraphQLError } from './to-graphql-error.ts';

/** The caller of a query, who may read: `requires` has already checked that. */
export function requireReader({ caller }: GatewayContext): Actor {
  const actor = authorize(caller, 'experiments:read');
  if ('kind' in actor) throw toGraphQLError(actor);
  return actor;
}
