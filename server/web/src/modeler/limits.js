/** `${limit('T14', begun_at, until_on)}`: the rule, and the variables from which and to which it counts. */
const LIMIT = /^\s*[$#]\{\s*limit\(\s*(['"])([^'"]*)\1\s*(?:,([^()'"]*))?\)\s*\}\s*$/;
const VARIABLE = /^[\p{L}_][\p{L}\p{N}_.]*$/u;

/** The limit that a due date counts by: {rule, from, to}; null where it is written otherwise. */
export function readLimit(due) {
  const found = LIMIT.exec(due);
  if (!found) return null;
  const [from = '', to = '', ...more] = (found[3] ?? '').split(',').map((each) => each.trim());
  return more.length ? null : { rule: found[2], from, to };
}

/** The due date that counts by a limit; `to` needs a `from`. */
export function writeLimit({ rule, from, to }) {
  const given = [`'${rule}'`, from, from && to].filter(Boolean);
  return `\${limit(${given.join(', ')})}`;
}

export function isVariable(text) {
  return VARIABLE.test(text);
}
