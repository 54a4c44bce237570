/** How much of the output an error message repeats. */
const maxLines = 20;
const maxLineLength = 400;

/** What a runner remembers of the output of its command. */
export interface Output {
  /** Takes the next part of the output, which may end in the middle of a line. */
  take(text: string): void;
  /** Takes what is left as the last line. */
  end(): void;
  /** The highest progress that a line has reported, from 0 to 100. */
  progress(): number;
  /** The last lines, without what the gateway refuses to store. */
  lastLines(): string[];
}

export function createOutput(): Output {
  let beginning = '';
  let progress = 0;
  let lines: string[] = [];
  const takeLine = (line: string) => {
    const [, reported] = /^PROGRESS\s+(\d{1,3}(?:\.\d{1,6})?)%?\s*$/.exec(line) ?? [];
    if (reported !== undefined && Number(reported) <= 100) progress = Math.max(progress, Number(reported));
    lines = [...lines, clean(line)].slice(-maxLines);
  };
  return {
    take(text) {
      const [first = '', ...others] = text.split('\n');
      for (const part of [first, ...others].entries()) {
        if (part[0] > 0) {
          takeLine(beginning);
          beginning = '';
        }
        // The rest of a long line is not needed, and it may never end.
        beginning = (beginning + part[1]).slice(0, maxLineLength);
      }
    },
    end() {
      if (beginning !== '') takeLine(beginning);
      beginning = '';
    },
    progress: () => progress,
    lastLines: () => lines,
  };
}

/** Removes control characters but tabs, and what is no Unicode: decoding and `toWellFormed` have left U+FFFD for that. */
function clean(line: string): string {
  return line.toWellFormed().replaceAll(/[\0-\x08\x0a-\x1f\x7f\ufffd]/g, '');
}
