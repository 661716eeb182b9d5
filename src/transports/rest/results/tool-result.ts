import { redactUrl } from '../../../core/redact.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import type { RestContent } from './rest-content.ts';

/** The result of `tools/call`, as a service's own answer makes it. */
export type ToolResult = Readonly<Record<string, unknown>>;

/**
 * What a tool returned, as a result of MCP. One that is such a result already (it has an array `content`) passes as it is;
 * an object becomes `structuredContent` with its JSON as text, text becomes text, an image an image, and so on.
 *
 * @param url where it came from, which names a file of unknown kind
 */
export function toolResult(content: RestContent, url: URL): ToolResult {
  switch (content.kind) {
    case 'nothing':
      return { content: [] };
    case 'json':
      return ofJson(content.value);
    case 'text':
      return { content: [{ type: 'text', text: content.text }] };
    case 'bytes':
      return { content: [ofBytes(content, url)] };
  }
}

function ofJson(value: unknown): ToolResult {
  if (!isObject(value)) return { content: [textBlock(value)] };
  if (Array.isArray(value['content'])) return value;
  return { content: [textBlock(value)], structuredContent: value };
}

/** A result whose parts a map has named: `content` may be anything, or missing. */
export function mappedToolResult(value: unknown): ToolResult {
  if (!isObject(value)) return ofJson(value);
  const { content, structuredContent } = value;
  if (
    Array.isArray(content) &&
    content.every((block) => isObject(block) && typeof block['type'] === 'string')
  ) {
    return value;
  }
  if (content !== undefined) return { ...value, content: [textBlock(content)] };
  return { ...value, content: structuredContent === undefined ? [] : [textBlock(structuredContent)] };
}

function textBlock(value: unknown): object {
  return { type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) };
}

function ofBytes({ bytes, mimeType }: RestContent & { kind: 'bytes' }, url: URL): object {
  const data = bytes.toString('base64');
  if (mimeType.startsWith('image/')) return { type: 'image', data, mimeType };
  if (mimeType.startsWith('audio/')) return { type: 'audio', data, mimeType };
  return { type: 'resource', resource: { uri: shownUrl(url), mimeType, blob: data } };
}

/** Without its query: there may be a session or a key in it. */
function shownUrl(url: URL): string {
  return redactUrl(`${url.origin}${url.pathname}`);
}
