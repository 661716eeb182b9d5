/** Longest template that is looked at, in characters. */
const MAX_TEMPLATE = 4096;

/**
 * Whether a URI can come from a URI template (RFC 6570): its literal parts appear in order, each expression stands
 * for one or more characters. Linear in the lengths of both; nothing of the template is compiled (S21).
 */
export function matchesTemplate(template: string, uri: string): boolean {
  if (template.length > MAX_TEMPLATE) return false;
  const literals = literalsOf(template);
  if (literals === undefined) return false;
  const first = literals[0]!;
  if (literals.length === 1) return uri === first;
  const last = literals[literals.length - 1]!;
  if (!uri.startsWith(first)) return false;
  let position = first.length;
  for (const literal of literals.slice(1, -1)) {
    const found = uri.indexOf(literal, position + 1);
    if (found === -1) return false;
    position = found + literal.length;
  }
  return uri.length - last.length > position && uri.endsWith(last);
}

/** The text between the expressions; undefined for unbalanced braces. */
function literalsOf(template: string): string[] | undefined {
  const literals: string[] = [];
  let start = 0;
  for (;;) {
    const open = template.indexOf('{', start);
    if (open === -1) break;
    const close = template.indexOf('}', open);
    if (close === -1) return undefined;
    literals.push(template.slice(start, open));
    start = close + 1;
  }
  literals.push(template.slice(start));
  return literals;
}
