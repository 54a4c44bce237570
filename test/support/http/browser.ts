import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { mayUse } from '../gateway/services.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

export const isBrowserMissing = !mayUse('chromium', executablePath !== undefined);

/** Opens a page of 1280 by 800 pixels in a new browser profile. Records every URL that it requests and every console message. */
export async function openPage() {
  const browser = await chromium.launch({
    executablePath: executablePath ?? 'chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  onTestFinished(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, requested, complaints };
}
