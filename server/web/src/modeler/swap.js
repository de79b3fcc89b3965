import { own } from './translate.js';

const ATTRIBUTES = ['title', 'aria-label'];
const SHOWN = [...ATTRIBUTES, 'placeholder', 'data-title'];
/** What people have written, and code: never swapped. */
const THEIRS = 'input, textarea, [contenteditable], .cm-editor';
const TEXTS = '.bio-properties-panel-add-entry-label, .bio-properties-panel-textarea__open-popup-placeholder, '
  + '.bio-properties-panel-feel-editor__open-popup-placeholder';

/** Translate what the panel's own controls say: its library gives them no translate module. */
export function translateControls(panel) {
  const swap = (element) => {
    for (const name of ATTRIBUTES) {
      const text = element.getAttribute(name);
      const said = text && inNumbers(text);
      if (said && said !== text) element.setAttribute(name, said);
    }
    if (element.matches(TEXTS) && element.textContent !== own(element.textContent)) {
      element.textContent = own(element.textContent);
    }
  };
  const walk = (element) => {
    if (element.nodeType !== Node.ELEMENT_NODE) return;
    swap(element);
    for (const inner of element.querySelectorAll('*')) swap(inner);
  };
  walk(panel);
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === 'attributes') swap(target);
      else addedNodes.forEach(walk);
    }
  }).observe(panel, { subtree: true, childList: true, attributes: true, attributeFilter: ATTRIBUTES });
}

/** Translate whatever a library without any translation shows in a place: texts that the dictionary knows to the letter. */
export function translateEverything(place) {
  const text = (node) => {
    const words = node.data.trim();
    if (!/[A-Za-z]{2}/.test(words) || node.parentElement?.closest(THEIRS)) return;
    const said = inNumbers(words);
    if (said !== words) node.data = node.data.replace(words, said);
  };
  const attributes = (element) => {
    for (const name of SHOWN) {
      const words = element.getAttribute(name);
      const said = words && inNumbers(words);
      if (said && said !== words) element.setAttribute(name, said);
    }
  };
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) text(node);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    attributes(node);
    node.childNodes.forEach(walk);
  };
  walk(place);
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === 'attributes') attributes(target);
      else if (type === 'characterData') text(target);
      else addedNodes.forEach(walk);
    }
  }).observe(place, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: SHOWN });
}

/** Say a text in which a number may stand, such as 'List contains 4 items'. */
function inNumbers(text) {
  const number = /\d+/.exec(text)?.[0];
  return number ? own(text.replace(number, '{n}'), { n: number }) : own(text);
}
