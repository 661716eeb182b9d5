import { classify } from '../../../wire/classify.ts';
import { encodeError } from '../../../wire/encode.ts';
import { isRequestId, JSON_RPC_ERROR } from '../../../wire/json-rpc.ts';
import { LineDecoder } from '../../../wire/line-framing.ts';
import type { FaultService } from '../fault-service.ts';
import { InFlight } from '../in-flight.ts';
import { SharedOutput } from '../shared-output.ts';
import { LineWay, type ProcessEnd } from './line-way.ts';

/** Longest line that is read, in bytes. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export interface StdioFrontOptions extends ProcessEnd {
  readonly service: FaultService;
  /** Writes to the output, all of it. */
  readonly write: (bytes: Buffer | string) => void;
}

/** Serves lines, of both eras: in each a client cancels by a notification. */
export class StdioFront {
  readonly #options: StdioFrontOptions;
  readonly #output: SharedOutput;
  readonly #inFlight = new InFlight();
  readonly #input: LineDecoder;

  constructor(options: StdioFrontOptions) {
    this.#options = options;
    this.#input = new LineDecoder(
      {
        line: (line) => void this.#line(line),
        fault: () => this.#refuse(null, JSON_RPC_ERROR.parseError, 'the line is too long, or not UTF-8'),
      },
      MAX_LINE_BYTES,
    );
    this.#output = new SharedOutput((bytes) => {
      options.write(bytes);
      return Promise.resolve();
    });
  }

  /** Bytes of the input, cut anywhere. */
  push(bytes: Buffer): void {
    this.#input.push(bytes);
  }

  async #line(line: string): Promise<void> {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.#refuse(null, JSON_RPC_ERROR.parseError, 'the line is not JSON');
      return;
    }
    const message = classify(value);
    if (message.kind === 'invalid') {
      this.#refuse(isRequestId(message.id) ? message.id : null, JSON_RPC_ERROR.invalidRequest, message.why);
    } else if (message.kind === 'notification') {
      const { method, params } = message.message;
      if (method === 'notifications/cancelled') this.#inFlight.cancel(params?.['requestId']);
    } else if (message.kind === 'request') {
      const way = new LineWay(this.#output, this.#options);
      const request = message.message;
      await this.#inFlight.run(request.id, (signal) => this.#options.service.serve(request, way, signal));
    }
  }

  #refuse(id: string | number | null, code: number, message: string): void {
    void this.#output.whole(`${encodeError(id, { code, message })}\n`);
  }
}
