import type { ObjectRef } from '@pothos/core';
import type { Page } from '../domain/pagination.ts';
import { builder, type Types } from './builder.ts';

/** A page in Relay's form. The total is counted only when it is selected. */
export interface Connection<Node> {
  readonly edges: { readonly node: Node; readonly cursor: string }[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  readonly totalCount: () => number | Promise<number>;
}

export function toConnection<Node>(
  { entries, ...page }: Page<Node>,
  totalCount: Connection<Node>['totalCount'],
): Connection<Node> {
  const pageInfo = { ...page, startCursor: entries[0]?.cursor ?? null, endCursor: entries.at(-1)?.cursor ?? null };
  return { edges: [...entries], pageInfo, totalCount };
}

/** Creates the connection type of a list, and its edge type. */
export function createConnectionType<Node>(
  name: string,
  node: ObjectRef<Types, Node>,
): ObjectRef<Types, Connection<Node>> {
  const type = builder.connectionObject(
    {
      type: node,
      name: `${name}Connection`,
      description: 'One page of a list.',
      fields: (t) => ({
        nodes: t.field({
          type: [node as ObjectRef<Types, unknown>],
          description: 'The entries of the page without their cursors: the same as `node` of each of the `edges`.',
          resolve: (page) => (page as unknown as Connection<Node>).edges.map((edge) => edge.node),
        }),
        totalCount: t.int({
          description: 'How many entries the whole list has. Counted only when selected.',
          resolve: (page) => (page as unknown as Connection<Node>).totalCount(),
        }),
      }),
    },
    { name: `${name}Edge`, description: 'An entry of a page, with its cursor.' },
  );
  return type as never;
}
