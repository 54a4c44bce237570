// The way in for every command. It must run on any Node, so it holds no TypeScript and imports nothing that needs a
// newer one: an older Node would crash in the database driver instead of saying what to do.
import module from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const stripsTypes = major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (stripsTypes) {
  module.enableCompileCache?.();
  await import('./drizzle-imports.mjs');
  const { run } = await import('./cli.ts');
  await run(process.argv.slice(2));
} else {
  console.error(
    `The gateway needs Node 22.18 or newer; this is ${process.versions.node}. Run it through npm (npm start), which brings its own on Linux, or install a newer Node.`,
  );
  process.exitCode = 1;
}
