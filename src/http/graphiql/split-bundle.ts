/** The parts of Yoga's GraphiQL. */
export interface Bundle {
  readonly css: string;
  readonly js: string;
  readonly editorWorkerService: string;
  readonly graphqlWorker: string;
  readonly jsonWorker: string;
}

/** What a browser loads. `formatter` is loaded when it is needed, and each font for the characters that need it. */
export interface SplitBundle {
  readonly stylesheet: string;
  readonly script: string;
  readonly worker: string;
  /** What does not fit this build, and is left as it is. */
  readonly missing: readonly string[];
}

/** Adds an asset and returns its address. */
export type AddAsset = (name: string, extension: 'js' | 'woff2' | 'woff' | 'ttf', content: string | Buffer) => string;

/**
 * Splits Yoga's build of GraphiQL, which is one script, one stylesheet and three workers, so that a first visit loads a
 * third less: Prettier, which only formatting needs, and the fonts become assets of their own, and the workers, which
 * share most of their code, become one file.
 */
export function splitBundle(bundle: Bundle, add: AddAsset): SplitBundle {
  const formatter = cutFormatter(bundle.js);
  const address = formatter && add('formatter', 'js', formatter.module);
  const graphql = address === undefined ? undefined : linkWorker(bundle.graphqlWorker, address);
  return {
    stylesheet: moveFonts(bundle.css, add),
    script: formatter && address !== undefined ? formatter.link(address) : bundle.js,
    worker: joinWorkers({
      editorWorkerService: bundle.editorWorkerService,
      graphql: graphql ?? bundle.graphqlWorker,
      json: bundle.jsonWorker,
    }),
    missing: [...(formatter ? [] : ['formatter']), ...(graphql === undefined ? ['formatter of the worker'] : [])],
  };
}

const later = String.raw`Promise\.resolve\(\)\.then\(\(\)=>([\w$]+)\)`;
/** The two places that import Prettier with its plugins: one for GraphQL, one for JSON. */
const imports = new RegExp(String.raw`\[${later},${later},${later}\](?=\);return \w+\.format\()`, 'g');

/** Cuts Prettier with its plugins out of the script: consecutive statements that use only two helpers from outside. */
function cutFormatter(script: string) {
  const [graphql, json, ...others] = [...script.matchAll(imports)];
  const start = [...script.matchAll(/(?<=globalThis\.React=[\w$]+;)var (?=[\w$]+=Object\.create,)/g)];
  if (!graphql || !json || others.length > 0 || start.length !== 1) return undefined;
  const [[, standalone, printer, parser], [, , estree, babel = '']] = [graphql, json];
  const last = new RegExp(
    String.raw`const ${babel.replaceAll('$', String.raw`\$`)}=([\w$]+)\(\{__proto__:null,default:([\w$]+)\([\w$]+\)\},\[[\w$]+\]\);`,
  ).exec(script);
  if (!last) return undefined;
  const [from, to] = [start[0]?.index ?? 0, last.index + last[0].length];
  const helpers = `const ${last[1]}=(namespace,[module])=>({...module,...namespace}),${last[2]}=module=>module.default??module;`;
  return {
    module: `${helpers}${script.slice(from, to)}export{${standalone} as standalone,${printer} as printer,${parser} as parser,${estree} as estree,${babel} as babel};`,
    link(address: string): string {
      const load = (...names: string[]) =>
        `[${names.map((name) => `import(${JSON.stringify(address)}).then(m=>m.${name})`).join()}]`;
      return (script.slice(0, from) + script.slice(to))
        .replace(graphql[0], () => load('standalone', 'printer', 'parser'))
        .replace(json[0], () => load('standalone', 'estree', 'babel'));
    },
  };
}

/** Lets the worker for GraphQL load Prettier from `address` in place of its own copy, or returns undefined. */
function linkWorker(worker: string, address: string): string | undefined {
  const copy =
    /^ *\/\/ \S+\/prettier\/standalone\.mjs$.*?^ *\/\/ \S+\/prettier\/plugins\/graphql\.js$.*?(?=^ *\/\/ \S+\/node_modules\/)/ms;
  const standalone = 'Promise.resolve().then(() => (init_standalone(), standalone_exports))';
  const plugin = 'Promise.resolve().then(() => __toESM(require_graphql()))';
  if (!copy.test(worker) || !worker.includes(standalone) || !worker.includes(plugin)) return undefined;
  return worker
    .replace(copy, '')
    .replace(standalone, () => `import(${JSON.stringify(address)}).then((m) => m.standalone)`)
    .replace(plugin, () => `import(${JSON.stringify(address)}).then((m) => m.parser)`);
}

/** One script for all workers. Its address ends in `#` and monaco's label of the worker. */
function joinWorkers(workers: Readonly<Record<string, string>>): string {
  const functions = Object.entries(workers).map(([label, script]) => `${label}() {\n${script}\n}`);
  return `({\n${functions.join(',\n')}\n})[location.hash.slice(1)]();\n`;
}

function moveFonts(stylesheet: string, add: AddAsset): string {
  return stylesheet.replace(
    /url\(data:font\/(woff2|woff|ttf);base64,([\w+/=]+)\)/g,
    (_url, extension: 'woff2' | 'woff' | 'ttf', content: string) =>
      `url(${add('font', extension, Buffer.from(content, 'base64'))})`,
  );
}
