import { sanitizePeerText } from '../../core/peer-text.ts';
import type { CallToolResult, ContentBlock } from '../../protocol/mcp-types.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { imageType, isBase64 } from './image-type.ts';

/** How much of a result a model gets. The application gets all of it. */
export interface ContentLimits {
  /** Text of one result, in bytes of UTF-8. What is longer is cut, and says so. Default 100 000. */
  readonly maxTextBytes?: number | undefined;
  /** Images of one result, in bytes of base64. Those that do not fit are named instead. Default 4 000 000. */
  readonly maxImageBytes?: number | undefined;
}

/** One piece of what a model reads. */
export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'image';
      /** base64 */
      readonly data: string;
      readonly mediaType: 'image/gif' | 'image/jpeg' | 'image/png' | 'image/webp';
    };

const MAX_TEXT_BYTES = 100_000;
const MAX_IMAGE_BYTES = 4_000_000;

/**
 * What a model is to read of a result: texts, and images of the four kinds that all providers take. Anything else (sound,
 * files, links, other images) is named in a text. What a server addresses to the user alone (`annotations.audience`) is
 * left out. Never empty, because providers refuse that.
 */
export function modelContent(result: CallToolResult, limits: ContentLimits = {}): ModelPart[] {
  const budget = new Budget(limits);
  const blocks = result.content.filter(isForModel);
  const parts = blocks.map((block) => budget.fit(partOf(block)));
  // The specification asks servers to repeat it as text; where they do not, it is all there is.
  if (parts.length === 0 && result.structuredContent !== undefined)
    parts.push(budget.fit({ type: 'text', text: JSON.stringify(result.structuredContent) }));
  const readable = parts.filter((part) => part.type === 'image' || part.text.trim() !== '');
  if (readable.length > 0) return readable;
  const isHidden = blocks.length < result.content.length;
  return [{ type: 'text', text: isHidden ? '(the result is for the user only)' : '(the result is empty)' }];
}

/** {@link modelContent} where only text can be said: images are named. */
export function modelContentText(result: CallToolResult, limits: ContentLimits = {}): string {
  return modelContent(result, { ...limits, maxImageBytes: 0 })
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('\n');
}

function isForModel({ annotations }: ContentBlock): boolean {
  const audience = isObject(annotations) ? annotations['audience'] : undefined;
  return !Array.isArray(audience) || audience.length === 0 || audience.includes('assistant');
}

function partOf(block: ContentBlock): ModelPart {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: typeof block.text === 'string' ? block.text : '' };
    case 'image':
    case 'audio':
      return dataPart(block['data'], block['mimeType'], block.type);
    case 'resource':
      return resourcePart(block['resource']);
    case 'resource_link':
      return { type: 'text', text: linkText(block) };
    default:
      return { type: 'text', text: JSON.stringify(block) };
  }
}

function dataPart(data: unknown, type: unknown, what: string): ModelPart {
  if (typeof data !== 'string') return { type: 'text', text: `[${what} without data]` };
  // Providers refuse a request whose image is not what it says: what it is counts, not what the server calls it.
  const mediaType = imageType(data);
  if (mediaType !== undefined && isBase64(data)) return { type: 'image', data, mediaType };
  return { type: 'text', text: `[${nameOfType(type, what)}, ${sizeOf(data)} bytes: not shown]` };
}

function resourcePart(resource: unknown): ModelPart {
  if (!isObject(resource)) return { type: 'text', text: '[resource without content]' };
  const { uri, text, blob, mimeType } = resource;
  const head = `[resource ${sanitizePeerText(String(uri), 500)}]`;
  if (typeof text === 'string') return { type: 'text', text: `${head}\n${text}` };
  if (typeof blob !== 'string') return { type: 'text', text: head };
  const part = dataPart(blob, mimeType, 'file');
  return part.type === 'image' ? part : { type: 'text', text: `${head} ${part.text}` };
}

function linkText({ uri, name, description, mimeType }: ContentBlock): string {
  const said = [name, description].filter((text) => typeof text === 'string' && text !== '').join(': ');
  const type = typeof mimeType === 'string' ? ` (${sanitizePeerText(mimeType, 100)})` : '';
  return `[link to the resource ${sanitizePeerText(String(uri), 500)}${type}] ${sanitizePeerText(said, 1000)}`.trim();
}

function nameOfType(type: unknown, otherwise: string): string {
  return typeof type === 'string' && type !== '' ? sanitizePeerText(type, 100) : otherwise;
}

/** Of what base64 stands for. */
function sizeOf(base64: string): number {
  return Math.floor((base64.replace(/=+$/u, '').length * 3) / 4);
}

/** What of one result may still be shown. */
class Budget {
  #textBytes: number;
  #imageBytes: number;

  constructor({ maxTextBytes = MAX_TEXT_BYTES, maxImageBytes = MAX_IMAGE_BYTES }: ContentLimits) {
    this.#textBytes = maxTextBytes;
    this.#imageBytes = maxImageBytes;
  }

  fit(part: ModelPart): ModelPart {
    if (part.type === 'text') return { type: 'text', text: this.#fitText(part.text) };
    if (part.data.length <= this.#imageBytes) {
      this.#imageBytes -= part.data.length;
      return part;
    }
    return { type: 'text', text: `[${part.mediaType}, ${sizeOf(part.data)} bytes: not shown]` };
  }

  #fitText(text: string): string {
    const bytes = Buffer.byteLength(text);
    const room = this.#textBytes;
    this.#textBytes = Math.max(0, room - bytes);
    if (bytes <= room) return text;
    const shown = startOf(text, room);
    return `${shown}\n[cut: ${bytes - Buffer.byteLength(shown)} of ${bytes} bytes are not shown]`;
  }
}

/** The first bytes of a text, less a character that would be cut in two. */
function startOf(text: string, bytes: number): string {
  const whole = Buffer.from(text.slice(0, bytes));
  let end = Math.min(bytes, whole.length);
  while (end > 0 && end < whole.length && (whole[end]! & 0b1100_0000) === 0b1000_0000) end--;
  return whole.toString('utf8', 0, end);
}
