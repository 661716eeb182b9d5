/**
 * The floors of the house as data: every folder of `src/` and the rooms it may import besides itself.
 * `.oxlintrc.json` says the same to the editor; `floors.test.ts` holds both against each other and against the code.
 */
const LEVEL_2 = ['wire', 'resilience', 'auth', 'config'] as const;
const UP_TO_CLIENT = ['core', ...LEVEL_2, 'transports', 'protocol', 'client'] as const;

export const FLOORS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  wire: ['core'],
  resilience: ['core'],
  auth: ['core'],
  config: ['core'],
  transports: ['core', ...LEVEL_2],
  protocol: ['core', ...LEVEL_2, 'transports'],
  client: ['core', ...LEVEL_2, 'transports', 'protocol'],
  registry: UP_TO_CLIENT,
  gateway: [...UP_TO_CLIENT, 'registry', 'dashboard'],
  telemetry: [...UP_TO_CLIENT, 'registry'],
  adapters: [...UP_TO_CLIENT, 'registry'],
  cli: [...UP_TO_CLIENT, 'registry', 'gateway', 'telemetry', 'dashboard'],
  testing: ['core', 'wire', 'transports'],
  dashboard: [],
};

/** What the library's entry, `src/index.ts`, must not import. */
export const NOT_IN_ROOT_ENTRY: readonly string[] = ['gateway', 'adapters', 'cli', 'testing', 'dashboard'];
