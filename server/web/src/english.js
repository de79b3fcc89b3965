/** Diagrams carry Chinese names, and the English ones as the property `en` of an element. */

const CAMUNDA = 'http://camunda.org/schema/1.0/bpmn';
/** Where a name that stands beside its element is broken, and how high a line of it is, as bpmn-js draws it. */
const WIDEST = 90;
const LINE = 13.2;

const pen = document.createElement('canvas').getContext('2d');

/** Return the diagram with its English names, those beside an element with room for the longer words. */
export function inEnglish(xml) {
  const diagram = new DOMParser().parseFromString(xml, 'application/xml');
  const named = new Map();
  for (const property of diagram.getElementsByTagNameNS(CAMUNDA, 'property')) {
    // element > extensionElements > properties > property
    const element = property.parentElement.parentElement.parentElement;
    if (property.getAttribute('name') === 'en' && element?.hasAttribute('name')) {
      element.setAttribute('name', property.getAttribute('value'));
      named.set(element.id, property.getAttribute('value'));
    }
  }
  pen.font = '11px Arial, sans-serif';
  for (const label of diagram.getElementsByTagNameNS('*', 'BPMNLabel')) {
    const name = named.get(label.parentElement.getAttribute('bpmnElement'));
    const bounds = label.getElementsByTagNameNS('*', 'Bounds')[0];
    if (name && bounds) write(bounds, placed(box(bounds), name, label.parentElement));
  }
  return new XMLSerializer().serializeToString(diagram);
}

/** Return where a name goes: on the side of its shape or line where the Chinese one stands. */
function placed(was, name, drawn) {
  const beside = drawn.localName === 'BPMNEdge' ? nearest(drawn, was) : box(drawn.firstElementChild);
  const words = name.split(' ').map((word) => pen.measureText(word).width);
  const along = drawn.localName === 'BPMNEdge' && beside.width > beside.height;
  const room = along ? Math.min(WIDEST, Math.max(beside.width - 12, 30)) : WIDEST;
  // A hair more than measured: what is drawn in another font must not be broken within a word.
  const width = Math.ceil(Math.max(...words, Math.min(room, pen.measureText(name).width)) * 1.08) + 2;
  const height = lines(words, width) * LINE;
  const [x, y] = [was.x + was.width / 2, was.y + was.height / 2];
  const aside = x < beside.x || x > beside.x + beside.width;
  return {
    x: !aside ? x - width / 2 : x < beside.x ? was.x + was.width - width : was.x,
    y: y < beside.y ? was.y + was.height - height : aside && y < beside.y + beside.height ? y - height / 2 : was.y,
    width,
    height,
  };
}

/** Return how many lines words of these widths come to. */
function lines(words, width) {
  const blank = pen.measureText(' ').width;
  let [count, used] = [1, -blank];
  for (const word of words) {
    if (used + blank + word > width) [count, used] = [count + 1, word];
    else used += blank + word;
  }
  return count;
}

/** Return the straight piece of a line that lies nearest to a name. */
function nearest(edge, was) {
  const points = [...edge.children].filter((one) => one.localName === 'waypoint').map((one) => number(one, 'x', 'y'));
  const [x, y] = [was.x + was.width / 2, was.y + was.height / 2];
  const far = (piece) =>
    Math.hypot(
      Math.max(piece.x - x, 0, x - piece.x - piece.width),
      Math.max(piece.y - y, 0, y - piece.y - piece.height),
    );
  return points
    .slice(1)
    .map(([right, low], index) => {
      const [left, high] = points[index];
      return {
        x: Math.min(left, right),
        y: Math.min(high, low),
        width: Math.abs(left - right),
        height: Math.abs(high - low),
      };
    })
    .reduce((best, piece) => (far(piece) < far(best) ? piece : best));
}

function box(bounds) {
  const [x, y, width, height] = number(bounds, 'x', 'y', 'width', 'height');
  return { x, y, width, height };
}

function number(element, ...names) {
  return names.map((name) => Number(element.getAttribute(name)));
}

function write(bounds, values) {
  for (const [name, value] of Object.entries(values)) bounds.setAttribute(name, String(Math.round(value)));
}
