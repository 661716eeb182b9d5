import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

type Body = Record<string, unknown>;

/**
 * A server that speaks as much of the OpenAI API as a model with tools needs. It refuses tools as the API does, and answers
 * with what a test has written down.
 */
export class ScriptedOpenAi {
  readonly requests: Body[] = [];
  readonly #answers: Body[];
  readonly #server: Server;

  constructor(answers: readonly Body[]) {
    this.#answers = [...answers];
    this.#server = createServer((request, response) => {
      void json(request).then((body) => {
        this.requests.push(body as Body);
        const fault = faultOf(body as Body);
        const answer = fault === undefined ? this.#answers.shift() : { error: { message: fault } };
        response.writeHead(fault === undefined ? 200 : 400, {
          'content-type': 'application/json',
          connection: 'close',
        });
        response.end(JSON.stringify(answer));
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Why the API would refuse a request. */
function faultOf(body: Body): string | undefined {
  const tools = body['tools'] as Body[];
  if (tools.length > 128) return 'array too long';
  for (const tool of tools) {
    const { name, description, parameters } = (tool['function'] ?? tool) as Record<string, string>;
    if (!/^[a-zA-Z0-9_-]{1,64}$/u.test(name!)) return `Invalid name: ${name}`;
    if (description!.length > 1024) return `string too long: ${name}`;
    const schema = parameters as unknown as Body;
    if (
      schema['type'] !== 'object' ||
      ['oneOf', 'anyOf', 'allOf', 'enum', 'not'].some((key) => key in schema)
    )
      return `Invalid schema for function '${name}'`;
    if (lacksItems(schema)) return `Invalid schema for function '${name}': array schema missing items`;
  }
  return undefined;
}

function lacksItems(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { type, items } = schema as Body;
  return (type === 'array' && items === undefined) || Object.values(schema).some(lacksItems);
}

/** An answer of Chat Completions. */
export function completion(message: Body): Body {
  const finish_reason = 'tool_calls' in message ? 'tool_calls' : 'stop';
  return {
    id: 'completion',
    object: 'chat.completion',
    created: 0,
    model: 'scripted',
    choices: [
      { index: 0, finish_reason, logprobs: null, message: { role: 'assistant', content: null, ...message } },
    ],
  };
}

/** An answer of the Responses API. */
export function response(...output: Body[]): Body {
  return {
    id: 'response',
    object: 'response',
    created_at: 0,
    status: 'completed',
    model: 'scripted',
    output,
  };
}
