import { messageOf } from '../../core/errors.ts';
import type { CommandContext } from '../command-context.ts';
import type { OpenServers } from '../open-servers.ts';
import { FleetAnswers } from './control-answers.ts';
import { controlPath } from './control-path.ts';
import { ControlServer } from './control-server.ts';

/**
 * Lets other commands of this user ask how the servers are, for as long as `work` takes. That they cannot is told, and
 * keeps nobody from working.
 */
export async function whileAnswering<Result>(
  context: CommandContext,
  servers: OpenServers,
  endpoint: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = controlPath(servers.file);
  const server = new ControlServer(new FleetAnswers(context, servers, endpoint));
  let isListening = false;
  try {
    if (path !== undefined) {
      await server.listen(path);
      isListening = true;
    }
  } catch (error) {
    context.logger.warn(messageOf(error));
  }
  try {
    return await work();
  } finally {
    if (isListening) await server.close();
  }
}
