import packageJson from '../package.json' with { type: 'json' };

const { scripts } = packageJson;

/** A server that is measured, and how it is started. */
export interface Contender {
  readonly name: string;
  readonly title: string;
  readonly protocol: 'graphql' | 'rest';
  /** The command line for Node, from the project's root. */
  readonly command: readonly string[];
}

/** What `npm run gateway` gives Node: the gateway is measured as people start it. */
const asStarted = scripts.gateway.split(' ').slice(1);

const peer = (file: string) => `bench/peers/${file}.ts`;

/** The gateway comes first: the others are compared with it, and their answers with its answers. */
export const contenders: readonly Contender[] = [
  { name: 'gateway', title: 'the gateway', protocol: 'graphql', command: [...asStarted, 'serve'] },
  { name: 'mercurius', title: 'Mercurius', protocol: 'graphql', command: [peer('mercurius')] },
  { name: 'mercurius-jit', title: 'Mercurius with JIT', protocol: 'graphql', command: [peer('mercurius'), '--jit'] },
  { name: 'apollo', title: 'Apollo Server 5', protocol: 'graphql', command: [peer('apollo')] },
  { name: 'fastify', title: 'Fastify REST', protocol: 'rest', command: [peer('fastify-rest')] },
  { name: 'node-http', title: 'bare node:http', protocol: 'rest', command: [peer('node-http')] },
];
