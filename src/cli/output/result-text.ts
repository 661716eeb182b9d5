import { sanitizePeerText } from '../../core/peer-text.ts';
import type {
  CallToolResult,
  ContentBlock,
  ReadResourceResult,
  ResourceContents,
} from '../../protocol/mcp-types.ts';
import { jsonLine } from './json.ts';
import { safeText } from './terminal-text.ts';

/** What a tool answered, for people: text as text, anything else named. Safe for a terminal. */
export function toolResultText(result: CallToolResult): string {
  const parts = result.content.map((block) => blockText(block));
  const hasText = result.content.some((block) => block.type === 'text');
  // The text usually says the same; without any, the structure is all there is.
  if (!hasText && 'structuredContent' in result) parts.push(jsonLine(result.structuredContent));
  return parts.join('\n');
}

/** What a resource holds, for people. Safe for a terminal. */
export function resourceText(result: ReadResourceResult): string {
  return result.contents.map((contents) => contentsText(contents)).join('\n');
}

/** The bytes of a tool's text blocks or of a resource, exactly as they came. */
export function rawBytes(result: CallToolResult | ReadResourceResult): Uint8Array {
  const parts = isToolResult(result) ? result.content.map(blockBytes) : result.contents.map(contentsBytes);
  return Buffer.concat(parts);
}

function isToolResult(result: CallToolResult | ReadResourceResult): result is CallToolResult {
  return Array.isArray(result['content']);
}

function blockText(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return safeText(String(block.text ?? ''));
    case 'image':
    case 'audio':
      return label(block.type, block['mimeType'], byteLength(block['data']));
    case 'resource_link':
      return `[resource ${sanitizePeerText(String(block['uri']))}]`;
    case 'resource':
      return isContents(block['resource']) ? contentsText(block['resource']) : '[resource]';
    default:
      return `[${sanitizePeerText(String(block.type), 40)}]`;
  }
}

function contentsText(contents: ResourceContents): string {
  if (typeof contents.text === 'string') return safeText(contents.text);
  return label('resource', contents.mimeType, byteLength(contents.blob));
}

function blockBytes(block: ContentBlock): Buffer {
  if (block.type === 'text') return Buffer.from(String(block.text ?? ''));
  if (typeof block['data'] === 'string') return Buffer.from(block['data'], 'base64');
  return isContents(block['resource']) ? contentsBytes(block['resource']) : Buffer.alloc(0);
}

function contentsBytes(contents: ResourceContents): Buffer {
  if (typeof contents.text === 'string') return Buffer.from(contents.text);
  return typeof contents.blob === 'string' ? Buffer.from(contents.blob, 'base64') : Buffer.alloc(0);
}

function isContents(value: unknown): value is ResourceContents {
  return typeof value === 'object' && value !== null;
}

function label(kind: string, mimeType: unknown, bytes: number): string {
  const type = typeof mimeType === 'string' ? ` ${sanitizePeerText(mimeType, 80)}` : '';
  return `[${kind}${type} ${grouped(bytes)} bytes]`;
}

function byteLength(base64: unknown): number {
  return typeof base64 === 'string' ? Buffer.byteLength(base64, 'base64') : 0;
}

/** 12345 → `12 345` */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/gu, ' ');
}
