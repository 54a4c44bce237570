import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Cmd,
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

/** A part of the Dockerfile that begins with FROM. */
export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly steps: readonly { readonly instruction: Instruction; readonly config: ImageConfig }[];
  readonly config: ImageConfig;
}

/** The text of the Dockerfile. */
export const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');

const readList = (instruction: JSONInstruction) => instruction.getJSONStrings().map((text) => text.getJSONValue());

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

/** The image that the Dockerfile makes: its last stage. */
export function readImage(): Stage {
  const image = readStages().at(-1);
  if (!image) throw new Error('The Dockerfile has no stage.');
  return image;
}

/** What a step changes. */
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
