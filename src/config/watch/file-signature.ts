import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Nothing is there, or nothing that may be looked at. */
const MISSING = 'missing';

/** What changes when a file does: by writing to it, by putting another one in its place, by taking it away. */
export async function fileSignature(path: string): Promise<string> {
  try {
    return signatureOf(await stat(path, { bigint: true }));
  } catch {
    return MISSING;
  }
}

/** {@link fileSignature}, at once. */
export function fileSignatureNow(path: string): string {
  try {
    return signatureOf(statSync(path, { bigint: true }));
  } catch {
    return MISSING;
  }
}

/** Which folder stands at a path: another one may have been put there. */
export function folderIdentity(path: string): string {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return MISSING;
  }
}

function signatureOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}
