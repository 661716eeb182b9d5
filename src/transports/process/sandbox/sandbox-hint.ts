import type { ResolvedSandbox } from '../../../config/sandbox.ts';

/** What a server says when the sandbox refuses it something, and which key would allow it. */
const REFUSALS: readonly (readonly [RegExp, keyof ResolvedSandbox])[] = [
  [/EROFS|read-only file system/iu, 'writable'],
  [/ENETUNREACH|EAI_AGAIN|network is unreachable|temporary failure in name resolution/iu, 'network'],
  [/ENOMEM|out of memory|allocation failed|EMFILE|EAGAIN|EFBIG|file too large/iu, 'limits'],
  [/ENOENT|no such file|cannot find module/iu, 'readable'],
];

/** A word about the sandbox for the error of a server that ended in one; empty if it has nothing to do with it. */
export function sandboxHint(sandbox: ResolvedSandbox | undefined, stderr: readonly string[]): string {
  if (sandbox === undefined) return '';
  const said = stderr.join('\n');
  if (/^bwrap: /mu.test(said)) {
    return 'the sandbox could not be set up; this system may forbid user namespaces to bwrap';
  }
  const refusal = REFUSALS.find(
    ([pattern, key]) => pattern.test(said) && !(key === 'network' && sandbox.network),
  );
  return refusal === undefined ? '' : `it ran in a sandbox; see "x-signalbox.sandbox.${refusal[1]}"`;
}
