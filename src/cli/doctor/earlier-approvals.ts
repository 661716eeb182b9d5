import type { ServerEntry } from '../../config/entry.ts';
import { messageOf } from '../../core/errors.ts';
import type { ServerApprovals } from '../../registry/catalog/drift/saved-approvals.ts';
import { entryIdentity } from '../../registry/store/entry-identity.ts';
import type { CommandContext } from '../command-context.ts';
import { stateStore } from '../state-store.ts';

/**
 * What was approved of these servers in earlier runs of `up` with this config; nothing of those whose entries lead to
 * another server now. Nothing is written.
 */
export async function earlierApprovals(
  context: CommandContext,
  configFile: string,
  entries: ReadonlyMap<string, ServerEntry>,
): Promise<readonly ServerApprovals[]> {
  try {
    const state = await stateStore(context, configFile, undefined)?.load();
    return (state?.servers ?? []).flatMap(({ name, identity, approvals }) => {
      const entry = entries.get(name);
      const isSame = entry !== undefined && entryIdentity(entry) === identity;
      return isSame && Array.isArray(approvals) ? [{ server: name, tools: approvals }] : [];
    });
  } catch (error) {
    context.logger.warn(messageOf(error));
    return [];
  }
}
