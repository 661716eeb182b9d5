import { isRecord } from '../../checks/value-checks.ts';
import { OAUTH_NAMES, takeAddress, takeOauth, takeProcess, takeType } from '../common-keys.ts';
import type { SourceDocument } from '../documents/source-document.ts';
import type { EntryDraft } from '../entry-draft.ts';
import { type EditorScope, editor } from '../expansion/styles.ts';
import type { Host } from '../host.ts';
import { configFolder, inFolder } from '../host-folders.ts';
import { readServerMap, together, valueAt } from '../server-map.ts';

const ID = 'vscode';

/** VS Code: `servers` with `inputs`, in files of their own or under `mcp` of the settings. */
export const vscode: Host = {
  id: ID,
  title: 'VS Code',
  files: (places) => [
    { path: inFolder(places, places.cwd, '.vscode', 'mcp.json'), folder: places.cwd },
    { path: configFolder(places, 'Code', 'User', 'mcp.json') },
    { path: configFolder(places, 'Code', 'User', 'settings.json') },
  ],
  read: (document, context) =>
    together(
      ...[[], ['mcp']].map((root) => {
        const expansion = editor({ ...context, inputs: inputsOf(document, [...root, 'inputs']) });
        return readServerMap(
          { host: ID, document, path: [...root, 'servers'], context, expansion },
          (draft) => {
            takeVsCodeType(draft);
            takeProcess(draft);
            draft.move('envFile');
            takeAddress(draft);
            takeOauth(draft, 'oauth', OAUTH_NAMES);
            if (draft.get('sandboxEnabled') === true || draft.has('sandbox')) {
              draft.get('sandbox');
              draft.note(['sandbox'], 'is left out; "x-signalbox.sandbox" shuts a server in here');
            }
            return undefined;
          },
        );
      }),
    ),
};

/** `http` falls back to HTTP+SSE there, which is what no `type` means here. */
function takeVsCodeType(draft: EntryDraft): void {
  if (draft.get('type') !== 'http') takeType(draft);
  else draft.note(['type'], '"http" falls back to HTTP+SSE there, as an address without "type" does here');
}

function inputsOf(document: SourceDocument, path: readonly string[]): NonNullable<EditorScope['inputs']> {
  const inputs = new Map<string, { hint?: string; preset?: string }>();
  const list = valueAt(document, path);
  for (const input of Array.isArray(list) ? list : []) {
    if (!isRecord(input) || typeof input['id'] !== 'string') continue;
    const { id, description, default: preset, password } = input;
    inputs.set(id, {
      ...(typeof description === 'string' ? { hint: description } : {}),
      // What stands in for a secret is one itself.
      ...(typeof preset === 'string' && password !== true ? { preset } : {}),
    });
  }
  return inputs;
}
