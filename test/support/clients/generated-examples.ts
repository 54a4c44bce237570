import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import * as fragmentMatcher from '@graphql-codegen/fragment-matcher';
import * as introspection from '@graphql-codegen/introspection';
import { build, stop } from 'esbuild';
import { buildSchema, parse } from 'graphql';
import { afterAll } from 'vitest';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Copies an example into a folder that is removed at the end of the file, from where it finds the installed packages.
 * Returns the folder.
 */
export function copyExample(name: string): string {
  const folder = join(root, 'test', `.example-${name}-${process.pid}`);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, 'examples', name), folder, { recursive: true });
  return folder;
}

/** Generates what the codegen.ts of an example says, in a copy of it, as the command line of Code Generator does. */
export async function generateCode(folder: string): Promise<void> {
  const { default: config } = await import(pathToFileURL(join(folder, 'codegen.ts')).href);
  const schema = readFileSync(join(root, 'schema.graphql'), 'utf8');
  const location = join(folder, config.documents);
  const documents = [...readFileSync(location, 'utf8').matchAll(/graphql\(`([^`]*)`\)/g)].map(([, text = '']) => ({
    location,
    rawSDL: text,
    document: parse(text),
  }));
  const common = {
    schema: parse(schema),
    schemaAst: buildSchema(schema),
    documents,
    pluginMap: { 'fragment-matcher': fragmentMatcher, introspection },
  };
  for (const [path, output] of Object.entries<any>(config.generates)) {
    const filename = join(folder, path);
    const sections = output.preset
      ? await preset.buildGeneratesSection({ ...common, ...output, plugins: [], baseOutputDir: `${filename}/` })
      : [
          {
            ...common,
            filename,
            config: {},
            plugins: output.plugins.map((name: string) => ({ [name]: output.config ?? {} })),
          },
        ];
    for (const section of sections) {
      mkdirSync(dirname(section.filename), { recursive: true });
      writeFileSync(section.filename, await codegen({ ...section, cache: undefined }));
    }
  }
}

/** Bundles a module of the Relay example. Like babel-plugin-relay, it imports each document's artifact in its place. */
export async function bundleRelayExample(folder: string, entry: string): Promise<string> {
  const outfile = join(folder, `${entry}.bundle.mjs`);
  await build({
    entryPoints: [join(folder, `${entry}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [
      {
        name: 'documents',
        setup({ onLoad }) {
          onLoad({ filter: /[\\/]experiments\.ts$/ }, ({ path }) => ({
            loader: 'ts',
            contents: replaceDocuments(readFileSync(path, 'utf8')),
          }));
        },
      },
    ],
  });
  await stop();
  return outfile;
}

function replaceDocuments(source: string): string {
  const imports: string[] = [];
  const replaced = source.replace(
    /graphql`\s*(?:query|mutation|subscription|fragment) (\w+)[^`]*`/g,
    (_document, name) => {
      imports.push(`import document_${name} from './__generated__/${name}.graphql';\n`);
      return `document_${name}`;
    },
  );
  return imports.join('') + replaced;
}
