import type { ResolvedRest, RestErrorMeaning } from '../../../config/rest-settings.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import { firstAt } from '../map/json-pointer.ts';
import { cleanDetails } from './clean-details.ts';

/** What a service says about an error, found by the pointers of the map. */
export interface ServiceError {
  /** Its own code, as text: bounded and clean. */
  readonly code: string | undefined;
  /** The code as a number, where it is one. */
  readonly number: number | undefined;
  /** Not sanitised, without our credentials. */
  readonly message: string | undefined;
  /** Bounded and clean. */
  readonly details: unknown;
  readonly meaning: RestErrorMeaning | undefined;
}

/** Longest code that is taken for one, in characters. */
const MAX_CODE = 100;
/** Longest message that is kept, in characters; what shows it cuts it further. */
const MAX_MESSAGE = 4096;

/** True if an answer of success says by its body that it is an error. */
export function isErrorBody(value: unknown, { present }: ResolvedRest['errors']): boolean {
  if (!isObject(value) || present.length === 0) return false;
  const found = firstAt(value, present);
  return found !== undefined && found !== null && found !== false && found !== '';
}

/** Reads an error by the shape that the map gives it. */
export function serviceError(
  value: unknown,
  errors: ResolvedRest['errors'],
  conceal: (text: string) => string,
): ServiceError {
  const rawCode = firstAt(value, errors.code);
  const code =
    (typeof rawCode === 'string' && rawCode.length <= MAX_CODE) || typeof rawCode === 'number'
      ? String(rawCode)
      : undefined;
  const message = errors.message
    .map((pointer) => firstAt(value, [pointer]))
    .find((one) => typeof one === 'string');
  const details = errors.details
    .map((pointer) => firstAt(value, [pointer]))
    .find((one) => (typeof one === 'object' && one !== null) || (typeof one === 'string' && one !== message));
  return {
    code: code === undefined ? undefined : sanitizePeerText(conceal(code), MAX_CODE),
    number: Number.isSafeInteger(rawCode) ? (rawCode as number) : undefined,
    message: typeof message === 'string' ? conceal(message.slice(0, MAX_MESSAGE)) : undefined,
    details: details === undefined ? undefined : cleanDetails(details, conceal),
    meaning: code !== undefined && Object.hasOwn(errors.codes, code) ? errors.codes[code] : undefined,
  };
}
