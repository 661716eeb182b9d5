import { SignalboxError } from '../../core/errors.ts';
import { isObject } from '../../wire/json-rpc.ts';
import type { SseEvent } from '../../wire/sse-framing.ts';
import { resolveEndpoint } from './endpoint.ts';
import { EventStreamTransport } from './event-stream-transport.ts';

/**
 * HTTP+SSE (2024-11-05, deprecated): one GET stream carries all that the server says, and names in its first event
 * where messages are posted. The stream is the session: when it ends, so does the transport (F-120). It has no
 * farewell: closing the stream is one.
 */
export class SseTransport extends EventStreamTransport {
  /** Opens the event stream, whose `endpoint` event is waited for (F-117). */
  protected override begin(): void {
    const { href, headers } = this.endpoint;
    this.openStream(href, headers.stream(undefined, undefined, undefined));
  }

  override event(event: SseEvent): void {
    if (this.isEnded) return;
    if (event.event === 'endpoint') this.#onEndpoint(event.data);
    else if (event.event !== 'message') this.receiver.noise('ignored-event', event.event);
    // A message before the endpoint cannot be meant for us: nothing was asked yet.
    else if (event.data !== '' && this.link !== undefined) this.receiver.message(event.data, undefined);
  }

  #onEndpoint(uri: string): void {
    const { server, logger } = this.context;
    const endpoint = resolveEndpoint(uri, this.streamUrl, server);
    if (this.link !== undefined) {
      // F-118: messages must not be led elsewhere once the connection stands.
      if (endpoint instanceof SignalboxError || endpoint.href !== this.link.address) {
        logger.warn('the server named another endpoint, which is ignored', { server });
      }
    } else if (endpoint instanceof SignalboxError) this.lose(endpoint);
    else {
      const address = endpoint.href;
      this.ready({ address, sessionId: undefined, messageIn, accepted: nothing, sessionLost: nothing });
    }
  }
}

/** Without a session none can be lost; who waits for an answer is told of the end of the stream. */
function nothing(): void {}

function messageIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && value['jsonrpc'] === '2.0' ? text : undefined;
  } catch {
    return undefined;
  }
}
