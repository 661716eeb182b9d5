import { isObject } from './json-rpc.ts';

/** Pays for the work of reading a value; throws when it has become too much. */
export interface ReadingMeter {
  spend(steps: number): void;
  spendText(text: string): void;
}

/** An object or array that is being written. */
interface OpenValue {
  readonly values: unknown;
  /** Of an object, sorted. */
  readonly names: readonly string[] | undefined;
  readonly length: number;
  next: number;
}

/**
 * One text for all spellings of a parsed JSON value: members stand in the order of their names (UTF-16), without
 * blanks. It takes time in proportion to the value and nests no calls: a peer decides how deep its values are.
 */
export function canonicalJson(value: unknown, meter?: ReadingMeter): string {
  let text = '';
  const open: OpenValue[] = [];
  write(value);
  for (;;) {
    const inner = open.at(-1);
    if (inner === undefined) return text;
    const { names, values, next } = inner;
    if (next === inner.length) {
      text += names === undefined ? ']' : '}';
      open.pop();
      continue;
    }
    inner.next++;
    if (next > 0) text += ',';
    if (names === undefined) {
      write((values as readonly unknown[])[next]);
    } else {
      const name = names[next]!;
      meter?.spendText(name);
      text += `${JSON.stringify(name)}:`;
      write((values as Readonly<Record<string, unknown>>)[name]);
    }
  }

  function write(one: unknown): void {
    meter?.spend(1);
    if (typeof one === 'string') {
      meter?.spendText(one);
      text += JSON.stringify(one);
    } else if (Array.isArray(one)) {
      text += '[';
      open.push({ values: one, names: undefined, length: one.length, next: 0 });
    } else if (isObject(one)) {
      const names = Object.keys(one).sort();
      text += '{';
      open.push({ values: one, names, length: names.length, next: 0 });
    } else {
      text += String(one);
    }
  }
}
