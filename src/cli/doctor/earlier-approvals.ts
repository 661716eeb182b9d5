import { messageOf } from '../../core/errors.ts';
import type { ServerApprovals } from '../../registry/catalog/drift/saved-approvals.ts';
import type { CommandContext } from '../command-context.ts';
import { stateStore } from '../state-store.ts';

/** What was approved in earlier runs of `up` with this config; empty if nothing is known. Nothing is written. */
export async function earlierApprovals(
  context: CommandContext,
  configFile: string,
): Promise<readonly ServerApprovals[]> {
  try {
    const state = await stateStore(context, configFile, undefined)?.load();
    return (state?.servers ?? []).map(({ name, approvals }) => ({ server: name, tools: approvals }));
  } catch (error) {
    context.logger.warn(messageOf(error));
    return [];
  }
}
