import { createHash } from 'node:crypto';
import { isRecord } from '../../../config/checks/value-checks.ts';
import type { RestBody } from '../rest-request.ts';
import { flagAt, recordAt, textAt } from './data-access.ts';
import type { RequestBody } from './operation.ts';
import { percentEncoded } from './percent-encoding.ts';
import type { References } from './references.ts';
import { UnusableValue } from './request-fault.ts';
import { queryPairs, scalarText, type ValueStyle } from './styled-value.ts';

/** A body from its value, in the media type of the operation. @throws UnusableValue */
export function encodedBody(value: unknown, body: RequestBody, references: References): RestBody {
  const { kind, type } = body;
  switch (kind) {
    case 'json':
      return { content: JSON.stringify(value), type };
    case 'form':
      return { content: formText(fieldsOf(value), body), type };
    case 'multipart':
      return multipart(fieldsOf(value), body, references);
    case 'text':
      return {
        content: scalarText(value),
        type: type.includes(';') ? type : `${type}; charset=utf-8`,
      };
    case 'binary':
      return { content: bytesOf(value), type };
  }
}

function fieldsOf(value: unknown): readonly (readonly [name: string, value: unknown])[] {
  if (!isRecord(value)) throw new UnusableValue('a form is an object');
  return Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
}

// --- application/x-www-form-urlencoded ---------------------------------------------------------------------------

function formText(fields: readonly (readonly [string, unknown])[], body: RequestBody): string {
  const encode = (text: string): string => percentEncoded(text).replaceAll('%20', '+');
  return fields
    .flatMap(([name, value]) => queryPairs(name, value, formStyle(name, value, body), encode, encode))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Lists are repeated; objects are JSON, unless the document names a style for them. */
function formStyle(name: string, value: unknown, { encoding }: RequestBody): ValueStyle {
  const own = recordAt(encoding, name);
  const style = textAt(own, 'style');
  if (style === 'deepObject' || style === 'spaceDelimited' || style === 'pipeDelimited' || style === 'form') {
    return { style, explode: flagAt(own, 'explode') ?? style === 'form' };
  }
  return isRecord(value) ? { style: 'json', explode: false } : { style: 'form', explode: true };
}

// --- multipart/form-data -----------------------------------------------------------------------------------------

interface Part {
  readonly head: string;
  readonly content: Uint8Array;
}

function multipart(
  fields: readonly (readonly [string, unknown])[],
  body: RequestBody,
  references: References,
): RestBody {
  const parts = fields.flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly unknown[]) : [value]).map((one) =>
      partOf(name, one, body, references),
    ),
  );
  const hash = createHash('sha256');
  for (const { head, content } of parts) hash.update(head).update(content);
  // Of the content itself: nobody can put into it what is not known before it is complete.
  const boundary = `signalbox-${hash.digest('hex').slice(0, 40)}`;
  const pieces = parts.flatMap(({ head, content }) => [
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]);
  return {
    content: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
    type: `multipart/form-data; boundary=${boundary}`,
  };
}

function partOf(name: string, value: unknown, body: RequestBody, references: References): Part {
  const field = quotedField(name);
  const disposition = `content-disposition: form-data; name="${field}"`;
  const given = textAt(recordAt(body.encoding, name), 'contentType');
  const type = given !== undefined && /^[\w.+-]+\/[\w.+-]+$/u.test(given) ? given : undefined;
  if (isFile(name, body, references)) {
    return {
      head: `${disposition}; filename="${field}"\r\ncontent-type: ${type ?? 'application/octet-stream'}`,
      content: bytesOf(value),
    };
  }
  const sent = type ?? (isRecord(value) ? 'application/json' : undefined);
  return {
    head: sent === undefined ? disposition : `${disposition}\r\ncontent-type: ${sent}`,
    content: Buffer.from(scalarText(value)),
  };
}

/** Quotes and line breaks would end the name (WHATWG, multipart/form-data). */
function quotedField(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function isFile(name: string, body: RequestBody, references: References): boolean {
  const whole = references.resolve(body.schema);
  if ('missing' in whole) return false;
  const field = references.resolve(recordAt(whole.value, 'properties')[name]);
  if ('missing' in field) return false;
  const items = references.resolve(field.value['items']);
  return [field, items].some((found) => 'value' in found && holdsBytes(found.value));
}

function holdsBytes(schema: Readonly<Record<string, unknown>>): boolean {
  if (textAt(schema, 'type') !== 'string' && textAt(schema, 'type') !== undefined) return false;
  return (
    textAt(schema, 'format') === 'binary' ||
    (textAt(schema, 'contentMediaType') !== undefined && textAt(schema, 'contentEncoding') === undefined)
  );
}

// --- bytes -------------------------------------------------------------------------------------------------------

/** The bytes of base64 text, in either alphabet. */
function bytesOf(value: unknown): Uint8Array {
  if (typeof value !== 'string' || !/^[A-Za-z\d+/_-]*={0,2}$/u.test(value.replace(/\s+/gu, ''))) {
    throw new UnusableValue('bytes are given as base64 text');
  }
  return Buffer.from(value, 'base64');
}
