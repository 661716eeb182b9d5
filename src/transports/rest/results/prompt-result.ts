import { isObject } from '../../../wire/json-rpc.ts';
import type { RestContent } from './rest-content.ts';

/** The result of `prompts/get`. One of MCP passes as it is; a list becomes its messages, text one message of the user. */
export function promptResult(content: RestContent): unknown {
  switch (content.kind) {
    case 'text':
      return ofText(content.text);
    case 'json': {
      const { value } = content;
      if (typeof value === 'string') return ofText(value);
      if (Array.isArray(value)) return { messages: value.map(message) };
      if (isObject(value) && Array.isArray(value['messages'])) {
        return { ...value, messages: value['messages'].map(message) };
      }
      return value;
    }
    case 'nothing':
    case 'bytes':
      return undefined;
  }
}

/** Many services write the text of a message without the block around it. */
function message(value: unknown): unknown {
  if (typeof value === 'string') return { role: 'user', content: textBlock(value) };
  if (!isObject(value) || typeof value['content'] !== 'string') return value;
  return { ...value, content: textBlock(value['content']) };
}

function ofText(text: string): object {
  return { messages: [message(text)] };
}

function textBlock(text: string): object {
  return { type: 'text', text };
}
