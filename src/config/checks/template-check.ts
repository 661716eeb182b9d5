import { nearestKey } from './nearest-key.ts';

/** One expression of a template: an operator of RFC 6570 or none, then names with modifiers. */
const EXPRESSION =
  /^([/.;?&]?)((?:[A-Za-z_]\w*(?:\.\w+)*(?::\d{1,4}|\*)?)(?:,[A-Za-z_]\w*(?:\.\w+)*(?::\d{1,4}|\*)?)*)$/u;
/** What a path may hold beside expressions. */
const LITERAL = /^[\w.~!$&'()*+,;=:@/%-]*$/u;
const BROKEN_ESCAPE = /%(?![\dA-Fa-f]{2})/u;

/**
 * What is wrong with a URI template that is appended to a URL; undefined if nothing is. `{+name}` and `{#name}` of RFC 6570
 * are refused: their values could leave the place that the template gives them.
 *
 * @param variables the names that values exist for; `arguments` has any number of members, as `arguments.city`
 */
export function templateProblem(template: string, variables: readonly string[]): string | undefined {
  if (template !== '' && !template.startsWith('/') && !/^\{[/?]/u.test(template))
    return 'must begin with "/"';
  const pieces = template.split(/(\{[^{}]*\})/u);
  for (const [index, piece] of pieces.entries()) {
    if (index % 2 === 0) {
      if (/[?#]/u.test(piece)) return 'has a query or a fragment; write {?name}, or use "query"';
      if (!LITERAL.test(piece) || BROKEN_ESCAPE.test(piece)) {
        return 'holds a character that a path cannot have, or a single brace';
      }
      continue;
    }
    const problem = expressionProblem(piece.slice(1, -1), variables);
    if (problem !== undefined) return problem;
  }
  const fixed = pieces.filter((_, index) => index % 2 === 0).join('x');
  return fixed.split('/').some(isDots) ? 'holds a segment of dots, which leads elsewhere' : undefined;
}

function expressionProblem(expression: string, variables: readonly string[]): string | undefined {
  if (/^[+#]/u.test(expression)) {
    return `uses {${expression[0]}…}, whose values could leave their place; write {name}`;
  }
  const [, , names] = EXPRESSION.exec(expression) ?? [];
  if (names === undefined) return 'has an expression that is not one of RFC 6570';
  for (const spec of names.split(',')) {
    const name = spec.replace(/(?::\d+|\*)$/u, '');
    if (variables.includes(name.split('.')[0]!)) continue;
    const nearest = nearestKey(name, variables);
    const hint = nearest === undefined ? `there are ${variables.join(', ')}` : `did you mean "${nearest}"?`;
    return `uses "${name}", which this operation does not have; ${hint}`;
  }
  return undefined;
}

/** True for a segment that leads up or nowhere, however it is written. */
function isDots(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/iu.test(segment);
}
