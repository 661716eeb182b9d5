import { ConfigDocument } from '../../file/config-document.ts';
import { fileError } from '../../file/file-error.ts';
import { SOURCE_LIMITS, type SourceDocument, type SourceLimits } from './source-document.ts';

/** The syntaxes in which hosts write their files. JSON may have comments and trailing commas. */
export type SourceSyntax = 'json' | 'toml' | 'yaml';

/** The syntax of a file by its name; JSON where that says nothing. */
export function syntaxOf(file: string): SourceSyntax {
  if (/\.toml$/iu.test(file)) return 'toml';
  return /\.ya?ml$/iu.test(file) ? 'yaml' : 'json';
}

/**
 * Parses the text of a file by its name. The parsers of TOML and YAML are loaded when first used.
 * @throws SignalboxError `CONFIG_INVALID` with line and column of what cannot be read
 */
export async function parseSource(
  text: string,
  file: string,
  limits: SourceLimits = SOURCE_LIMITS,
): Promise<SourceDocument> {
  const content = text.startsWith('\uFEFF') ? text.slice(1) : text;
  switch (syntaxOf(file)) {
    case 'toml': {
      const { parseToml } = await import('./toml-document.ts');
      return parseToml(content, file, limits);
    }
    case 'yaml': {
      const { parseYaml } = await import('./yaml-document.ts');
      if (Buffer.byteLength(content) > limits.maxYamlBytes) {
        throw fileError(file, `is too large for YAML: at most ${limits.maxYamlBytes} bytes are read`);
      }
      return parseYaml(content, file, limits);
    }
    case 'json':
      return new ConfigDocument(content, file);
  }
}
