import { isRecord } from '../../../config/checks/value-checks.ts';
import { messageOf } from '../../../core/errors.ts';
import { type DocumentFault, type DocumentPlace, documentError, quoted } from './document-fault.ts';

/** Objects and arrays within each other in a document; what checks and reads it goes as deep. */
const MAX_DEPTH = 200;
/** Nodes that the aliases of YAML may stand for, for each node that they name. */
const MAX_ALIASES = 100;

/** Plain data as JSON has it. Keys are other people's: look them up with `Object.hasOwn` only (S20). */
export type DocumentData = Readonly<Record<string, unknown>>;

/**
 * Reads JSON or YAML. The result is a tree of plain data, bounded in depth and, aliases written out, in size.
 *
 * @param text the document, of at most `maxBytes` bytes
 * @throws SignalboxError CONFIG_INVALID with the line where it cannot be read
 */
export async function readDocument(
  text: string,
  maxBytes: number,
  place: DocumentPlace,
): Promise<DocumentData> {
  const data = /^\s*\{/u.test(text) ? (asJson(text) ?? (await asYaml(text))) : await asYaml(text);
  if ('fault' in data) throw documentError(place, data.fault);
  const { value } = data;
  // Every node takes two bytes at least, where it is written out: more of them come from aliases.
  const fault = sizeFault(value, maxBytes / 2);
  if (fault !== undefined) throw documentError(place, fault);
  if (!isRecord(value)) throw documentError(place, { message: 'holds no object; check the address' });
  return value;
}

type Parsed = { readonly value: unknown } | { readonly fault: DocumentFault };

/** JSON is YAML too, but tens of times faster to read as what it is. Undefined: it is no JSON. */
function asJson(text: string): Parsed | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

async function asYaml(text: string): Promise<Parsed> {
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  try {
    // Quoted sources would bring unbounded text into messages: positions are told instead.
    const document = parseDocument(text, { prettyErrors: false, lineCounter: lines, merge: true });
    const [error] = document.errors;
    if (error !== undefined) {
      const { line } = lines.linePos(error.pos[0]);
      return {
        fault: { message: `is neither JSON nor YAML: ${quoted(error.message)}`, line, cause: error },
      };
    }
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown };
  } catch (cause) {
    return { fault: { message: `cannot be read: ${quoted(messageOf(cause))}`, cause } };
  }
}

function sizeFault(root: unknown, maxNodes: number): DocumentFault | undefined {
  let nodes = 0;
  const visit = (value: unknown, depth: number): DocumentFault | undefined => {
    nodes++;
    if (nodes > maxNodes) {
      return {
        message: 'becomes larger than limits.documentBytes allows when its YAML aliases are filled in',
      };
    }
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > MAX_DEPTH) return { message: `is more than ${MAX_DEPTH} levels deep` };
    for (const inner of Object.values(value)) {
      const fault = visit(inner, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  return visit(root, 1);
}
