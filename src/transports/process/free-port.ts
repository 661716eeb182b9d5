import { createServer } from 'node:net';
import { SignalboxError } from '../../core/errors.ts';

/**
 * A TCP port of 127.0.0.1 that nobody listens on. It is free, not reserved: whoever wants it should take it at once.
 */
export function freePort(server: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once('error', (cause) => {
      reject(
        new SignalboxError('LAUNCH_FAILED', 'no free port could be found on 127.0.0.1', { server, cause }),
      );
    });
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      listener.close(() => resolve(port));
    });
  });
}

/** Puts `port` wherever `{port}` stands; without a port, the text stays as it is. */
export function fillPort(text: string, port: number | undefined): string {
  return port === undefined ? text : text.replaceAll('{port}', String(port));
}
