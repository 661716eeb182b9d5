import { sanitizePeerText } from '../../core/peer-text.ts';

/** A place in a JSON document, as a list from the innermost name to the root (`undefined`); text only when needed. */
export interface JsonPath {
  readonly key: string | number;
  readonly outer: JsonPath | undefined;
}

/** Names beyond this are left out of the text: the innermost ones say most. */
const MAX_SHOWN = 64;

/** A JSON pointer that is bounded and safe to print. */
export function renderPath(path: JsonPath | undefined): string {
  const parts: string[] = [];
  let place = path;
  for (; place !== undefined && parts.length < MAX_SHOWN; place = place.outer) {
    parts.unshift(sanitizePeerText(String(place.key)).replaceAll('~', '~0').replaceAll('/', '~1'));
  }
  if (parts.length === 0) return '';
  return sanitizePeerText(`${place === undefined ? '' : '…'}/${parts.join('/')}`);
}
