import { HOSTS } from '../../config/import/hosts.ts';
import { isSameEntry } from '../../config/import/plan-import.ts';
import { readHostFiles } from '../../config/import/read-host-file.ts';
import { hideSecrets } from '../../config/import/secrets/hide-secrets.ts';
import { VariableNames } from '../../config/import/secrets/variable-names.ts';
import { settlePaths, type Target } from '../../config/import/settle-paths.ts';

/** A server of the same name in the file of another host. */
export interface OtherHost {
  readonly title: string;
  readonly file: string;
  readonly line: number;
  /** Whether it is defined in the same way. */
  readonly isSame: boolean;
}

/** The other hosts on this machine that have a server of this name: perhaps it was imported from there. */
export async function otherHosts(
  name: string,
  raw: Readonly<Record<string, unknown>>,
  configFile: string,
  places: Parameters<typeof readHostFiles>[0]['places'],
  target: Target,
): Promise<OtherHost[]> {
  const own = hideSecrets(name, raw, new VariableNames({})).entry;
  const files = await readHostFiles({ places }, HOSTS);
  return files
    .filter(({ file }) => file !== configFile)
    .flatMap(({ title, file, servers }) =>
      servers
        .filter((server) => server.name === name)
        .map((server) => {
          const { entry } = hideSecrets(name, settlePaths(server, target).entry, new VariableNames({}));
          return { title, file, line: server.place.line, isSame: isSameEntry(own, entry) };
        }),
    );
}
