import { createHash } from 'node:crypto';

/** What stands in a state file: known, or why it is not. */
export type StateFileContent =
  | { readonly kind: 'state'; readonly state: unknown }
  /** It was such a file once, or was to become one. */
  | { readonly kind: 'damaged' }
  /** Of a later release, whose shape nobody here knows. */
  | { readonly kind: 'newer'; readonly version: number }
  /** Something else, in good order: it is not ours to move. */
  | { readonly kind: 'foreign' };

const FORMAT = 'signalbox-registry-state';
const VERSION = 1;

const HEAD = new RegExp(`^\\{"format":"${FORMAT}","version":(\\d{1,9}),`, 'u');
const WHOLE_HEAD = new RegExp(
  `^\\{"format":"${FORMAT}","version":${VERSION},"sha256":"([0-9a-f]{64})","state":`,
  'u',
);
const END = '}\n';

/** Longer than any head. */
export const HEAD_BYTES = 256;

/** JSON whose head tells version and checksum of all that follows. */
export function encodeState(state: unknown): string {
  const body = JSON.stringify(state);
  return `{"format":"${FORMAT}","version":${VERSION},"sha256":"${digest(body)}","state":${body}${END}`;
}

export function decodeState(text: string): StateFileContent {
  const version = versionIn(text);
  if (version === undefined) return { kind: isOtherJson(text) ? 'foreign' : 'damaged' };
  if (version > VERSION) return { kind: 'newer', version };
  const [head, sha256] = WHOLE_HEAD.exec(text) ?? [];
  if (head === undefined || !text.endsWith(END)) return { kind: 'damaged' };
  const body = text.slice(head.length, -END.length);
  if (digest(body) !== sha256) return { kind: 'damaged' };
  // The checksum says that somebody wrote exactly this; whether it is a state is for the reader to find out.
  const state = parsed(body);
  return state === undefined ? { kind: 'damaged' } : { kind: 'state', state };
}

/** True if a file that begins like this is one that we may replace without a closer look. */
export function isReplaceable(head: string): boolean {
  const version = versionIn(head);
  return version !== undefined && version <= VERSION;
}

function versionIn(text: string): number | undefined {
  const [, version] = HEAD.exec(text) ?? [];
  return version === undefined ? undefined : Number(version);
}

function isOtherJson(text: string): boolean {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) return false;
  return (value as { readonly format?: unknown }).format !== FORMAT;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
