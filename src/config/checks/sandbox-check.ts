import type { Findings } from './findings.ts';
import { type Check, count, flag, group, isRecord, listOf, oneOf, shaped, someText } from './value-checks.ts';

const MIB = 1024 * 1024;
const TIB = MIB * MIB;

const path: Check = shaped(someText.shape, (value, at, findings) =>
  typeof value === 'string' && /^\/+$/u.test(value)
    ? findings.problem(at, 'is the whole file system; name the folders, or leave "sandbox" out')
    : someText(value, at, findings),
);

/** What `sandbox.limits` may hold. */
export const SANDBOX_LIMIT_KEYS: Readonly<Record<string, Check>> = {
  memoryBytes: count({ min: 16 * MIB, max: TIB, unit: 'bytes' }),
  processes: count({ min: 1, max: 1_000_000, unit: 'processes' }),
  openFiles: count({ min: 16, max: 1_000_000, unit: 'files' }),
  cpuSeconds: count({ min: 1, max: 31_536_000, unit: 'seconds' }),
  fileBytes: count({ min: 1, max: TIB, unit: 'bytes' }),
};

/** What `sandbox` may hold. */
export const SANDBOX_KEYS: Readonly<Record<string, Check>> = {
  writable: listOf(path),
  readable: listOf(path),
  network: flag,
  tmp: oneOf('private', 'shared'),
  home: oneOf('hidden', 'read-only'),
  limits: group(SANDBOX_LIMIT_KEYS, { memory: '"memoryBytes"', nproc: '"processes"', nofile: '"openFiles"' }),
};

const sandboxKeys = group(SANDBOX_KEYS, { write: '"writable"', read: '"readable"', net: '"network"' });

/** `true`: with all defaults; `false`: none. */
export const sandbox: Check = shaped({ anyOf: [sandboxKeys.shape, flag.shape] }, (value, at, findings) =>
  typeof value === 'boolean' ? value : sandboxKeys(value, at, findings),
);

/** What `sandbox` is worth beside the other keys of an entry. */
export function checkSandbox(
  entry: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
  findings: Findings,
): void {
  const value = own['sandbox'];
  if (value === undefined || value === false) return;
  if ('command' in entry) return;
  const at = ['x-signalbox', 'sandbox'];
  if (own['launch'] === undefined) {
    findings.warn(at, 'has no effect: Signalbox starts no process for this server');
  } else if (isRecord(value) && value['network'] === false) {
    findings.problem([...at, 'network'], 'cuts off a server that is reached by its "url"; remove the key');
  }
}
