import { claudeCode } from './dialects/claude-code.ts';
import { claudeDesktop } from './dialects/claude-desktop.ts';
import { cline } from './dialects/cline.ts';
import { codex } from './dialects/codex.ts';
import { continueDev } from './dialects/continue.ts';
import { cursor } from './dialects/cursor.ts';
import { fastmcp } from './dialects/fastmcp.ts';
import { gemini } from './dialects/gemini.ts';
import { goose } from './dialects/goose.ts';
import { inspector } from './dialects/inspector.ts';
import { junie } from './dialects/junie.ts';
import { langchain } from './dialects/langchain.ts';
import { mcporter } from './dialects/mcporter.ts';
import { opencode } from './dialects/opencode.ts';
import { roo } from './dialects/roo.ts';
import { serverJson } from './dialects/server-json.ts';
import { vscode } from './dialects/vscode.ts';
import { windsurf } from './dialects/windsurf.ts';
import { zed } from './dialects/zed.ts';
import type { Host } from './host.ts';

/** Every host that is understood, in the order in which its servers win over others of the same name. */
export const HOSTS: readonly Host[] = Object.freeze([
  claudeCode,
  claudeDesktop,
  cursor,
  vscode,
  windsurf,
  cline,
  roo,
  gemini,
  codex,
  opencode,
  goose,
  zed,
  continueDev,
  junie,
  mcporter,
  inspector,
  fastmcp,
  langchain,
  serverJson,
]);

/** The host of an id. */
export function hostOf(id: string): Host | undefined {
  return HOSTS.find((host) => host.id === id);
}
