/**
 * The conditions of forms, as `workflows.forms.conditions` writes them in JSON: ["==", ["name", "way"], ["value", "DW1"]].
 * `lookup(name)` gives an answer, null where there is none. The server judges again; this only shows and hides.
 */
export function evaluate(tree, lookup) {
  const [word, ...parts] = tree;
  if (word === 'value') return parts[0];
  if (word === 'name') return lookup(parts[0]) ?? null;
  const values = parts.map((part) => evaluate(part, lookup));
  return operators[word](...values);
}

const truth = (value) => (typeof value === 'boolean' ? value : null);

const operators = {
  list: (...values) => values,
  '==': (a, b) => same(a, b),
  '!=': (a, b) => !same(a, b),
  '<': (a, b) => ordered(a, b, (x, y) => x < y),
  '<=': (a, b) => ordered(a, b, (x, y) => x <= y),
  '>': (a, b) => ordered(a, b, (x, y) => x > y),
  '>=': (a, b) => ordered(a, b, (x, y) => x >= y),
  in: (a, b) => (Array.isArray(b) ? b.some((one) => same(one, a)) : typeof a === 'string' && typeof b === 'string' && b.includes(a)),
  and: (...values) => (values.some((value) => value === false) ? false : values.every((value) => value === true) ? true : null),
  or: (...values) => (values.some((value) => value === true) ? true : values.every((value) => value === false) ? false : null),
  not: (value) => (truth(value) === null ? null : !value),
};

function same(a, b) {
  return a === b || (Array.isArray(a) && Array.isArray(b) && JSON.stringify(a) === JSON.stringify(b));
}

function ordered(a, b, compare) {
  return a !== null && b !== null && typeof a === typeof b ? compare(a, b) : null;
}
