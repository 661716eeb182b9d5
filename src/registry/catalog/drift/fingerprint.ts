import { createHash } from 'node:crypto';
import type { Tool } from '../../../protocol/mcp-types.ts';
import { canonicalJson } from '../../../wire/canonical-json.ts';

/** What makes the definition of a tool beside its name: what a model reads, and what decides how it is called. */
export const DEFINITION_FIELDS = [
  'annotations',
  'description',
  'inputSchema',
  'outputSchema',
  'title',
] as const;

/** The parts of a tool whose change is told as `drift`. */
export type DefinitionField = (typeof DEFINITION_FIELDS)[number];

/** What tells one definition of a tool from another. */
export interface ToolFingerprint {
  /** SHA-256 over the canonical JSON of name and fields, in hex. */
  readonly whole: string;
  /** A digest of each field that is there, so that it can be said which have changed. */
  readonly fields: Readonly<Partial<Record<DefinitionField, string>>>;
}

/** In hex digits. */
export const FIELD_DIGEST_LENGTH = 16;

/** Definitions are not changed in place: those that are kept between two readings are not read again. */
const known = new WeakMap<Tool, ToolFingerprint>();

/**
 * The fingerprint of a tool (S15). It takes time in proportion to the definition, which `limits.listBytes` bounds,
 * however deep it is.
 */
export function fingerprintOf(tool: Tool): ToolFingerprint {
  const kept = known.get(tool);
  if (kept !== undefined) return kept;
  const fields: Partial<Record<DefinitionField, string>> = {};
  const members = [`"name":${canonicalJson(tool.name)}`];
  for (const field of DEFINITION_FIELDS) {
    if (tool[field] === undefined) continue;
    const text = canonicalJson(tool[field]);
    fields[field] = sha256(text).slice(0, FIELD_DIGEST_LENGTH);
    members.push(`"${field}":${text}`);
  }
  const fingerprint = { whole: sha256(`{${members.sort().join(',')}}`), fields };
  known.set(tool, fingerprint);
  return fingerprint;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
