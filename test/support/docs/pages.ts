import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../process/process.ts';

/** Every page of the repository, README first. */
export const pages: readonly string[] = [
  'README.md',
  ...globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], { cwd: repository })
    .filter((page) => page !== 'README.md' && !page.includes('node_modules'))
    .toSorted(),
];

export function readPage(page: string): string {
  return readFileSync(join(repository, page), 'utf8');
}

/** A fenced block of a page. */
export interface Snippet {
  readonly language: string;
  readonly text: string;
  /** The first line, which names the snippet. */
  readonly name: string;
  /** Whether only line breaks separate it from the snippet before it. */
  readonly isOutput: boolean;
}

/** The fenced blocks of a page in order, without the indentation of a list. */
export function readSnippets(page: string): Snippet[] {
  const text = readPage(page);
  let end = 0;
  return Array.from(text.matchAll(/^( *)```(\S*)\n([^]*?)^\1```$/gm), (block) => {
    const [all, indentation = '', language = '', content = ''] = block;
    const isOutput = end > 0 && text.slice(end, block.index).trim() === '';
    end = block.index + all.length;
    const lines = content.split('\n').map((line) => line.slice(indentation.length));
    return { language, text: lines.join('\n'), name: lines[0] ?? '', isOutput };
  });
}

/** The prose of a page, without its code. */
export function readProse(page: string): string {
  return readPage(page)
    .replaceAll(/^( *)```[^]*?^\1```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, 'code');
}

/** The anchors of a page's headings, as GitHub makes them. */
export function readAnchors(page: string): Set<string> {
  const anchors = new Set<string>();
  const headings = readPage(page)
    .replaceAll(/^( *)```[^]*?^\1```$/gm, '')
    .matchAll(/^#+ (.+)$/gm);
  for (const [, heading = ''] of headings) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    let unique = anchor;
    for (let times = 1; anchors.has(unique); times++) unique = `${anchor}-${times}`;
    anchors.add(unique);
  }
  return anchors;
}
