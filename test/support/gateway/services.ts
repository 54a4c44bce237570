const namesIn = (list: string | undefined) => (list ?? '').split(',');

/** Services that tests use when available; the package registry only when it is required, since installing takes long. */
export type Service = 'chromium' | 'postgres' | 'redis' | 'registry';

/**
 * Whether tests may use a service. Tests of a missing service are skipped, and its name is reported.
 * `GATEWAY_TEST_REQUIRE` lists services that must be available; `GATEWAY_TEST_WITHOUT` lists services to do without, as
 * on a machine that lacks them.
 */
export function mayUse(service: Service, isThere: boolean): boolean {
  const isRefused = namesIn(process.env.GATEWAY_TEST_WITHOUT).includes(service);
  if (isThere && !isRefused) return true;
  if (namesIn(process.env.GATEWAY_TEST_REQUIRE).includes(service))
    throw new Error(`${service} is required and missing.`);
  console.warn(`Without ${service}: the tests that need it are skipped.`);
  return false;
}

/** Whether tests may install packages from the registry. */
export const mayInstall = mayUse('registry', namesIn(process.env.GATEWAY_TEST_REQUIRE).includes('registry'));
