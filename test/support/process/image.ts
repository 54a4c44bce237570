import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Copy } from 'dockerfile-ast';
import { readImage, readStages } from './dockerfile.ts';
import { repository } from './process.ts';

/** The search path of the base image. */
const basePath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const quoteAll = (words: readonly string[]) => words.map(quote).join(' ');
const toEnvironment = (env: Readonly<Record<string, string>>) =>
  quoteAll(['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]);

/** Whether this machine can run a Dockerfile's steps: it needs root, and file systems in layers. */
export const canRunImage =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-m', 'sh', '-c', 'command -v setpriv nsenter && grep -q overlay /proc/filesystems']).status ===
    0;

/**
 * A script for bash that runs the steps of the Dockerfile, and then becomes what a container would run: as the user of the
 * image, without privileges, over a root that cannot be written. There is no container engine. This machine's own files with
 * the given Node stand in for the base image, each stage is a layer over them in memory, and `data` is the volume. It needs a
 * mount namespace of its own.
 */
export function toScript({
  folder,
  node,
  data,
  env,
}: {
  folder: string;
  node: string;
  data: string;
  env: Readonly<Record<string, string>>;
}): string {
  const at = (name: string, ...path: string[]) => join(folder, name, ...path);
  const lines = ['set -euo pipefail', `mount -t tmpfs -o mode=755 tmpfs ${folder}`];
  for (const { name, steps } of readStages()) {
    const root = at(name, 'root');
    lines.push(
      `mkdir -p ${at(name, 'layer')}/usr/local/bin ${at(name, 'work')} ${root}`,
      `cp ${node} ${at(name, 'layer')}/usr/local/bin/node`,
      `mount -t overlay overlay -o lowerdir=/,upperdir=${at(name, 'layer')},workdir=${at(name, 'work')} ${root}`,
      `mount --rbind /dev ${root}/dev && mount -t proc proc ${root}/proc`,
    );
    for (const { instruction, config } of steps) {
      const workdir = join(root, config.workdir);
      if (instruction.getKeyword() === 'WORKDIR') lines.push(`mkdir -p ${workdir}`);
      if (instruction.getKeyword() === 'RUN')
        lines.push(
          `chroot ${root} ${toEnvironment({ ...config.env, PATH: basePath })} sh -c ${quote(
            `cd ${config.workdir} && ${instruction.getRawArgumentsContent()}`,
          )} >&2`,
        );
      if (instruction.getKeyword() === 'COPY') {
        const copy = instruction as Copy;
        const [flag] = copy.getFlags();
        const source = flag ? at(flag.getValue() ?? '', 'layer') : repository;
        const words = copy.getArguments().map((argument) => argument.getValue());
        for (const word of words.slice(0, -1))
          lines.push(
            `from=${quote(join(source, word))} to=${quote(join(workdir, words.at(-1) ?? ''))}`,
            'if [ -d "$from" ]; then mkdir -p "$to" && cp -a "$from/." "$to"; else cp -a "$from" "$to"; fi',
          );
      }
    }
    lines.push(`umount -R ${root}`);
  }
  const { name, config } = readImage();
  const [uid = '', gid = ''] = config.user.split(':');
  const root = at(name, 'root');
  lines.push(
    `mount -t overlay overlay -o lowerdir=${at(name, 'layer')}:/ ${root}`,
    `mount --rbind /dev ${root}/dev && mount -t proc proc ${root}/proc && mount -t tmpfs tmpfs ${root}/tmp`,
    ...config.volumes.map((volume) => `mount --bind ${data} ${root}${volume}`),
    `chown ${uid}:${gid} ${data}`,
    `exec ${toEnvironment({ ...config.env, ...env, PATH: basePath })} chroot ${root} setpriv --reuid ${uid} --regid ${gid} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all sh -c ${quote(
      `cd ${config.workdir} && exec "$@"`,
    )} sh ${quoteAll(config.command)}`,
  );
  return lines.join('\n');
}
