import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Cmd,
  type Copy,
  DockerfileParser,
  type Entrypoint,
  type Env,
  type Healthcheck,
  type Instruction,
  type JSONInstruction,
} from 'dockerfile-ast';
import { repository } from './process.ts';

/** What a container of an image starts with. */
export interface ImageConfig {
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  readonly volumes: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly steps: readonly { readonly instruction: Instruction; readonly config: ImageConfig }[];
  readonly config: ImageConfig;
}

export const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');

const readList = (instruction: JSONInstruction) =>
  instruction
    .getJSONStrings()
    .map((text) => JSON.parse(text.getJSONValue() === '' ? '""' : JSON.stringify(text.getJSONValue())));

/** The stages of the Dockerfile, each step with the configuration that holds for it. */
export function readStages(): Stage[] {
  const stages: { name: string; base: string; steps: Stage['steps'][number][]; config: ImageConfig }[] = [];
  for (const instruction of DockerfileParser.parse(dockerfile).getInstructions()) {
    const words = instruction.getArguments().map((argument) => argument.getValue());
    if (instruction.getKeyword() === 'FROM') {
      const [base = '', , name = String(stages.length)] = words;
      const config = { env: {}, workdir: '/', user: '', volumes: [], command: [], healthcheck: [] };
      stages.push({ name, base, steps: [], config });
      continue;
    }
    const stage = stages.at(-1);
    if (!stage) throw new Error('A step comes before FROM.');
    stage.config = { ...stage.config, ...change(stage.config, instruction, words) };
    stage.steps.push({ instruction, config: stage.config });
  }
  return stages;
}

function change(config: ImageConfig, instruction: Instruction, words: readonly string[]): Partial<ImageConfig> {
  switch (instruction.getKeyword()) {
    case 'ENV': {
      const set = (instruction as Env).getProperties().map((each) => [each.getName(), each.getValue() ?? '']);
      return { env: { ...config.env, ...Object.fromEntries(set) } };
    }
    case 'WORKDIR':
      return { workdir: words[0] ?? '/' };
    case 'USER':
      return { user: words[0] ?? '' };
    case 'VOLUME':
      return { volumes: words };
    case 'ENTRYPOINT':
      return { command: readList(instruction as Entrypoint) };
    case 'CMD':
      return { command: [...config.command, ...readList(instruction as Cmd)] };
    case 'HEALTHCHECK': {
      const [, list = '[]'] = /CMD (\[.*\])/s.exec((instruction as Healthcheck).getRawArgumentsContent() ?? '') ?? [];
      return { healthcheck: JSON.parse(list) };
    }
    default:
      return {};
  }
}

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
 * A script that runs the steps of the Dockerfile and then what a container would run, with a root that cannot be written, as
 * the user of the image, without privileges. There is no container engine: this machine's own files stand in for the base
 * image, with the given Node, and each stage is a layer over them. `data` is the volume. To be run as an argument of bash, in a
 * mount namespace of its own: the process becomes the container's.
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
  const stages = readStages();
  const at = (name: string, ...path: string[]) => join(folder, name, ...path);
  const lines = ['set -euo pipefail', `mount -t tmpfs -o mode=755 tmpfs ${folder}`];
  for (const { name, steps } of stages) {
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
  const { name = '', config = undefined } = stages.at(-1) ?? {};
  if (!config) throw new Error('There is no stage.');
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

const basePath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
