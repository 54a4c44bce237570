import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/**
 * The import rules. The first matching row applies to a file. `packages` lists the packages that it may import, with `*`
 * for all; a target that ends in `/` is a folder, and `type:` before a target allows only types.
 */
const table: readonly {
  readonly files: RegExp;
  readonly may: readonly string[];
  readonly packages: readonly string[];
}[] = [
  // A runner is a client, which must start fast.
  {
    files: /^cli\/run(\.ts|\/)/,
    may: ['cli/run/', 'cli/failures.ts', 'run-config.ts'],
    packages: ['commander'],
  },
  {
    files: /^cli\/(?!copy\.ts)/,
    may: [
      'cli/',
      'app.ts',
      'config.ts',
      'env-file.ts',
      'schema/index.ts',
      'storage/(open|engines).ts',
      'type:storage/storage.ts',
      'domain/',
    ],
    packages: ['commander'],
  },
  {
    files: /^cli\/copy\.ts$/,
    may: ['cli/failures.ts', 'storage/copy/copy.ts', 'storage/engines.ts'],
    packages: ['commander'],
  },
  {
    files: /^app\.ts$/,
    may: [
      'type:config.ts',
      'domain/',
      'storage/',
      'events/',
      'replicas/',
      'rate-limits/',
      'graphql-executor/executor.ts',
      'schema/',
      'auth/',
      'http/',
      'observability/',
    ],
    packages: ['*'],
  },
  {
    files: /^config\.ts$/,
    may: [
      'config-values.ts',
      'redact-config.ts',
      'secret-files.ts',
      'persisted-operations-file.ts',
      'domain/',
      'type:auth/jwt.ts',
      'storage/engines.ts',
    ],
    packages: ['zod'],
  },
  { files: /^config-values\.ts$/, may: ['domain/', 'auth/jwt.ts'], packages: [] },
  { files: /^(env-file|run-config)\.ts$/, may: ['domain/faults.ts'], packages: [] },
  { files: /^redact-config\.ts$/, may: [], packages: [] },
  {
    files: /^(secret-files|persisted-operations-file)\.ts$/,
    may: ['read-file.ts', 'redact-config.ts'],
    packages: [],
  },
  { files: /^read-file\.ts$/, may: [], packages: [] },
  { files: /^gateway\.mjs$/, may: ['cli/cli.ts', 'resolve-hook.mjs'], packages: [] },
  { files: /^resolve-hook\.mjs$/, may: [], packages: [] },
  {
    files: /^domain\/experiment\//,
    may: ['domain/experiment/', 'type:domain/dataset/', 'domain/[^/]+\\.ts', 'domain/json/'],
    packages: ['zod'],
  },
  {
    files: /^domain\/dataset\//,
    may: ['domain/dataset/', 'type:domain/experiment/', 'domain/[^/]+\\.ts', 'domain/json/'],
    packages: ['zod'],
  },
  { files: /^domain\/api-key\//, may: ['domain/api-key/', 'domain/[^/]+\\.ts', 'domain/json/'], packages: ['zod'] },
  {
    files: /^domain\//,
    may: [
      'domain/[^/]+\\.ts',
      'domain/json/',
      'type:domain/experiment/',
      'type:domain/dataset/',
      'type:domain/api-key/',
    ],
    packages: ['zod'],
  },
  {
    files: /^storage\/sqlite\//,
    may: ['domain/', 'storage/sqlite/', 'storage/rows/', 'storage/copy/port.ts', 'storage/[^/]+\\.ts'],
    packages: ['drizzle-orm', 'better-sqlite3'],
  },
  {
    files: /^storage\/postgres\//,
    may: ['domain/', 'storage/postgres/', 'storage/rows/', 'storage/copy/port.ts', 'storage/[^/]+\\.ts'],
    packages: ['drizzle-orm', 'pg'],
  },
  // Only the registry knows the engines.
  { files: /^storage\/engines\.ts$/, may: ['domain/', 'storage/'], packages: [] },
  {
    files: /^storage\//,
    may: ['domain/', 'storage/rows/', 'storage/copy/', 'storage/[^/]+\\.ts'],
    packages: ['drizzle-orm'],
  },
  {
    files: /^schema\//,
    may: ['domain/', 'schema/'],
    packages: ['@pothos/', 'graphql', 'graphql-scalars'],
  },
  { files: /^graphql-executor\//, may: ['graphql-executor/'], packages: ['graphql'] },
  { files: /^auth\//, may: ['domain/', 'auth/'], packages: ['jose'] },
  {
    files: /^replicas\//,
    may: [
      'type:config.ts',
      'domain/',
      'replicas/',
      'storage/open.ts',
      'type:storage/storage.ts',
      'events/redis-(connection|events)\\.ts',
      'type:schema/',
      'type:observability/',
    ],
    packages: ['ioredis'],
  },
  {
    files: /^rate-limits\//,
    may: ['domain/', 'rate-limits/', 'events/redis-connection.ts', 'type:observability/'],
    packages: ['ioredis', 'rate-limiter-flexible'],
  },
  { files: /^events\//, may: ['domain/', 'events/'], packages: ['ioredis'] },
  {
    files: /^observability\//,
    may: ['observability/'],
    packages: ['pino', 'pino-pretty', 'prom-client', '@opentelemetry/'],
  },
  {
    // Gates only translate, so they must not import anything that would let them decide.
    files: /^http\/(node-gate|graphql\/use-operations)\.ts$/,
    may: [
      'http/(exchange|request-log|node-gate|use-exchange|graphql/operation)\\.ts',
      'type:http/',
      'type:observability/',
    ],
    packages: ['graphql', 'graphql-yoga'],
  },
  {
    files: /^http\//,
    may: ['schema/', 'auth/', 'observability/', 'domain/', 'http/'],
    packages: ['graphql', 'graphql-yoga', '@graphql-yoga/', 'zod'],
  },
];

/** The Node modules that each room may use; the domain uses no files, sockets or processes. */
const domainBuiltins: ReadonlySet<string> = new Set(['node:crypto']);

interface Import {
  readonly target: string;
  readonly isTypeOnly: boolean;
}

function findImports(source: string): Import[] {
  const text = source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const found: Import[] = [];
  const clauses = /^(?:import\b([^;'"=()]*?)|export\b([^;'"=()]*?)\bfrom\s*)['"]([^'"]+)['"]/gm;
  for (const [, imported, exported, target = ''] of text.matchAll(clauses)) {
    const clause = imported ?? exported ?? '';
    const names =
      /\{([^}]*)\}/
        .exec(clause)?.[1]
        ?.split(',')
        .map((name) => name.trim())
        .filter(Boolean) ?? [];
    const isTypeOnly =
      /^\s*type\b/.test(clause) || (names.length > 0 && names.every((name) => name.startsWith('type ')));
    found.push({ target, isTypeOnly });
  }
  for (const [, typeOf, target = ''] of text.matchAll(/(typeof\s+)?\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ target, isTypeOnly: typeOf !== undefined });
  }
  return found;
}

/** Every import that the table does not allow, as a sentence. */
function findViolations(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([file, source]) => {
    const row = table.find(({ files: pattern }) => pattern.test(file));
    if (!row) return [`${file} is in no room of the table`];
    return findImports(source)
      .filter(({ target, isTypeOnly }) => !isAllowed(file, row, target, isTypeOnly))
      .map(({ target }) => `${file} imports ${target}`);
  });
}

function isAllowed(
  file: string,
  { may, packages }: (typeof table)[number],
  target: string,
  isTypeOnly: boolean,
): boolean {
  if (target.startsWith('node:')) return !file.startsWith('domain/') || domainBuiltins.has(target);
  if (!target.startsWith('.'))
    return packages.some(
      (name) => name === '*' || target === name || target.startsWith(name.endsWith('/') ? name : `${name}/`),
    );
  const path = normalize(join(dirname(file), target));
  return may.some((entry) => {
    const [, typePrefix, place = ''] = /^(type:)?(.*)$/.exec(entry) ?? [];
    return (
      (typePrefix === undefined || isTypeOnly) && new RegExp(`^${place}${place.endsWith('/') ? '' : '$'}`).test(path)
    );
  });
}

const root = fileURLToPath(new URL('../src/', import.meta.url));
const sources = new Map(
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|mjs)$/.test(file))
    .map((file) => [file, readFileSync(join(root, file), 'utf8')]),
);

describe('the import table', () => {
  test('holds for every file', () => {
    expect(findViolations(sources)).toEqual([]);
  });

  test.each([
    ['domain/experiment/seeded.ts', "import { eq } from 'drizzle-orm';"],
    ['domain/experiment/seeded.ts', "import { readFileSync } from 'node:fs';"],
    ['domain/experiment/seeded.ts', "import { openStorage } from '../../storage/open.ts';"],
    ['domain/experiment/seeded.ts', "import { createApiKey } from '../api-key/api-key.ts';"],
    ['domain/seeded.ts', "import { generateExperimentId } from './experiment/id.ts';"],
    ['domain/seeded.ts', "export { GraphQLError } from 'graphql';"],
    ['storage/postgres/seeded.ts', "import { tables } from '../sqlite/tables.ts';"],
    ['storage/open.ts', "import { parseFileUrl } from './sqlite/url.ts';"],
    ['storage/sqlite/seeded.ts', "import { schema } from '../../schema/index.ts';"],
    ['schema/seeded.ts', "import { openStorage } from '../storage/open.ts';"],
    ['schema/seeded.ts', "import type { Plugin } from 'graphql-yoga';"],
    ['graphql-executor/seeded.ts', "import { schema } from '../schema/index.ts';"],
    ['http/seeded.ts', "import { executor } from '../graphql-executor/executor.ts';"],
    ['app.ts', "import { execute } from './graphql-executor/execute.ts';"],
    ['auth/seeded.ts', "import { toRequestId } from '../http/request-id.ts';"],
    ['events/seeded.ts', "import { openStorage } from '../storage/open.ts';"],
    ['domain/experiment/seeded.ts', "import { createRedisEvents } from '../../events/redis-events.ts';"],
    ['domain/seeded.ts', "import { Redis } from 'ioredis';"],
    ['replicas/seeded.ts', "import { connectTo } from '../storage/postgres/open.ts';"],
    ['http/node-gate.ts', "import { authorize } from '../domain/actor.ts';"],
    ['http/graphql/use-operations.ts', "import { refusal } from '../refusal.ts';"],
    ['http/seeded.ts', "import type { RecentWriters } from '../replicas/read-your-writes.ts';"],
    ['observability/seeded.ts', "import { scopes } from '../domain/actor.ts';"],
    ['http/seeded.ts', "import type { Storage } from '../storage/open.ts';"],
    ['http/seeded.ts', "const storage = await import('../storage/open.ts');"],
    ['cli/cli.ts', "import { schema } from '../schema/builder.ts';"],
    ['cli/cli.ts', "import { openCopySource } from '../storage/copy/open.ts';"],
    ['cli/run/seeded.ts', "import { readConfigFromEnvironment } from '../../config.ts';"],
    ['cli/run.ts', "import { withStorage } from './with-storage.ts';"],
    ['cli/copy.ts', "import { openSource } from '../storage/sqlite/copy.ts';"],
    ['app.ts', "import { run } from './cli/cli.ts';"],
  ])('is broken by %s with %s', (file, source) => {
    const [, imported] = /['"](.+)['"]/.exec(source) ?? [];
    expect(findViolations(new Map([[file, source]]))).toEqual([`${file} imports ${imported}`]);
  });

  test('has a row for every file', () => {
    expect(findViolations(new Map([['helpers/seeded.ts', '']]))).toEqual([
      'helpers/seeded.ts is in no room of the table',
    ]);
  });

  test.each([
    ['@opentelemetry/', 'observability/open-telemetry.ts'],
    ['prom-client', 'observability/prometheus.ts'],
  ])('lets only one file import %s, which is loaded when it is needed', (name, file) => {
    const listImports = ([importer, source]: [string, string]) =>
      findImports(source).map(({ target, isTypeOnly }) => {
        const path = normalize(join(dirname(importer), target));
        return { importer, target, isTypeOnly, path };
      });
    const all = [...sources].flatMap(listImports);
    expect(new Set(all.filter(({ target }) => target.startsWith(name)).map(({ importer }) => importer))).toEqual(
      new Set([file]),
    );
    const loaders = all.filter(({ path, isTypeOnly }) => path === file && !isTypeOnly);
    expect(loaders).not.toEqual([]);
    for (const { importer, target } of loaders) expect(sources.get(importer)).toContain(`await import('${target}')`);
  });

  test('lets only config.ts and run-config.ts read the environment', () => {
    const readers = [...sources].filter(([, source]) => /process\.env\b/.test(source)).map(([file]) => file);
    expect(readers.toSorted()).toEqual(['config.ts', 'run-config.ts']);
  });

  test('lets only the command line end the process', () => {
    const enders = [...sources].filter(([, source]) => /process\.exit(Code)?\b/.test(source)).map(([file]) => file);
    expect(enders.toSorted()).toEqual(['cli/cli.ts', 'cli/serve.ts', 'gateway.mjs']);
  });
});

/** The files directly in `src/http` that a file imports: what GraphQL and REST share. */
const findShared = (file: string) =>
  findImports(sources.get(file) ?? '')
    .map(({ target }) => normalize(join(dirname(file), target)))
    .filter((path) => /^http\/[^/]+$/.test(path));

test('REST takes every shared step that a GraphQL operation takes', () => {
  const steps = findShared('http/graphql/operation.ts');
  expect(steps).toContain('http/identify.ts');
  const rest = [...sources.keys()].filter((file) => file.startsWith('http/rest/'));
  expect(rest.flatMap(findShared)).toEqual(expect.arrayContaining(steps));
});

test('the contract of storage includes every part that is written', () => {
  const written = readdirSync(new URL('storage/', import.meta.url)).filter((file) => file.startsWith('contract-'));
  const contract = readFileSync(new URL('storage/contract.ts', import.meta.url), 'utf8');
  expect(findImports(contract).map(({ target }) => target)).toEqual(
    expect.arrayContaining(written.map((file) => `./${file}`)),
  );
});
