import { isObject } from '../../../wire/json-rpc.ts';
import type { RestContent } from './rest-content.ts';

/** The result of `resources/read`. Contents of MCP pass as they are; anything else becomes the one content of `uri`. */
export function resourceContents(content: RestContent, uri: string): Readonly<Record<string, unknown>> {
  switch (content.kind) {
    case 'nothing':
      return { contents: [] };
    case 'json':
      return ofJson(content.value, uri);
    case 'text':
      return { contents: [{ uri, mimeType: content.mimeType, text: content.text }] };
    case 'bytes':
      return { contents: [{ uri, mimeType: content.mimeType, blob: content.bytes.toString('base64') }] };
  }
}

function ofJson(value: unknown, uri: string): Readonly<Record<string, unknown>> {
  if (isObject(value) && Array.isArray(value['contents'])) return value;
  if (Array.isArray(value) && value.length > 0 && value.every(isContent)) {
    return { contents: value.map((one) => ({ uri, ...one })) };
  }
  if (isContent(value)) return { contents: [{ uri, ...value }] };
  if (typeof value === 'string') return { contents: [{ uri, text: value }] };
  return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(value) }] };
}

function isContent(value: unknown): value is Record<string, unknown> {
  return isObject(value) && (typeof value['text'] === 'string' || typeof value['blob'] === 'string');
}
