import { SignalboxError } from '../../core/errors.ts';
import type { ServerInstance } from './server-instance.ts';

/**
 * The server, if it was not taken out of service on purpose.
 * @throws SignalboxError SERVER_UNAVAILABLE
 */
export function requireInService(instance: ServerInstance): ServerInstance {
  if (!instance.isOutOfService) return instance;
  throw new SignalboxError('SERVER_UNAVAILABLE', `the server is ${instance.state}: ${instance.reason}`, {
    server: instance.name,
  });
}
