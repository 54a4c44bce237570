import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { createTestGateway, type TestGateway } from '../gateway/test-gateway.ts';
import { openPage } from './browser.ts';

export const browserOptions = { timeout: 90_000 };

/** How long to wait for what the page shall show, on a loaded machine. */
const patience = { timeout: 30_000 };

/** A gateway that listens, and a browser. `signIn` opens the page with a key of the gateway. */
export async function openGatewayPage(environment: Record<string, string> = {}) {
  const gateway = await createTestGateway(environment);
  const url = await gateway.app.listen();
  const { page, requested, complaints } = await openPage();
  return {
    gateway,
    url,
    page,
    requested,
    complaints,
    findForeign: () => requested.filter((address) => !address.startsWith(`${url}/`)),
    signIn: (query = '') => page.goto(`${url}/${query}#key=${gateway.key}`),
  };
}

export function create(gateway: TestGateway, input: Record<string, unknown>): Promise<unknown> {
  return gateway.data('mutation ($input: CreateExperimentInput!) { createExperiment(input: $input) { __typename } }', {
    input,
  });
}

/** Executes a mutation whose arguments are written out. */
export function run(gateway: TestGateway, mutation: string): Promise<unknown> {
  return gateway.data(`mutation { ${mutation} { __typename } }`);
}

export async function waitForRows(page: Page, names: readonly string[]): Promise<void> {
  await expect.poll(() => page.locator('.row-name').allTextContents(), patience).toEqual(names);
}

/** Whether the first such element lies within the window, so that nobody has to scroll to see it. */
export function isInView(page: Page, selector: string): Promise<boolean> {
  const isWithin = (element: Element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  };
  return page.locator(selector).first().evaluate(isWithin);
}

/** Waits for changes that are shown, as lines such as `batchSize was 25 → is now 100`. */
export async function waitForChanges(page: Page, place: string, changes: readonly string[]): Promise<void> {
  const read = async () => {
    const items = await page.locator(`${place} .change`).all();
    const texts = await Promise.all(items.map((item) => item.locator('.path, .note, ins, del').allTextContents()));
    return texts.map((parts) => parts.join(' '));
  };
  await expect.poll(read, patience).toEqual(changes);
}
