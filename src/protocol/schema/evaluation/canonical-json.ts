import { isObject } from '../../../wire/json-rpc.ts';
import { UnusableSchema } from '../unusable-schema.ts';
import type { WorkMeter } from './work-meter.ts';

const MAX_NESTING = 512;

/** One text for all spellings of a JSON value, so that equality costs no more than reading both once. */
export function canonicalJson(value: unknown, meter: WorkMeter, nesting = 0): string {
  if (nesting > MAX_NESTING) throw new UnusableSchema(`a value to compare nests deeper than ${MAX_NESTING}`);
  meter.spend(1);
  if (typeof value === 'string') {
    meter.spendText(value);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown) => canonicalJson(item, meter, nesting + 1)).join(',')}]`;
  }
  if (isObject(value)) {
    const names = Object.keys(value).sort();
    const members = names.map((name) => {
      meter.spendText(name);
      return `${JSON.stringify(name)}:${canonicalJson(value[name], meter, nesting + 1)}`;
    });
    return `{${members.join(',')}}`;
  }
  return String(value);
}
