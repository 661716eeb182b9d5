import type { ServerResponse } from 'node:http';
import type { FaultService } from '../fault-service.ts';
import type { InFlight } from '../in-flight.ts';
import { EventWay, type EventWayOptions } from './event-way.ts';
import type { readMessage } from './http-body.ts';

/**
 * Serves a message that was posted beside an event stream: a request is answered on the stream, a notification is taken, and
 * what is neither is refused.
 */
export async function serveEventPost(
  message: NonNullable<ReturnType<typeof readMessage>>,
  post: ServerResponse,
  {
    service,
    inFlight,
    ...way
  }: EventWayOptions & { readonly service: FaultService; readonly inFlight: InFlight },
): Promise<void> {
  if (message.kind === 'request') {
    const request = message.message;
    const answers = new EventWay(post, way);
    await inFlight.run(request.id, (signal) => service.serve(request, answers, signal));
    return;
  }
  if (message.kind === 'notification') inFlight.notified(message.message);
  post.writeHead(message.kind === 'invalid' ? 400 : way.acceptStatus).end();
}
