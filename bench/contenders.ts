import packageJson from '../package.json' with { type: 'json' };

const { scripts } = packageJson;

/** A server to measure, and how to start it. */
export interface Contender {
  readonly name: string;
  readonly title: string;
  readonly protocol: 'graphql' | 'rest';
  /** The arguments for Node, with the project's root as the working directory. */
  readonly command: readonly string[];
}

/** The arguments of `npm run gateway`, so that the gateway is measured as users start it. */
const asStarted = scripts.gateway.split(' ').slice(1);

const peer = (file: string) => `bench/peers/${file}.ts`;

/** The gateway comes first: the others' figures and responses are compared with it. */
export const contenders: readonly Contender[] = [
  { name: 'gateway', title: 'the gateway', protocol: 'graphql', command: [...asStarted, 'serve'] },
  { name: 'mercurius', title: 'Mercurius', protocol: 'graphql', command: [peer('mercurius')] },
  { name: 'mercurius-jit', title: 'Mercurius with JIT', protocol: 'graphql', command: [peer('mercurius'), '--jit'] },
  { name: 'apollo', title: 'Apollo Server 5', protocol: 'graphql', command: [peer('apollo')] },
  { name: 'fastify', title: 'Fastify REST', protocol: 'rest', command: [peer('fastify-rest')] },
  { name: 'node-http', title: 'bare node:http', protocol: 'rest', command: [peer('node-http')] },
];
