import { isRecord } from '../../../config/checks/value-checks.ts';
import { quoted } from './document-fault.ts';
import { atReference } from './json-pointer.ts';
import type { DocumentData } from './read-document.ts';

/** References that lead to references, in a row. */
const MAX_CHAIN = 32;

/** What a reference leads to, or why it leads nowhere. */
export type Resolved = { readonly value: DocumentData } | { readonly missing: string };

/**
 * Follows the references of one document, within that document only. Nothing is fetched and no file is read because a
 * document says so: what it refers to elsewhere stays unknown.
 */
export class References {
  readonly #root: DocumentData;

  constructor(root: DocumentData) {
    this.#root = root;
  }

  /** The object that stands for `value`: itself, or what it refers to. */
  resolve(value: unknown): Resolved {
    let current = value;
    for (let hops = 0; hops <= MAX_CHAIN; hops++) {
      if (!isRecord(current)) return { missing: 'there is no object' };
      const reference = referenceOf(current);
      if (reference === undefined) return { value: current };
      if (!reference.startsWith('#')) {
        return { missing: `"${quoted(reference)}" leads out of the document, which is not followed` };
      }
      current = atReference(this.#root, reference);
      if (current === undefined) return { missing: `"${quoted(reference)}" leads to nothing` };
    }
    return { missing: 'references lead round in a circle' };
  }

  /** What stands where a reference points to, one step only. Undefined: nothing, or outside of the document. */
  target(reference: string): unknown {
    return atReference(this.#root, reference);
  }
}

/** Where an object refers to; undefined: it stands for itself. */
export function referenceOf(value: DocumentData): string | undefined {
  const reference = Object.hasOwn(value, '$ref') ? value['$ref'] : undefined;
  return typeof reference === 'string' ? reference : undefined;
}
