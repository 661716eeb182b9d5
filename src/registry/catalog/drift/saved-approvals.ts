import { isObject } from '../../../wire/json-rpc.ts';
import { MAX_DESCRIPTION, shownDescription } from './description-excerpts.ts';
import { DEFINITION_FIELDS, FIELD_DIGEST_LENGTH, type ToolFingerprint } from './fingerprint.ts';

/** One approved definition, as it is kept from one run to the next. Plain and serialisable. */
export interface ToolApproval {
  /** The tool's own name. */
  readonly name: string;
  /** SHA-256 of its definition, in hex. */
  readonly fingerprint: string;
  /** A digest of each field. */
  readonly fields: ToolFingerprint['fields'];
  /** What its description said, without control characters and cut after 2 000 characters. */
  readonly description: string;
}

/** What is approved of one server. */
export interface ServerApprovals {
  readonly server: string;
  readonly tools: readonly ToolApproval[];
}

const FINGERPRINT = /^[0-9a-f]{64}$/u;
const FIELD_DIGEST = new RegExp(`^[0-9a-f]{${FIELD_DIGEST_LENGTH}}$`, 'u');

/** Servers whose approvals are read from one file. */
const MAX_SERVERS = 10_000;

/** Reads approvals by server, from a file that anybody may have written to: what is not sound is left out. */
export function readServerApprovals(saved: unknown): Map<string, unknown> {
  const byServer = new Map<string, unknown>();
  if (!Array.isArray(saved)) return byServer;
  for (const one of (saved as unknown[]).slice(0, MAX_SERVERS)) {
    if (isObject(one) && typeof one['server'] === 'string') byServer.set(one['server'], one['tools']);
  }
  return byServer;
}

/** Reads the approvals of one server, at most so many; what is not sound is left out. */
export function readApprovals(saved: unknown, maxTools: number): ToolApproval[] {
  if (!Array.isArray(saved)) return [];
  return (saved as unknown[]).slice(0, maxTools).flatMap((one) => {
    const approval = isObject(one) ? readApproval(one) : undefined;
    return approval === undefined ? [] : [approval];
  });
}

function readApproval(one: Readonly<Record<string, unknown>>): ToolApproval | undefined {
  const { name, fingerprint, fields, description } = one;
  if (typeof name !== 'string' || typeof fingerprint !== 'string' || !isObject(fields)) return undefined;
  if (!FINGERPRINT.test(fingerprint)) return undefined;
  const digests = DEFINITION_FIELDS.flatMap((field) => {
    const digest = Object.hasOwn(fields, field) ? fields[field] : undefined;
    return typeof digest === 'string' && FIELD_DIGEST.test(digest) ? [[field, digest] as const] : [];
  });
  const text = typeof description === 'string' ? description.slice(0, 2 * MAX_DESCRIPTION) : '';
  return { name, fingerprint, fields: Object.fromEntries(digests), description: shownDescription(text) };
}
