import { type Command, InvalidArgumentError } from 'commander';
import { addCopyCommand } from './copy.ts';
import { addKeysCommand } from './keys.ts';
import { serve } from './serve.ts';
import { withStorage } from './with-storage.ts';

/** Adds the commands of the gateway itself, which read its configuration. */
export function addGatewayCommands(gateway: Command): void {
  gateway
    .command('serve')
    .description('Migrate the database, listen, and serve requests until SIGTERM or Ctrl-C.')
    .action(() => serve());

  gateway
    .command('migrate')
    .description('Apply missing migrations and stop. Stop gateways of an older version first.')
    .action(async () => {
      await withStorage(async (_, shown) => console.log(`${shown} is migrated.`), { mustExist: false });
    });

  gateway
    .command('schema')
    .description('Print the GraphQL schema (SDL).')
    .action(async () => {
      const { printSdl } = await import('../schema/index.ts');
      process.stdout.write(printSdl());
    });

  gateway
    .command('backup')
    .description('Copy the database to a new file, while gateways continue to write.')
    .argument('<file>', 'the path of the copy; the file must not exist yet', parseNewFile)
    .action(async (file: string) => {
      await withStorage(({ backup }) => backup(file));
      console.log(
        `${file} is complete, checked and on disk. To restore, stop the gateway and put it in the database's place, without a -wal file beside it.`,
      );
    });

  addCopyCommand(gateway);
  addKeysCommand(gateway);
}

function parseNewFile(text: string): string {
  // Otherwise a URL, or SQLite's :memory:, would become a file name.
  if (text.trim() === '' || /^([a-z][a-z\d+.-]+)?:/i.test(text))
    throw new InvalidArgumentError('Accepted: a path, for example ./backups/gateway.db.');
  return text;
}
