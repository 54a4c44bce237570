const namesIn = (list: string | undefined) => (list ?? '').split(',');

/** Services that tests use when they are there. */
export type Service = 'chromium' | 'postgres' | 'redis';

/**
 * Whether tests may use a service. What is missing is skipped, and said by name; `GATEWAY_TEST_REQUIRE` names services
 * that must be there, and `GATEWAY_TEST_WITHOUT` services to do without, as on a machine that lacks them.
 */
export function mayUse(service: Service, isThere: boolean): boolean {
  const isRefused = namesIn(process.env.GATEWAY_TEST_WITHOUT).includes(service);
  if (isThere && !isRefused) return true;
  if (namesIn(process.env.GATEWAY_TEST_REQUIRE).includes(service))
    throw new Error(`${service} is required and missing.`);
  console.warn(`Without ${service}: the tests that need it are skipped.`);
  return false;
}
